// <run-block>: a snippet of the page that can be edited and run where it stands.
//
// The page is whole without this. What is added: a bar of buttons, an editor on demand,
// and the output of the reader's own runs beside the output that the page shows.

import {Ended, python, Unavailable} from "./python.mjs";
import {Store} from "./store.mjs";

const store = new Store();
let running = null;      // the block whose run it is
let offline = null;

/** Bounds of a run; tests lower them. */
export const limits = {characters: 200_000, silence: 30_000};

class RunBlock extends HTMLElement {
  #code; #area; #original; #text; #parts; #run;

  connectedCallback() {
    this.#code = this.querySelector("pre > code");
    if (!this.#code || this.#parts) return;
    this.#original = this.#text = this.#code.textContent;
    this.#parts = this.#build();
    this.dataset.state = "idle";
    if (!this.runs) return;
    this.#controls();
    const {text, old} = store.edit(this.name, this.#original);
    if (text !== undefined) this.#show(text);
    if (old !== undefined) this.#offer(old);
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.run();
    });
  }

  disconnectedCallback() {
    if (this.#run) this.stop();
  }

  get name() { return `${this.dataset.page}#${this.id}`; }
  get runs() { return !["norun", "local"].includes(this.dataset.kind); }
  get text() { return this.#text; }
  get edited() { return this.#text !== this.#original; }
  get expected() { return this.querySelector(".run-output samp")?.textContent ?? ""; }

  /** Show a text that came with a link. It is not run, and not kept unless it is edited. */
  receive(text) {
    if (!this.runs || text === this.#text) return;
    const mine = this.#text;
    this.#show(text);
    this.#notice("This text came with the link. Nothing of it has run.", {
      "Go back": () => this.#show(mine),
    });
  }

  /** Run this page up to here, in a fresh namespace. */
  async run() {
    if (this.#run || !this.runs) return;
    running?.stop("Stopped: another snippet was run.");
    running = this;
    const run = this.#run = {count: 0};
    const blocks = layout(before(this));
    this.#clear();
    this.mark();
    this.#state("loading", "");
    const unwatch = python.watch((share, megabytes) => this.#progress(share, megabytes));
    const cold = python.state !== "ready";
    try {
      await python.start();
      if (run !== this.#run) return;
      this.#state("running", cold ? "Python is ready. Running…" : "Running…");
      const started = performance.now();
      const answer = await python.run(
        {page: this.dataset.page, blocks},
        {
          wanted: () => run === this.#run,
          begin: (slug) => { run.here = slug === this.id; this.#alive(run); },
          text: (text) => { this.#alive(run); if (run.here) this.#print(run, text); },
        },
      );
      if (run === this.#run && answer) this.#finish(answer, blocks, performance.now() - started);
    } catch (error) {
      if (run === this.#run) this.#broken(error);
    } finally {
      unwatch();
      clearTimeout(run.timer);
      if (run === this.#run) this.#run = null;
    }
  }

  /** End the run at once. */
  stop(why = "Stopped.") {
    if (!this.#run) return;
    clearTimeout(this.#run.timer);
    this.#run = null;
    python.stop().catch(() => {});
    this.#state("stopped", why);
  }

  reset() {
    store.forget(this.name);
    this.#notice("");
    this.#show(this.#original);
    this.#clear();
    this.#state("idle", "");
    this.dispatchEvent(new Event("run-reset", {bubbles: true}));
  }

  // ---- the parts

  #build() {
    const pre = this.#code.parentElement;
    const bar = make("div", "run-bar", {role: "group", ariaLabel: `Snippet ${this.id}`});
    const status = make("span", "run-status", {role: "status"});
    const load = make("progress", "run-load", {hidden: true, ariaLabel: "Loading Python"});
    const parts = {pre, bar, status, load, notice: make("div", "run-notice", {hidden: true})};
    if (this.runs) {
      parts.go = button("Run", () => this.run(), "run-go");
      parts.go.addEventListener("pointerenter", ({pointerType}) => {
        if (pointerType === "mouse" && !navigator.connection?.saveData) python.start().catch(() => {});
      });
      parts.stop = button("Stop", () => this.stop(), "run-stop");
      parts.edit = button("Edit", () => (this.#area ? this.#close() : this.#open()));
      parts.reset = button("Reset", () => this.reset());
      parts.share = button("Share", () => this.#share());
      bar.append(parts.go, parts.stop, parts.edit, parts.reset);
    }
    bar.append(button("Copy", () => this.#copy(this.#text, "Copied.")));
    if (this.runs) bar.append(parts.share);
    bar.append(load, status);
    parts.live = make("div", "run-live", {hidden: true});
    this.append(parts.live);
    pre.parentElement.after(bar, parts.notice);
    return parts;
  }

  async #open() {
    const {edit} = await this.#more("editor");
    if (this.#area || !edit) return;
    const hint = this.#parts.hint = make("p", "run-hint", {
      id: `${this.id}-hint`,
      textContent: "Ctrl+Enter runs. Tab leaves the editor. Ctrl+] and Ctrl+[ indent.",
    });
    this.#parts.bar.after(hint);
    this.#code.textContent = this.#text;
    this.#code.removeAttribute("tabindex");
    this.#area = edit(this.#code, {
      label: `Code of ${this.id}`, hint: hint.id, session: this.dataset.kind === "pycon",
      onchange: (text) => this.#changed(text),
    });
    this.#parts.edit.textContent = "Done";
    this.classList.add("run-editing");
    this.#area.setSelectionRange(0, 0);
    this.#area.focus();
  }

  #close() {
    this.#area.remove();
    this.#area = null;
    this.#parts.hint.remove();
    this.#parts.edit.textContent = "Edit";
    this.classList.remove("run-editing");
    this.#parts.edit.focus();
  }

  #changed(text) {
    const same = text.trimEnd() === this.#original.trimEnd();
    this.#text = same ? this.#original : text + "\n";
    this.mark();
    store.keep(this.name, this.#original, this.#text);
    this.#notice("");
    this.#controls();
  }

  async #show(text) {
    this.#text = text;
    this.#controls();
    this.mark();
    this.#code.textContent = text;
    if (this.#area) this.#area.value = text.replace(/\n$/, "");
    const {paint} = await this.#more("editor");
    if (this.#text === text) paint?.(this.#code, text, this.dataset.kind === "pycon");
  }

  /** What few readers need is loaded when they do; without it, nothing else is lost. */
  async #more(name) {
    try {
      return await import(`./${name}.mjs`);
    } catch {
      this.#say(`The ${name} did not load. Try again.`);
      return {};
    }
  }

  #controls() {
    const {bar, go, stop, reset, share} = this.#parts;
    const busy = !!this.#run;
    const focused = document.activeElement;
    go.hidden = busy;
    stop.hidden = !busy;
    reset.hidden = share.hidden = !this.edited;
    this.classList.toggle("run-edited", this.edited);
    if (focused.hidden && bar.contains(focused)) (busy ? stop : go).focus();
  }

  #offer(old) {
    this.#notice("You changed an earlier version of this.", {
      "Show my text": () => {
        store.keep(this.name, this.#original, old);
        this.#show(old);
      },
      "Discard it": () => store.forget(this.name),
    });
  }

  #notice(text, actions = {}) {
    const {notice} = this.#parts;
    notice.hidden = !text;
    notice.replaceChildren(paragraph(text));
    for (const [label, act] of Object.entries(actions)) {
      notice.append(button(label, () => {
        act();
        this.#notice("");
        this.#parts.go.focus();
      }));
    }
  }

  // ---- a run, as the reader sees it

  #clear() {
    this.#parts.live.hidden = true;
    this.#parts.live.replaceChildren();
    this.#parts.log = null;
  }

  #state(state, text) {
    this.dataset.state = state;
    this.#controls();
    this.#say(text);
    this.#parts.load.hidden = state !== "loading";
  }

  // Said again, it would be read out again.
  #say(text) {
    const {status} = this.#parts;
    if (status.textContent !== text) status.textContent = text;
  }

  #progress(share, megabytes) {
    if (this.dataset.state !== "loading") return;
    this.#parts.load.value = share;
    this.#say(share < 1 ? `Loading Python, ${megabytes.toFixed(0)} MB, once` : "Starting Python…");
  }

  #alive(run) {
    clearTimeout(run.timer);
    run.timer = setTimeout(() => this.stop(
      `Stopped: nothing came for ${limits.silence / 1000} s. A loop without an end?`,
    ), limits.silence);
  }

  #print(run, text) {
    const {characters} = limits;
    this.#log().append(visible(text.slice(0, characters - run.count)));
    run.count += text.length;
    if (run.count > characters) this.stop(`Stopped after ${characters.toLocaleString("en")} characters of output.`);
  }

  #log() {
    if (!this.#parts.log) {
      this.#parts.log = make("samp", "");
      const pre = make("pre", "", {role: "log", tabIndex: 0, ariaLabel: `Output of ${this.id}`});
      pre.append(this.#parts.log);
      this.#add(paragraph("Your run", "run-live-head"), pre);
    }
    return this.#parts.log;
  }

  #finish({blocks: answers, left}, blocks, milliseconds) {
    const last = answers.at(-1);
    this.#run = null;
    const failed = last.failure && !(last.slug === this.id && last.as_shown);
    const time = ` (${milliseconds.toFixed(milliseconds < 10)} ms)`;
    if (last.failure) this.#fail(last, blocks);
    if (last.examples.length) this.#examples(last.examples);
    if (left.length) {
      const names = [...new Set(left)].map(visible).join(", ");
      this.#add(paragraph(`Cancelled at the end: ${names}.`, "run-left"));
    }
    if (failed) this.#state("failed", last.failure.summary.split(":")[0] + time);
    else {
      this.#state("finished", this.#verdict(last) + time);
      if (store.mark("ran", this.name)) document.dispatchEvent(new Event("reader-progress"));
      keepOffline();
    }
    this.dataset.asShown = last.as_shown;
    this.dispatchEvent(new CustomEvent("run-finished", {bubbles: true, detail: {answers, left, blocks}}));
  }

