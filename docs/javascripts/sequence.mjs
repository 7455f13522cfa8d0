// <event-sequence>: the diagram of a run, which can be stepped, event by event.
//
// The diagram is drawn by Python: at build time, and in the worker after each run, by the
// same code. What comes from the worker may have been made by the reader's program, so it
// is parsed where nothing runs, and only what a diagram consists of is copied from it.

import {visible} from "./run-block.mjs";

const SVG = "http://www.w3.org/2000/svg";
const HTML = "http://www.w3.org/1999/xhtml";
const TAGS = {
  [HTML]: new Set("event-sequence figure figcaption div span p b i code ol li wbr".split(" ")),
  [SVG]: new Set("svg line rect path text".split(" ")),
};
const ATTRIBUTES = new Set([
  ..."data-trace data-lanes data-kind data-line data-number aria-hidden hidden role".split(" "),
  ..."x y x1 x2 y1 y2 dx d width height transform overflow viewBox".split(" "),
]);
const ICONS = {
  First: "M3 3v10M9 4 5 8l4 4zM14 4l-4 4 4 4z",
  Back: "M12 3v10M9 4 4 8l5 4z",
  Play: "M4 2.5 13 8l-9 5.5z",
  Pause: "M4 3h3v10H4zM9 3h3v10H9z",
  Forward: "M4 3v10M7 4l5 4-5 4z",
  Last: "M13 3v10M7 4l4 4-4 4zM2 4l4 4-4 4z",
};
const PACE = 900;
const MOST = 200;

export class EventSequence extends HTMLElement {
  /** Where the blocks of the run lie, if they are not those of the page. */
  blocks = null;
  #events = null; #at = 0; #parts; #timer;

