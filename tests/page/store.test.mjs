import assert from "node:assert/strict";
import {test} from "node:test";
import {hash, Store} from "../../docs/javascripts/store.mjs";

function storage(entries = {}) {
  const map = new Map(Object.entries(entries));
  return {
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => map.set(key, value),
    removeItem: (key) => map.delete(key),
    keys: () => [...map.keys()],
  };
}

test("an edit is given back for the text that it was made of", () => {
  const store = new Store(() => storage());
  store.keep("p#a", "original", "mine");
  assert.deepEqual(store.edit("p#a", "original"), {text: "mine"});
});

test("an edit of a text that has changed is offered, not applied", () => {
  const store = new Store(() => storage());
  store.keep("p#a", "original", "mine");
  assert.deepEqual(store.edit("p#a", "changed"), {old: "mine"});
});

test("an edit that the page has taken over is no edit", () => {
  const store = new Store(() => storage());
  store.keep("p#a", "original", "mine");
  assert.deepEqual(store.edit("p#a", "mine"), {});
});

test("going back to the original leaves nothing behind", () => {
  const kept = storage(), store = new Store(() => kept);
  store.keep("p#a", "original", "mine");
  store.keep("p#a", "original", "original");
  assert.deepEqual(kept.keys(), []);
});

test("a browser that refuses storage changes nothing else", () => {
  const store = new Store(() => { throw new DOMException("no", "SecurityError"); });
  store.keep("p#a", "original", "mine");
  assert.deepEqual(store.edit("p#a", "original"), {});
  assert.equal(store.mark("read", "p"), true);
  assert.deepEqual(store.progress, {visited: [], read: [], ran: []});
});

test("what another hand has put into the storage does no harm", () => {
  const store = new Store(() => storage({
    "walkthrough:edit:p#a": "{not json", "walkthrough:edit:p#b": '{"text": 3}',
    "walkthrough:progress": '{"read": "x", "ran": [1, "a"]}',
  }));
  assert.deepEqual(store.edit("p#a", "o"), {});
  assert.deepEqual(store.edit("p#b", "o"), {});
  assert.deepEqual(store.progress, {visited: [], read: [], ran: ["a"]});
});

test("progress counts each page and snippet once, and can be cleared", () => {
  const store = new Store(() => storage());
  assert.equal(store.mark("read", "p"), true);
  assert.equal(store.mark("read", "p"), false);
  store.mark("ran", "p#a");
  assert.deepEqual(store.progress, {visited: [], read: ["p"], ran: ["p#a"]});
  store.clearProgress();
  assert.deepEqual(store.progress, {visited: [], read: [], ran: []});
});

test("texts that differ have different hashes", () => {
  const seen = new Set();
  for (let n = 0; n < 50000; n++) seen.add(hash(`print(${n})`));
  assert.equal(seen.size, 50000);
});