  #add(...nodes) {
    this.#parts.live.append(...nodes);
    this.#parts.live.hidden = false;
  }

  #verdict({as_shown: same, note, examples}) {
    if (same && !this.expected && !examples.length) return "✓ ran, and prints nothing";
    if (same) return `✓ as the page shows${note}`;
    return this.edited ? "≠ your text does something else" : "≠ not as the page shows";
  }

  #fail({slug, failure}, blocks) {
    const own = failure.frames.filter((frame) => frame.own).reverse();
    const box = make("div", "run-failure");
    if (slug !== this.id) {
      box.append(paragraph(`${slug}, which runs before this snippet, failed.`));
    }
    box.append(paragraph(failure.summary, "run-summary"));
    const libraries = failure.frames.length - own.length;
    if (!own.length && failure.line) own.push(failure);
    const places = own.map(({line}) => locate(blocks, line));
    box.append(frames(collapsed(places)));
    if (failure.traceback.trim() !== failure.summary) {
      const more = libraries && `, with ${libraries} frame${libraries > 1 ? "s" : ""} of libraries`;
      const fold = make("details", "run-trace");
      fold.append(make("summary", "", {textContent: `Traceback${more || ""}`}), text(failure.traceback));
      box.append(fold);
    }
    this.#add(box);
    document.getElementById(places[0]?.slug)?.mark(places[0].line);
  }

  #examples(examples) {
    this.#log().parentElement.hidden = true;
    const list = make("ol", "run-examples");
    for (const {source, want, got, as_shown: same} of examples) {
      const item = make("li", same ? "" : "run-different");
      item.append(text(prompted(source) + got), paragraph(same ? "✓ as shown" : "≠ the page shows:"));
      if (!same) item.append(text(want || "(nothing)"));
      list.append(item);
    }
    this.#add(list);
  }

  #broken(error) {
    this.#run = null;
    const why = error.message;
    const deep = /call stack|recursion/i.test(why);
    this.#state("failed", error instanceof Unavailable ? why
      : !(error instanceof Ended) ? `Python did not load: ${why}. Run tries again.`
      : deep ? "The calls went deeper than a browser allows. Python started anew."
      : `The program ended Python itself (${why}). It started anew.`);
  }

  /** Mark a line of the text, or none; a step of a diagram marks in its own colour. */
  mark(line, step = false) {
    this.querySelector(".run-mark")?.remove();
    if (!line) return;
    const mark = make("span", step ? "run-mark run-step" : "run-mark", {ariaHidden: "true"});
    mark.style.setProperty("--line", line - 1);
    this.#parts.pre.prepend(mark);
  }

  // ---- taking it along

  async #copy(text, done) {
    try {
      await navigator.clipboard.writeText(text);
      this.#say(done);
    } catch {
      const field = make("input", "run-link", {value: text, readOnly: true, ariaLabel: "Copy this"});
      this.#notice("Copy it here:");
      this.#parts.notice.append(field);
      field.select();
    }
  }

  async #share() {
    const {toFragment} = await this.#more("share");
    if (!toFragment) return;
    const changed = before(this).filter((block) => block.edited);
    const texts = Object.fromEntries(changed.map((block) => [block.id, block.text]));
    const fragment = await toFragment(this.id, texts);
    if (fragment) this.#copy(new URL(fragment, location.href).href, "Link copied.");
    else this.#say("Too long for a link. Copy takes all of it.");
  }
}

