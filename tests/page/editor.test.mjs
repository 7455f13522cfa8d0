import assert from "node:assert/strict";
import {test} from "node:test";
import {newline, sessionTokens, shifted, tokens} from "../../docs/javascripts/editor.mjs";

const text = (pairs) => pairs.map(([, piece]) => piece).join("");
const named = (source, name) => tokens(source).filter(([n]) => n === name).map(([, p]) => p);

test("tokens leave no character out", () => {
  const source = 'async def f(x: int = 0x1F) -> None:\n\t"""doc\n"""\n  é = f"{x}" # c\n"open';
  assert.equal(text(tokens(source)), source);
});

test("a keyword within a string or a comment is not coloured", () => {
  assert.deepEqual(named('"if" # while\nif x: """for"""', "k"), ["if"]);
});

test("names of functions, classes, decorators and builtins have their classes", () => {
  const source = "@app.get\ndef room(self): return print\nclass Chat: pass";
  assert.deepEqual(named(source, "nf"), ["room"]);
  assert.deepEqual(named(source, "nc"), ["Chat"]);
  assert.deepEqual(named(source, "nd"), ["@app.get"]);
  assert.deepEqual(named(source, "nb"), ["print"]);
  assert.deepEqual(named(source, "bp"), ["self"]);
});

test("a string of many lines that is still open colours the rest", () => {
  assert.deepEqual(tokens('x = """a\nb').at(-1), ["s2", '"""a\nb']);
});

test("an escaped quote does not end a string", () => {
  assert.deepEqual(named("'it\\'s' + \"b\"", "s1"), ["'it\\'s'", '"b"']);
});

test("an interpreter session colours its prompts, and its answers as output", () => {
  const pairs = sessionTokens(">>> if x:\n...     1\n42 if\n");
  assert.deepEqual(pairs.filter(([n]) => n === "gp").map(([, p]) => p), [">>> ", "... "]);
  assert.deepEqual(pairs.at(-1), ["go", "42 if\n"]);
});

test("Enter keeps the indent, and deepens it after a colon", () => {
  assert.equal(newline("    x = 1"), "\n    ");
  assert.equal(newline("a\n  if x:  # why"), "\n      ");
});

test("indenting moves every line that is touched, and the selection with them", () => {
  assert.deepEqual(shifted("a\n  b\nc", 0, 5, true),
    {from: 0, to: 5, block: "    a\n      b", start: 4, end: 13});
  assert.deepEqual(shifted("a\n      b\nc", 5, 9, false),
    {from: 2, to: 9, block: "  b", start: 2, end: 5});
});

test("a text of thousands of lines is coloured quickly", () => {
  const source = "def f(x):\n    return 'a' + str(x)  # note\n".repeat(3000);
  const started = performance.now();
  assert.equal(text(tokens(source)), source);
  assert.ok(performance.now() - started < 1000);
});
