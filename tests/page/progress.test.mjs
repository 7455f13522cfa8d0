import assert from "node:assert/strict";
import {test} from "node:test";
import {pageOf, sentence} from "../../docs/javascripts/progress.mjs";

test("a page is known by its way from the root of the site", () => {
  assert.equal(pageOf("/book/chapters/groups/", "/book/"), "chapters/groups/");
  assert.equal(pageOf("/book/", "/book/"), "");
  assert.equal(pageOf("/book/index.html", "/book/"), "");
  assert.equal(pageOf("/other/", "/book/"), null);
});

test("nothing is said before something is done", () => {
  assert.equal(sentence({read: 0, ran: 0}, 9), "");
  assert.equal(sentence({read: 2, ran: 1}, 9),
    "You have read 2 of 9 pages and run 1 snippet.");
});
