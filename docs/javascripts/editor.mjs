// A textarea over the highlighted text: the browser's own editing, for keyboards,
// phones and screen readers alike. Colours are the classes that Pygments uses.

const WORDS = {
  k: "as assert async await break class continue def del elif else except finally for from global if import lambda nonlocal pass raise return try while with yield match case",
  kc: "True False None",
  ow: "and in is not or",
  bp: "self cls",
  nb: "any all bool bytes dict enumerate format getattr hasattr id input int isinstance len list max min next object open print property range repr reversed set setattr sorted str sum super tuple type zip",
};
const CLASS_OF = new Map(
  Object.entries(WORDS).flatMap(([name, words]) => words.split(" ").map((word) => [word, name])),
);
const TOKEN = new RegExp(
  [
    /(?<c1>#.*)/,
    /(?<nd>(?<=^[ \t]*)@[\w.]+)/,
    /(?<s2>(?<!\w)[bBfFrRuU]{0,2}(?:"""[^]*?(?:"""|$(?![^]))|'''[^]*?(?:'''|$(?![^]))))/,
    /(?<s1>(?<!\w)[bBfFrRuU]{0,2}(?:"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))/,
    /(?<mi>\b(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?j?)\b)/,
    /(?<nf>(?<=\bdef\s+)[\p{L}_][\p{L}\p{N}_]*)/,
    /(?<nc>(?<=\bclass\s+)[\p{L}_][\p{L}\p{N}_]*)/,
    /(?<n>[\p{L}_][\p{L}\p{N}_]*)/,
    /(?<o>->|(?:\*\*|\/\/|<<|>>|[-+*\/%@&|^~<>=!:])=?)/,
    /(?<p>[()[\]{},.;])/,
  ].map((part) => part.source).join("|"),
  "gmu",
);

/** Split Python into `[class, text]` pairs; an empty class is plain text. */
export function tokens(text) {
  const out = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > at) out.push(["", text.slice(at, match.index)]);
    const [name] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    out.push([name === "n" ? CLASS_OF.get(match[0]) ?? "n" : name, match[0]]);
    at = match.index + match[0].length;
  }
  if (at < text.length) out.push(["", text.slice(at)]);
  return out;
}

/** The same for an interpreter session, whose answers are not Python. */
export function sessionTokens(text) {
  return text.split(/(?<=\n)/).flatMap((line) => {
    const [prompt] = line.match(/^\s*(>>>|\.\.\.)( |$)/m) ?? [];
    return prompt ? [["gp", prompt], ...tokens(line.slice(prompt.length))] : [["go", line]];
  });
}

/** Show text in an element as coloured spans. */
export function paint(element, text, session = false) {
  const spans = (session ? sessionTokens : tokens)(text).map(([name, piece]) => {
    if (!name) return piece;
    const span = document.createElement("span");
    span.className = name;
    span.textContent = piece;
    return span;
  });
  element.replaceChildren(...spans);
}

/** What Enter puts in: a newline with the indent of this line, one deeper after a colon. */
export function newline(before) {
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const [indent] = line.match(/^[ \t]*/);
  return "\n" + indent + (/:\s*(#.*)?$/.test(line) ? "    " : "");
}

/** Indent or dedent the lines that a selection touches. Gives text, start and end anew. */
export function shifted(text, start, end, deeper) {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const to = end > start && text[end - 1] === "\n" ? end - 1 : end;
  const old = text.slice(from, to);
  const block = deeper ? old.replace(/^(?!$)/gm, "    ") : old.replace(/^ {1,4}/gm, "");
  const first = block.indexOf("\n") < 0 ? block.length - old.length
    : block.indexOf("\n") - old.indexOf("\n");
  return {
    from, to, block,
    start: Math.max(from, start + first),
    end: Math.max(from, end + block.length - old.length),
  };
}

/** Put a textarea over `code`, inside its `pre`. Tab is left to the browser. */
export function edit(code, {label, hint, session, onchange}) {
  const area = document.createElement("textarea");
  const value = code.textContent.replace(/\n$/, "");
  Object.assign(area, {value, rows: 1, spellcheck: false, wrap: "off"});
  for (const name of ["autocapitalize", "autocomplete", "autocorrect"]) area.setAttribute(name, "off");
  area.setAttribute("aria-label", label);
  area.setAttribute("aria-describedby", hint);
  const show = () => paint(code, area.value + "\n", session);
  area.addEventListener("input", () => {
    show();
    onchange(area.value);
  });
  area.addEventListener("keydown", (event) => {
    const {selectionStart: start, selectionEnd: end, value} = area;
    const command = event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && !command && !event.isComposing) {
      event.preventDefault();
      put(area, newline(value.slice(0, start)));
    } else if (command && (event.key === "]" || event.key === "[")) {
      event.preventDefault();
      const moved = shifted(value, start, end, event.key === "]");
      area.setSelectionRange(moved.from, moved.to);
      put(area, moved.block);
      area.setSelectionRange(moved.start, moved.end);
    }
  });
  show();
  code.after(area);
  return area;
}

// The old command keeps the browser's undo, which setting the value would lose.
function put(area, text) {
  if (document.execCommand("insertText", false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new InputEvent("input", {bubbles: true}));
}
