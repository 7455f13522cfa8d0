// <live-bench>: the reader is the client. His own application runs in the worker; what he
// does in a panel becomes ASGI events, and the diagram grows as they happen.
//
// data-app      the name of the application; without it, `application` or the last consumer
// data-clients  who is there at first: "ann bob"
// data-path     where they connect; {name} stands for the client's
// data-say      what stands in their boxes
// data-http     "GET /": panels that send requests, instead of WebSockets
// data-worker   "jobs": one more panel, of a worker that listens on these channels
// data-job      the message in its box, as JSON with ' for "
// data-watch    the state of the channel layer is open at first
//
// Of data-path, data-say and data-http each client can have a value: "GET / | POST /".

import {Ended, python} from "./python.mjs";
import {before, layout, visible} from "./run-block.mjs";
import {admit, admitted, parse} from "./sequence.mjs";

const NAMES = ["ann", "bob", "cho", "dee", "eve", "fay"];
const MARKS = {out: "→", in: "←", note: "·", error: "✕"};
const EACH = new Set(["path", "say", "http"]);
const OPENING = new Set(["connect", "request", "work", "post"]);
const EDITS = ["input", "run-reset"];
const LINES = 500;
const CHUNK = 8;
const quiet = {begin() {}, text() {}};
const BEFORE = "What happens will be drawn below.";
const CHANGED = "The code has changed. Run it, or connect again, to start it anew.";
const HELD = "The application does not give back control. Stop ends it.";

class LiveBench extends HTMLElement {
  #panels = new Map(); #parts; #block; #queue = []; #busy = false; #open = false; #timer; #rows = []; #state = [];