/** After the first run of a page: a reader who runs code may do so on a train. */
function keepOffline() {
  offline ??= import("./offline.mjs")
    .then(({keep}) => keep(store.progress.visited))
    .catch(() => {});
}

/** The blocks of the page that run, up to this one. */
export function before(block) {
  const all = [...document.querySelectorAll("run-block")].filter((other) => other.runs);
  return all.slice(0, all.indexOf(block) + 1);
}

/** What the kernel is asked: the text of each block, on lines that no other one uses. */
export function layout(blocks) {
  let next = 1;
  return blocks.map((block) => {
    const line = Math.max(next, +block.dataset.line || 1);
    next = line + block.text.split("\n").length;
    return {
      slug: block.id, kind: block.dataset.kind, code: block.text, line,
      expected: block.expected,
      raises: "raises" in block.dataset, traced: "traced" in block.dataset,
      beside: block.dataset.beside ?? "",
    };
  });
}

/** Which block a line of the layout is in, and which line of it. */
function locate(blocks, line) {
  const block = blocks.findLast((other) => other.line <= line) ?? blocks[0];
  const at = line - block.line;
  return {slug: block.slug, line: at + 1, text: block.code.split("\n")[at]?.trim() ?? ""};
}

function collapsed(places) {
  const out = [];
  for (const place of places) {
    const last = out.at(-1);
    if (last?.slug === place.slug && last.line === place.line) last.times++;
    else out.push({...place, times: 1});
  }
  return out.slice(0, 8);
}

