import assert from "node:assert/strict";
import {readdirSync} from "node:fs";
import {test} from "node:test";
import {SCRIPTS} from "../../docs/javascripts/offline.mjs";

const NAMED_BY_EVERY_PAGE = ["code", "widgets"];

test("whatever a page may come to load is kept", () => {
  const files = readdirSync(new URL("../../docs/javascripts/", import.meta.url));
  const modules = files.filter((name) => name.endsWith(".mjs")).map((name) => name.slice(0, -4));
  assert.deepEqual([...SCRIPTS, ...NAMED_BY_EVERY_PAGE].sort(), modules.sort());
});