  connectedCallback() {
    this.#block = this.closest("run-block");
    if (this.#parts || !this.#block) return;
    const status = make("p", {className: "live-status"});
    status.setAttribute("role", "status");
    const stop = button("Stop", () => this.stop());
    stop.hidden = true;
    const add = button("Add a client", () => this.add().focus());
    const all = button("Connect all", () => this.connect());
    all.classList.add("live-go");
    all.hidden = this.http;
    this.#parts = {
      status, stop,
      panels: make("div", {className: "live-panels"}),
      output: make("pre", {className: "live-output", hidden: true, tabIndex: 0}),
      layers: fold("Channel layer", make("div", {className: "live-layers"})),
      picture: make("div", {className: "live-picture"}),
      bar: make("div", {className: "live-bar"}, all, add, stop, status),
    };
    const {panels, bar, output, layers, picture} = this.#parts;
    output.setAttribute("aria-label", "What the application prints");
    layers.hidden = true;
    layers.open = "watch" in this.dataset;
    layers.addEventListener("toggle", () => this.#showLayers());
    this.replaceChildren(bar, panels, output, layers, picture);
    this.#say(BEFORE);
    for (const name of (this.dataset.clients ?? "ann bob").split(/\s+/)) this.add(name);
    if ("worker" in this.dataset) this.#join("worker", WorkerPanel);
    this.#block.addEventListener("run-finished", () => this.#restart());
    for (const edit of EDITS) document.addEventListener(edit, this);
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    for (const edit of EDITS) document.removeEventListener(edit, this);
  }

  handleEvent() { if (this.#stale) this.#say(CHANGED); }

  /** Whether the application that runs is not that of the code that is shown. */
  get #stale() {
    return this.#open && JSON.stringify(layout(before(this.#block))) !== JSON.stringify(this.blocks);
  }

  get http() { return "http" in this.dataset; }

  /** Put up one more panel. */
  add(name) {
    const taken = [...this.#panels.keys()];
    name ??= NAMES.find((each) => !taken.includes(each)) ?? `client ${taken.length + 1}`;
    return this.#join(name, this.http ? HttpPanel : Panel);
  }

  /** Connect every client that is not. */
  connect() {
    for (const panel of this.#panels.values()) if (panel.greets && !panel.busy) panel.connect();
  }

  #join(name, Kind) {
    const own = Object.entries(this.dataset).map(([key, text]) => {
      const texts = EACH.has(key) ? text.split("|").map((part) => part.trim()) : [text];
      return [key, texts[this.#panels.size % texts.length]];
    });
    const panel = new Kind(name, Object.fromEntries(own), (act) => this.act({client: name, ...act}));
    this.#panels.set(name, panel);
    this.#parts.panels.append(panel.element);
    return panel;
  }

  /** Do something as a client, as soon as Python is free. */
  act(act) {
    if (OPENING.has(act.do) && this.#stale) this.#renew(act.client);
    this.#queue.push(act);
    this.#pump();
  }

  /** End a program that does not end. */
  stop() {
    this.#queue = [];
    python.stop().catch(() => {});
    this.#lost("Stopped. All connections are gone.");
  }

  async #pump() {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    const slow = setTimeout(() => { this.#parts.stop.hidden = false; }, 400);
    const held = setTimeout(() => { if (python.state === "running") this.#say(HELD); }, 2000);
    const unwatch = python.watch((share, megabytes) => this.#say(
      share < 1 ? `Loading Python, ${megabytes.toFixed(1)} MB, once…` : "Starting Python…",
    ));
    try {
      while (this.#queue.length) {
        if (!this.#open && !await this.#begin()) break;
        const acts = this.#queue.splice(0);
        const told = await this.#ask({acts});
        if (told === null) break;
        if (told.gone) {
          this.#lost("Python was started anew. All connections are gone.");
          this.#queue.unshift(...acts.filter(({do: what}) => OPENING.has(what)));
          continue;
        }
        this.#show(told);
      }
    } catch (error) {
      this.#queue = [];
      this.#lost(error instanceof Ended
        ? `The program ended Python itself (${error.message}).`
        : error.message);
    } finally {
      clearTimeout(slow);
      clearTimeout(held);
      if (this.#parts.status.textContent === HELD) this.#say("");
      unwatch();
      this.#parts.stop.hidden = true;
      this.#busy = false;
    }
  }

  async #begin() {
    if (python.state !== "ready") this.#say("Starting Python…");
    const blocks = layout(before(this.#block));
    const told = await this.#ask({blocks, app: this.dataset.app ?? "", acts: []});
    if (told === null) return false;
    if (told.failed) {
      this.#queue = [];
      this.#fail(told.failed);
      return false;
    }
    this.#open = true;
    this.blocks = blocks;
    this.#parts.picture.replaceChildren();
    this.#say("");
    return true;
  }

  #ask(wanted) {
    return python.run({page: this.#block.dataset.page, slug: this.#block.id, ...wanted}, quiet);
  }

  /** The code was run anew: so is the application, and who was connected connects again. */
  #restart() {
    if (!this.#open && !this.#busy) {
      // Where a run prints nothing, its clients show what it does.
      const block = this.#block;
      if (block.dataset.state === "finished" && !block.querySelector(".run-output")) this.connect();
      return;
    }
    this.#renew();
  }

  #renew(but) {
    this.#open = false;
    for (const panel of this.#panels.values()) {
      const was = panel.state;
      if (panel.name === but) continue;
      panel.set({state: "closed", code: ""});
      if (was !== "open") continue;
      panel.log([{way: "note", text: "the application was started anew"}]);
      panel.connect();
    }
  }

  #lost(text) {
    this.#open = false;
    clearTimeout(this.#timer);
    for (const panel of this.#panels.values()) panel.set({state: "closed", code: ""});
    this.#say(text);
  }

  #fail(text) {
    for (const panel of this.#panels.values()) panel.set({state: "closed", code: ""});
    this.#say(`The application did not start: ${text}`);
  }

  #say(text) {
    if (this.#parts.status.textContent !== text) this.#parts.status.textContent = text;
  }

  #show({clients = [], output, layers = [], frame, rows, wait, failed}) {
    if (failed) {
      this.#open = false;
      return this.#fail(failed);
    }
    for (const client of clients) {
      const panel = this.#panels.get(client.name);
      panel?.set(client);
      panel?.log(client.log);
    }
    if (output) {
      const {output: box} = this.#parts;
      box.hidden = false;
      box.textContent = visible(box.textContent + output).slice(-20_000);
    }
    this.#state = layers;
    this.#showLayers();
    for (const panel of this.#panels.values()) panel.watch?.(layers);
    if (frame) this.#draw(frame);
    if (rows) this.#grow(rows);
    if (wait !== null && wait !== undefined) {
      this.#timer = setTimeout(() => this.act({do: "tick", seconds: wait}), wait * 1000);
    }
  }

  #draw(markup) {
    this.#rows = [];
    const sequence = admit(markup).find((node) => node.localName === "event-sequence");
    if (!sequence) return;
    sequence.blocks = this.blocks;
    this.#parts.picture.replaceChildren(sequence);
  }

  // Many rows come in with a burst: a few a frame, so that the page never stands still.
  async #grow(markup) {
    const idle = !this.#rows.length;
    this.#rows.push(...parse(`<ol>${markup}</ol>`).querySelectorAll("ol > li"));
    while (idle && this.#rows.length) {
      const rows = this.#rows.splice(0, CHUNK).flatMap(admitted);
      this.#parts.picture.querySelector("event-sequence")?.grow(rows);
      if (this.#rows.length) await new Promise(requestAnimationFrame);
    }
  }

  #showLayers() {
    const {layers} = this.#parts;
    layers.hidden = !this.#state.length;
    if (!layers.open) return;
    const box = layers.querySelector(".live-layers");
    box.replaceChildren(...this.#state.flatMap(({groups, channels}) => [
      table("Group", "Members", groups.map(({name, members}) => [name, members.join(", ")])),
      table("Channel", "Waiting", channels.map(({name, messages}) => [
        name, messages.length ? `${messages.length}: ${messages.slice(0, 3).join(" ")}` : "nothing",
      ])),
    ]));
  }
}

/** One client: a transcript, a box to write in, and what a client can do. */
class Panel {
  state = "closed";

  constructor(name, given, act) {
    this.name = name;
    this.given = given;
    this.act = act;
    const {whose, box, send} = this.words;
    const state = make("span", {className: "live-state", textContent: this.resting()});
    const log = make("ol", {});
    const scroller = make("div", {className: "live-log", tabIndex: 0}, log);
    scroller.setAttribute("role", "log");
    scroller.setAttribute("aria-label", `Transcript of ${name}`);
    const text = make("input", {type: "text", value: this.draft, autocomplete: "off"});
    text.setAttribute("aria-label", `${box} of ${name}`);
    const submit = make("button", {type: "submit", textContent: send, className: "live-button"});
    const form = make("form", {className: "live-say"}, text, submit);
    form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.fields = this.options();
    const fields = Object.entries(this.fields).map(([name, field]) => label(name, field));
    this.buttons = this.acts();
    this.parts = {state, log, text};
    this.element = make("section", {className: `live-panel live-${whose.toLowerCase()}`},
      make("div", {className: "live-head"}, make("b", {textContent: name}), state),
      ...this.more(), scroller, form,
      make("div", {className: "live-acts"}, ...Object.values(this.buttons)),
      fold("Options", ...fields));
    this.element.setAttribute("aria-label", `${whose} ${name}`);
    this.element.addEventListener("pointerenter", () => {
      if (!navigator.connection?.saveData) python.start().catch(() => {});
    }, {once: true});
    this.set({state: "closed", code: ""});
    this.watch?.([]);
  }

  get words() { return {whose: "Client", box: "Message", send: "Send"}; }
  get draft() { return this.given.say ?? ""; }
  /** Whether it connects when all do. */
  get greets() { return true; }
  get busy() { return this.state !== "closed"; }

  more() { return []; }

  options() {
    return {
      Path: make("input", {type: "text", value: (this.given.path ?? "/").replace("{name}", this.name)}),
      "Headers, one a line": headersField(),
      "Send as": choice(["text", "JSON", "bytes"]),
    };
  }

  acts() {
    const lose = button("Lose", () => this.act({do: "lose"}));
    lose.title = "Lose the connection without a close frame";
    return {
      rest: button("Connect", () => this.connect()),
      open: button("Disconnect", () => this.act({do: "disconnect"})),
      lose,
    };
  }

  focus() { this.parts.text.focus(); }

  connect() {
    this.set({state: "connecting", code: ""});
    this.act({do: "connect", path: this.fields.Path.value, headers: this.headers});
  }

  send() {
    const {text} = this.parts;
    let form = this.fields["Send as"].value, value = text.value;
    if (form === "JSON") {
      value = this.json(value);
      if (value === null) return;
      form = "text";
    }
    if (!this.busy) this.connect();
    if (python.state !== "ready") this.log([{way: "note", text: `is sent when Python is ready: ${value}`}]);
    this.act({do: "send", text: value, form});
    text.select();
  }

  /** Check what shall be JSON; say so and give null if it is not. */
  json(text) {
    try {
      return JSON.stringify(JSON.parse(text));
    } catch (error) {
      this.log([{way: "error", text: `not JSON: ${error.message}`}]);
      return null;
    }
  }

  set({state, code}) {
    this.state = state;
    this.element.dataset.state = state;
    this.parts.state.textContent = this.said(state, code);
    const focused = document.activeElement;
    for (const [when, act] of Object.entries(this.buttons)) {
      act.hidden = (when === "rest") === this.busy;
    }
    if (focused?.hidden && this.element.contains(focused)) this.focus();
  }

  said(state, code) { return state === "closed" ? this.resting(code) : state; }

  resting(code) { return code ? `closed, ${code}` : "not connected"; }

  log(lines) {
    const {log} = this.parts;
    log.append(...lines.map(({way, text, more}) => {
      const item = make("li", {className: `live-${Object.hasOwn(MARKS, way) ? way : "note"}`});
      const mark = make("span", {textContent: MARKS[way] ?? "·", ariaHidden: "true"});
      item.append(mark, make("span", {textContent: visible(text)}));
      if (more) item.append(fold("Traceback", make("pre", {textContent: visible(more), tabIndex: 0})));
      return item;
    }));
    while (log.children.length > LINES) log.firstChild.remove();
  }

  get headers() {
    return this.fields["Headers, one a line"].value.split("\n").filter((line) => line.includes(":"))
      .map((line) => line.split(/:(.*)/s).slice(0, 2).map((part) => part.trim()));
  }
}

/** A client who sends one request after the other. */
class HttpPanel extends Panel {
  get words() { return {whose: "Client", box: "Body", send: "Send"}; }
  get greets() { return false; }

  options() {
    const [method = "GET", path = "/"] = this.given.http.split(/\s+/);
    return {
      Method: make("input", {type: "text", value: method}),
      Path: make("input", {type: "text", value: path.replace("{name}", this.name)}),
      "Headers, one a line": headersField(),
    };
  }

  acts() {
    const lose = button("Leave", () => this.act({do: "lose"}));
    lose.title = "Leave before the response has come";
    return {lose};
  }

  connect() { this.send(); }

  send() {
    this.set({state: "open", code: ""});
    this.act({
      do: "request", method: this.fields.Method.value, path: this.fields.Path.value,
      headers: this.headers, text: this.parts.text.value,
    });
  }

  said(state, code) {
    if (state !== "closed") return "waiting";
    return code ? `status ${code}` : "";
  }
}

/** A worker, which listens on channels while the reader lets it. */
class WorkerPanel extends Panel {
  get words() { return {whose: "Worker", box: "Job", send: "Put"}; }
  get draft() { return (this.given.job ?? "{'type': ''}").replaceAll("'", '"'); }
  get greets() { return false; }

  more() {
    this.waiting = make("div", {className: "live-waiting"});
    return [this.waiting];
  }

  options() {
    return {Channels: make("input", {type: "text", value: this.given.worker})};
  }

  acts() {
    return {
      rest: button("Start", () => this.connect()),
      open: button("Stop", () => this.act({do: "disconnect"})),
    };
  }

  connect() {
    this.set({state: "connecting", code: ""});
    this.act({do: "work", path: this.fields.Channels.value});
  }

  send() {
    const text = this.json(this.parts.text.value);
    if (text !== null) this.act({do: "post", path: this.fields.Channels.value, text});
  }

  said(state) { return state === "closed" ? "not started" : "listens"; }
  resting() { return "not started"; }

  /** Show what waits on its channels. */
  watch(layers) {
    const names = this.fields.Channels.value.split(/\s+/);
    const channels = layers.flatMap((layer) => layer.channels);
    this.waiting.replaceChildren(...names.map((name) => {
      const messages = channels.find((channel) => channel.name === name)?.messages ?? [];
      const shown = messages.map((text) => make("li", {textContent: visible(text)}));
      const said = messages.length === 1 ? "1 message waits" : `${messages.length || "no"} messages wait`;
      return make("div", {}, `${name}: ${said}`, make("ol", {}, ...shown));
    }));
  }
}

function headersField() {
  return make("textarea", {rows: 2, placeholder: "origin: http://localhost"});
}

function table(one, two, rows) {
  const head = make("tr", {}, th(one), th(two));
  const body = rows.map((cells) => make("tr", {}, ...cells.map((text) => make("td", {textContent: visible(text)}))));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}

function th(text) {
  const cell = make("th", {textContent: text});
  cell.scope = "col";
  return cell;
}

function fold(name, ...children) {
  return make("details", {className: "run-live-fold live-fold"}, make("summary", {textContent: name}), ...children);
}

function label(text, field) {
  return make("label", {}, make("span", {textContent: text}), field);
}

function choice(options) {
  return make("select", {}, ...options.map((each) => make("option", {textContent: each})));
}

function button(text, act) {
  const made = make("button", {type: "button", className: "live-button", textContent: text});
  made.addEventListener("click", act);
  return made;
}

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

customElements.define("live-bench", LiveBench);