function frames(places) {
  const list = make("ol", "run-frames");
  for (const {slug, line, text, times} of places) {
    const item = make("li", "");
    const link = make("a", "", {href: `#${slug}`, textContent: slug});
    item.append("in ", link, `, line ${line}${times > 1 ? `, ${times} times` : ""}`);
    if (text) item.append(": ", make("code", "", {textContent: visible(text)}));
    list.append(item);
  }
  return list;
}

function prompted(source) {
  return source.replace(/^/, ">>> ").replace(/\n(?=[^])/g, "\n... ");
}

/** Text with nothing in it that could hide or reorder other text. */
export function visible(text) {
  return text
    .replace(/[\0-\x08\x0b-\x1f]/g, (char) => String.fromCharCode(0x2400 + char.charCodeAt(0)))
    .replace(/\x7f/g, "\u2421")
    .replace(/[\x80-\x9f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu, "\ufffd");
}

function make(tag, className, properties = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  if (className) element.className = className;
  return element;
}

function paragraph(textContent, className) {
  return make("p", className, {textContent});
}

function text(shown) {
  return make("pre", "", {tabIndex: 0, textContent: visible(shown)});
}

function button(label, act, more = "") {
  const element = make("button", `run-button ${more}`, {type: "button", textContent: label});
  element.addEventListener("click", act);
  return element;
}

async function openShared() {
  if (!location.hash.includes("=")) return;
  const {fromFragment} = await import("./share.mjs");
  const shared = await fromFragment(location.hash);
  for (const block of document.querySelectorAll("run-block")) {
    const text = shared?.texts.get(block.id);
    if (text !== undefined) block.receive(text);
  }
  if (shared) document.getElementById(shared.slug)?.scrollIntoView({block: "center"});
}

customElements.define("run-block", RunBlock);
addEventListener("hashchange", openShared);
openShared();
