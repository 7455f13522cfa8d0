// The worker in which Python runs. It may block: that is what makes `asyncio.run` and
// `time.sleep` behave as they do everywhere else, and why Stop ends the whole worker.
//
// in   {boot: {base, kept}}                  once, with the manifest and what is kept
//      {run: {id, request}}                  then, any number of times
// out  {loaded: bytes}                       while the files arrive
//      {ready: {module, archives, snapshot}} what a later start can be given as `kept`
//      {id, begin: slug} {id, text} {id, done, memory}
//      {failed: message}                     nothing more will come

// Memory that stays whole on a phone; Python says MemoryError when it is used up.
const MEMORY = 512 * 2 ** 20;
const LINES = 100;                // are sent one by one, of those in 50 ms
const OFF_LIMITS = [
  "fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "WebTransport", "EventSource",
  "Worker", "SharedWorker", "BroadcastChannel", "importScripts", "indexedDB", "caches",
  "postMessage",
];
const post = self.postMessage.bind(self);
let kernel, memory;

self.onmessage = async ({data: {boot, run}}) => {
  try {
    if (boot) {
      const ready = await start(boot);
      post({ready}, Object.values(ready).flat().filter((part) => part instanceof ArrayBuffer));
    } else perform(run);
  } catch (error) {
    output.flush();
    post({failed: String(error?.message ?? error)});
  }
};

function perform({id, request}) {
  output.id = id;
  output.credit = LINES;
  const done = kernel.run(request, (what, text) => output[what](text));
  output.flush();
  post({id, done, memory: memory.buffer.byteLength});
}

// Text goes out line by line while there is little of it, then in batches.
const output = {
  id: 0, held: "", sent: 0, credit: 0,
  text(text) {
    this.held += text;
    const due = performance.now() - this.sent > 50;
    if (due) this.credit = LINES;
    if (due || this.held.length > 65536 || (text.endsWith("\n") && this.credit-- > 0)) {
      this.flush();
    }
  },
  flush() {
    if (!this.held) return;
    post({id: this.id, text: this.held});
    this.held = "";
    this.sent = performance.now();
  },
  begin(slug) {
    this.flush();
    post({id: this.id, begin: slug});
  },
};

// Blocks without turning: WebAssembly gives shared memory even where no header allows
// SharedArrayBuffer. A browser that refuses gets a loop that waits by looking at the clock.
const bell = (() => {
  try {
    return new Int32Array(new WebAssembly.Memory({shared: true, initial: 1, maximum: 1}).buffer);
  } catch {
    return null;
  }
})();

function sleep(seconds) {
  output.flush();
  const end = performance.now() + seconds * 1000;
  for (let left; (left = end - performance.now()) > 0; ) {
    if (bell) Atomics.wait(bell, 0, 0, Math.min(left, 1e9));
  }
}

async function start({base, kept}) {
  const {info, files} = kept.manifest;
  const {fetch} = self, {instantiateStreaming} = WebAssembly;
  const get = (name) => counted(fetch, base + name, files[name].bytes);
  import(base + "pyodide.asm.mjs").catch(() => {});   // the loader reports its failure
  const bytes = async (name) => (await get(name)).arrayBuffer();
  let [snapshot, {loadPyodide}, module, ...archives] = await Promise.all([
    kept.snapshot ?? self.caches?.match(base + "memory").then((found) => found?.arrayBuffer()),
    import(base + "pyodide.mjs"),
    ...(kept.module ? [kept.module, ...kept.archives] : [
      compile(get("pyodide.asm.wasm")), bytes("python_stdlib.zip"), bytes("walkthrough.zip"),
    ]),
  ]);
  WebAssembly.instantiateStreaming = async (_, imports) => {
    const instance = await WebAssembly.instantiate(module, imports);
    memory = instance.exports.memory;
    limit(snapshot?.byteLength);
    return {module, instance};
  };
  self.fetch = async (url) => new Response(String(url).endsWith(".zip") ? archives[0] : null);
  const load = () => loadPyodide({
    indexURL: base, lockFileContents: {info, packages: {}}, packageBaseUrl: base,
    fsInit: (FS) => {
      FS.mkdirTree("/runtime");
      FS.writeFile("/runtime/walkthrough.zip", new Uint8Array(archives[1]));
    },
    ...(snapshot ? {_loadSnapshot: snapshot} : {_makeSnapshot: true}),
  });
  // What was kept may not be what this browser takes.
  const python = await load().catch(() => load(snapshot = null));
  WebAssembly.instantiateStreaming = instantiateStreaming;
  const made = snapshot ?? imported(python);
  python.pyimport("random").seed();
  kernel = python.pyimport("walkthrough.page.kernel");
  kernel.start(sleep);
  close();
  return kept.module ? {} : {module, archives, snapshot: made};
}

// Import what a run needs, and keep the memory as it is then: the next start is a copy.
function imported(python) {
  python.runPython(`
import sys
sys.path.insert(0, "/runtime/walkthrough.zip")
from walkthrough.page import kernel
kernel.warm()`);
  try {
    return python.makeMemorySnapshot().buffer;
  } catch {
    return null;
  }
}

async function compile(response) {
  const wasm = new Response((await response).body, {headers: {"Content-Type": "application/wasm"}});
  return WebAssembly.compileStreaming(wasm);
}

async function counted(fetch, url, size) {
  const response = await fetch(url);
  if (!response.ok) throw Error(`${url} answered ${response.status}`);
  let loaded = 0;
  const count = new TransformStream({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      post({loaded: chunk.byteLength});
      controller.enqueue(chunk);
    },
    flush(controller) {
      if (loaded !== size) controller.error(Error(`${url} came cut short`));
    },
  });
  return new Response(response.body.pipeThrough(count));
}

// A snapshot can be larger than the memory that a new instance begins with.
function limit(needed) {
  const missing = needed - memory.buffer.byteLength;      // NaN without one
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * 65536 > MEMORY) throw new RangeError();
    return WebAssembly.Memory.prototype.grow.call(memory, pages);
  };
}

// The page's Content-Security-Policy keeps Python from other hosts. This takes away what
// could still reach this one: its caches, its other scripts.
function close() {
  for (const name of OFF_LIMITS) {
    for (let at = self; at; at = Object.getPrototypeOf(at)) delete at[name];
  }
}
