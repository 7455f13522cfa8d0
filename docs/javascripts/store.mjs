// What a reader leaves behind in the browser: edits, pages read, snippets run.
// A browser may refuse to store anything; then nothing is kept, and all else works.

const PREFIX = "walkthrough:";

/** A short name for a text: 64 bits are plenty to notice that a page has changed. */
export function hash(text) {
  let a = 0x811c9dc5, b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x5f356495);
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36);
}

export class Store {
  #storage;

  constructor(storage = () => globalThis.localStorage) {
    try {
      this.#storage = storage();
    } catch {
      this.#storage = null;
    }
  }

  /** The reader's text of a snippet: `{text}` if it is of this original, else `{old}`. */
  edit(name, original) {
    const kept = this.#read(`edit:${name}`);
    if (typeof kept?.text !== "string" || kept.text === original) return {};
    return kept.of === hash(original) ? {text: kept.text} : {old: kept.text};
  }

  /** Keep an edit; one that equals the original is no edit. */
  keep(name, original, text) {
    if (text === original) this.forget(name);
    else this.#write(`edit:${name}`, {of: hash(original), text});
  }

  forget(name) {
    this.#write(`edit:${name}`);
  }

  /** `{visited: [page, ...], read: [page, ...], ran: [snippet, ...]}`, each once. */
  get progress() {
    const {visited, read, ran} = this.#read("progress") ?? {};
    const names = (list) => (Array.isArray(list) ? list.filter((x) => typeof x === "string") : []);
    return {visited: names(visited), read: names(read), ran: names(ran)};
  }

  mark(kind, name) {
    const progress = this.progress;
    if (progress[kind].includes(name)) return false;
    progress[kind].push(name);
    this.#write("progress", progress);
    return true;
  }

  clearProgress() {
    this.#write("progress");
  }

  #read(key) {
    try {
      return JSON.parse(this.#storage.getItem(PREFIX + key));
    } catch {
      return null;
    }
  }

  /** Keep a value; without one, keep nothing. */
  #write(key, value) {
    try {
      if (value) this.#storage.setItem(PREFIX + key, JSON.stringify(value));
      else this.#storage.removeItem(PREFIX + key);
    } catch {
      // Full, or refused: the page goes on without.
    }
  }
}
