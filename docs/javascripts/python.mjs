// The page's hold on Python: one worker a tab, started when first asked for.

export const RUNTIME = new URL("../runtime/", import.meta.url);
const WORKER = new URL("worker.mjs", import.meta.url);

const HEAVY = 200 * 2 ** 20;      // memory that a worker got is never given back

/** The site has no Python. */
export class Unavailable extends Error {}

/** Python ended in the middle of a run. */
export class Ended extends Error {}

export class Python {
  state = "absent";      // absent, loading, ready, running
  kept = {};             // what a later start need not fetch, compile or import again
  #worker; #starting; #runs = 0; #current; #watchers = new Set();

  /** Call `watch(share, megabytes)` while the files arrive. */
  watch(watch) {
    this.#watchers.add(watch);
    return () => this.#watchers.delete(watch);
  }

  /** Start, if that has not been done; a failed start can be tried again. */
  start() {
    this.#starting ??= this.#start().catch((error) => {
      this.#end();
      throw error;
    });
    return this.#starting;
  }

  /**
   * Run a request of the kernel, after those before it. `on.begin(slug)` and `on.text(text)`
   * are called as it goes; gives its answer, or null if it was stopped, or if `on.wanted()`
   * says that nobody waits for it any more.
   */
  async run(request, on) {
    await this.start();
    while (this.#current) {
      await this.#current.over;
      await this.start();
    }
    if (on.wanted?.() === false) return null;
    const id = ++this.#runs;
    this.state = "running";
    let end;
    const over = new Promise((resolve) => { end = resolve; });
    return new Promise((resolve, reject) => {
      this.#current = {
        id, on, over,
        resolve: (answer) => { end(); resolve(answer); },
        reject: (error) => { end(); reject(error); },
      };
      this.#worker.postMessage({run: {id, request: JSON.stringify(request)}});
    });
  }

  /** End whatever runs, at once, and start again from what the page has kept. */
  stop() {
    const {resolve} = this.#current ?? {};
    const loaded = this.kept.module;
    this.#end();
    resolve?.(null);
    return loaded ? this.start() : Promise.resolve();
  }

  async #start() {
    this.state = "loading";
    const manifest = this.kept.manifest ?? await this.#manifest();
    const {base, sizes, compressed} = manifest;
    let loaded = 0;
    const tell = () => this.#watchers.forEach((watch) => watch(
      loaded / sizes.told, sizes[compressed ? "gzip" : "bytes"] / 1e6,
    ));
    if (!this.kept.module) tell();
    const worker = this.#worker = spawn();
    const ready = await new Promise((resolve, reject) => {
      const fail = this.#abandon = (why = "stopped") => reject(Error(why));
      worker.onerror = (event) => fail(event.message || "no worker");
      worker.onmessage = ({data}) => {
        if (data.loaded) tell(loaded += data.loaded);
        else if (data.failed) fail(data.failed);
        else if (data.ready) resolve(data.ready);
      };
      worker.postMessage({boot: {base: new URL(base, RUNTIME).href, kept: {...this.kept, manifest}}});
    });
    this.kept = {...this.kept, manifest, ...ready};
    worker.onmessage = ({data}) => this.#hear(data);
    worker.onerror = (event) => this.#hear({failed: event.message || "no worker"});
    this.state = "ready";
  }

  #abandon = () => {};

  async #manifest() {
    const answer = await fetch(new URL("manifest.json", RUNTIME), {cache: "no-cache"});
    if (answer.status === 404) {
      throw new Unavailable("This site was built without Python. The snippets run on your machine all the same.");
    }
    if (!answer.ok) throw Error(`the server answered ${answer.status}`);
    return {...await answer.json(), compressed: answer.headers.has("Content-Encoding")};
  }

  // Python's own program can post messages too, so nothing here is trusted but as text.
  #hear({id, begin, text, done, failed, memory}) {
    const {on, resolve, reject} = this.#current ?? {};
    if (failed !== undefined) {
      this.#end();
      reject?.(new Ended(String(failed)));
      this.start().catch(() => {});
    } else if (id !== this.#current?.id) {
      return;
    } else if (begin !== undefined) {
      on.begin(String(begin));
    } else if (text !== undefined) {
      on.text(String(text));
    } else if (done !== undefined) {
      this.#current = null;
      this.state = "ready";
      resolve(JSON.parse(done));
      if (memory > HEAVY) this.stop().catch(() => {});
    }
  }

  #end() {
    this.#abandon();
    this.#worker?.terminate();
    this.#worker = this.#starting = this.#current = null;
    this.state = "absent";
  }
}

// A worker inherits the page's Content-Security-Policy only when it starts from a blob.
function spawn() {
  const source = new Blob([`import ${JSON.stringify(WORKER.href)};`], {type: "text/javascript"});
  const url = URL.createObjectURL(source);
  const worker = new Worker(url, {type: "module", name: "python"});
  worker.addEventListener("message", () => URL.revokeObjectURL(url), {once: true});
  return worker;
}

/** The one Python of this tab. */
export const python = new Python();