  connectedCallback() {
    if (this.#events) return;
    this.#events = [...this.querySelectorAll(".trace-event")];
    this.#parts = this.#build();
    this.addEventListener("keydown", (event) => this.#key(event));
    this.querySelector(".trace-events").addEventListener("click", ({target}) => {
      const number = this.#events.indexOf(target.closest(".trace-event")) + 1;
      if (number && !getSelection().toString()) this.step(number);
    });
  }

  disconnectedCallback() { this.pause(); }

  get length() { return this.#events.length; }
  /** The number of the event at which it stands; 0 while all is shown. */
  get at() { return this.#at; }

  /** Add rows below, and let go of the oldest if they are too many. */
  grow(rows) {
    this.querySelector(".trace-events").append(...rows);
    this.#events.push(...rows);
    const surplus = Math.max(0, this.length - MOST);
    this.#events.splice(0, surplus).forEach((row) => row.remove());
    this.#at = Math.max(0, this.#at - surplus);
    const {slider, count} = this.#parts;
    slider.max = this.length;
    if (this.#at) this.step(this.#at);
    else {
      slider.value = this.length;
      count.textContent = `${this.length} events`;
    }
  }

  /** Stand at an event: later ones wait, and its line and payload are shown. */
  step(number) {
    this.#at = Math.max(0, Math.min(number, this.length));
    this.#events.forEach((event, index) => {
      event.classList.toggle("trace-ahead", this.#at > 0 && index >= this.#at);
      if (index === this.#at - 1) event.setAttribute("aria-current", "step");
      else event.removeAttribute("aria-current");
    });
    this.#tell();
  }

  play() {
    if (this.#timer) return this.pause();
    if (this.#at === this.length) this.step(0);
    const on = () => {
      this.step(this.#at + 1);
      if (this.#at === this.length) this.pause();
    };
    on();
    if (this.#at < this.length) this.#timer = setInterval(on, PACE);
    this.#face("Pause");
  }

  pause() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#face("Play");
  }

  #build() {
    const slider = make("input", {type: "range", min: 1, max: this.length, value: this.length});
    slider.setAttribute("aria-label", "Event");
    slider.addEventListener("input", () => { this.pause(); this.step(slider.valueAsNumber); });
    const acts = {
      First: () => 1, Back: () => (this.#at || this.length + 1) - 1,
      Play: null,
      Forward: () => this.#at + 1, Last: () => this.length,
    };
    const buttons = Object.fromEntries(Object.entries(acts).map(([name, to]) => [
      name, button(name, to ? () => { this.pause(); this.step(Math.max(1, to())); } : () => this.play()),
    ]));
    const count = make("span", {className: "trace-count", textContent: `${this.length} events`});
    const bar = make("div", {className: "trace-bar"},
      ...Object.values(buttons), slider, count);
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Step through the events");
    const cause = make("p", {className: "trace-cause"});
    const payload = make("pre", {className: "trace-message", tabIndex: 0});
    const now = make("div", {className: "trace-now", hidden: true}, cause, payload);
    const said = make("p", {className: "trace-said"});
    said.setAttribute("role", "status");
    const panel = make("div", {className: "trace-panel"}, now, bar, said);
    this.querySelector("figure").append(panel);
    return {slider, buttons, count, cause, payload, now, said, panel};
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const to = {
      ArrowLeft: (this.#at || this.length + 1) - 1, ArrowRight: this.#at + 1,
      Home: 1, End: this.length, Escape: 0,
    }[event.key];
    if (to === undefined || (event.target.matches("pre") && event.key !== "Escape")) return;
    event.preventDefault();
    this.pause();
    this.step(event.key === "ArrowLeft" ? Math.max(1, to) : to);
  }

  #tell() {
    const {slider, count, cause, payload, now, said} = this.#parts;
    const event = this.#events[this.#at - 1];
    slider.value = this.#at || this.length;
    const words = event?.querySelector("p").textContent ?? "";
    slider.setAttribute("aria-valuetext", event ? `${this.#at}: ${words}` : "all");
    count.textContent = event ? `${this.#at} of ${this.length}` : `${this.length} events`;
    said.textContent = event ? `${this.#at} of ${this.length}: ${words}` : "";
    now.hidden = !event;
    const place = event && this.#place(Number(event.dataset.line));
    for (const other of document.querySelectorAll("run-block:has(.run-step)")) other.mark(null);
    if (!event) return;
    cause.replaceChildren();
    if (place) {
      place.block.mark?.(place.line, true);
      const link = make("a", {href: `#${place.block.id}`, textContent: place.block.id});
      cause.append(`Line ${place.line} of `, link, ": ", make("code", {textContent: place.text}));
    }
    payload.textContent = event.querySelector(".trace-payload")?.textContent ?? "";
    payload.hidden = !payload.textContent;
    const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
    event.scrollIntoView({block: "nearest", behavior: reduced ? "auto" : "smooth"});
  }

  /** Find the block and its line that a line of the page lies in, if it still does. */
  #place(line) {
    if (!line) return null;
    const all = this.blocks ?? [...document.querySelectorAll("run-block[data-line]")]
      .map((block) => ({slug: block.id, line: Number(block.dataset.line)}));
    const found = all.filter((block) => block.line <= line).at(-1);
    const block = found && document.querySelector(`run-block#${CSS.escape(found.slug)}`);
    if (!block?.text || (this.blocks ? block.text !== found.code : block.edited)) return null;
    const at = line - found.line;
    return {block, line: at + 1, text: block.text.split("\n")[at]?.trim() ?? ""};
  }

  #face(name) {
    const {Play} = this.#parts?.buttons ?? {};
    if (Play) dress(Play, name);
  }
}

/** Copy a diagram from markup that anybody may have made; the rest of it is left out. */
export function admit(markup) {
  return [...parse(markup).childNodes].flatMap(admitted);
}

/** Parse markup where nothing of it runs; its parts have to be `admitted`. */
export function parse(markup) {
  return new DOMParser().parseFromString(markup, "text/html").body;
}

export function admitted(node) {
  if (node.nodeType === Node.TEXT_NODE) return [document.createTextNode(visible(node.data))];
  const {namespaceURI: space, localName: name} = node;
  if (!TAGS[space]?.has(name)) return [];
  const made = document.createElementNS(space, name);
  for (const {name, value} of node.attributes) {
    if (ATTRIBUTES.has(name)) made.setAttribute(name, value);
  }
  const classes = [...node.classList].filter((each) => /^trace[\w-]*$/.test(each));
  if (classes.length) made.setAttribute("class", classes.join(" "));
  made.append(...[...node.childNodes].flatMap(admitted));
  return [made];
}

/** Put the diagram of a run into the place of the one before it. */
function redraw(block, markup, blocks) {
  const parts = admit(markup).filter((node) => node.nodeType === Node.ELEMENT_NODE);
  const old = block.querySelector(".trace-drawn")
    ?? block.querySelector(".trace-pair") ?? block.querySelector("event-sequence");
  const fresh = make("div", {className: "trace-drawn"}, ...parts);
  if (!statics.has(block)) statics.set(block, old);
  for (const each of fresh.querySelectorAll("event-sequence")) each.blocks = blocks;
  const stays = old?.closest("details:not([open])") || onChannels(block, old);
  if (old && !stays) old.replaceWith(fresh);
  else block.append(fresh);
}

/** Beside the real Channels, which no page can run, the diagrams of the build stay. */
function onChannels(block, old) {
  return block.dataset.beside === "channels" && !old.matches(".trace-drawn");
}

const statics = new WeakMap();

function restore(block) {
  const drawn = block.querySelector(".trace-drawn");
  const old = statics.get(block);
  if (!drawn) return;
  if (old && !old.isConnected) drawn.replaceWith(old);
  else drawn.remove();
}

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function button(name, act) {
  const made = make("button", {type: "button", className: "trace-button"});
  made.addEventListener("click", act);
  made.classList.toggle("trace-play", name === "Play");
  dress(made, name);
  return made;
}

function dress(button, name) {
  const icon = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  icon.setAttribute("viewBox", "0 0 16 16");
  icon.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  icon.append(path);
  button.title = name;
  button.setAttribute("aria-label", name);
  button.replaceChildren(icon);
}

customElements.define("event-sequence", EventSequence);
document.addEventListener("run-finished", ({target, detail: {answers, blocks}}) => {
  const answer = answers.at(-1);
  if (answer.slug === target.id && answer.picture) redraw(target, answer.picture, blocks);
});
document.addEventListener("run-reset", ({target}) => restore(target));
