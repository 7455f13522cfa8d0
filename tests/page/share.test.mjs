import assert from "node:assert/strict";
import {test} from "node:test";
import {deflateRawSync} from "node:zlib";
import {fromFragment, toFragment} from "../../docs/javascripts/share.mjs";

test("texts come out of a link as they went in", async () => {
  const texts = {"send-1": "print('hé ✓ 🎈')\n", "other": "x = 1\n"};
  const fragment = await toFragment("send-1", texts);
  const shared = await fromFragment(fragment);
  assert.equal(shared.slug, "send-1");
  assert.deepEqual(Object.fromEntries(shared.texts), texts);
});

test("a link holds nothing that mail or chat would break", async () => {
  const fragment = await toFragment("a", {a: "\u00ff?>".repeat(50)});
  assert.match(fragment, /^#a=[\w-]+$/);
});

test("a link that was cut or made up is no link", async () => {
  const fragment = await toFragment("a", {a: "print(1)".repeat(99)});
  for (const bad of [fragment.slice(0, -9), "#a=zzzz", "#a=", "#plain", "", "#a=%00"]) {
    assert.equal(await fromFragment(bad), null, bad);
  }
});

test("only texts come out of a link", async () => {
  const shared = await fromFragment(await toFragment("a", {a: 1, b: {c: "x"}, d: "ok"}));
  assert.deepEqual([...shared.texts], [["d", "ok"]]);
});

test("a text that no link could bring back makes none", async () => {
  const random = Array.from({length: 30_000}, () => Math.random().toString(36)[2]).join("");
  assert.equal(await toFragment("a", {a: random}), null);
  assert.equal(await toFragment("a", {a: "x".repeat(100_001)}), null);
  const long = {a: random.slice(0, 20_000)};
  const shared = await fromFragment(await toFragment("a", long));
  assert.deepEqual(Object.fromEntries(shared.texts), long);
});

test("a small link that unpacks to a huge text is refused", async () => {
  const packed = deflateRawSync(JSON.stringify({a: "x".repeat(5_000_000)}));
  const fragment = `#a=${packed.toString("base64url")}`;
  assert.ok(fragment.length < 20_000);
  assert.equal(await fromFragment(fragment), null);
});
