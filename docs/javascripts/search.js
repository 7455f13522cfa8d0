// Material starts its search, and asks for the whole index of the site, on every page
// view. Here both wait until the reader turns to the search, which most never do; a page
// that is opened from a search result (`?h=`) or with a query (`?q=`) needs them at once.
//
// It looks for the beginnings of words, and so takes "a" for every word with an a in
// front: here words of that kind, which its index does not have, are left out of a query.
// And it waits for a key, which a query that was pasted with the mouse never presses.
//
// It must stand before Material's own script, so it is no module, and
// `walkthrough.postbuild` puts it into the pages.

(() => {
  const { open, send } = XMLHttpRequest.prototype;
  const PlainWorker = Worker;
  const forTheIndex = new WeakSet();
  const waiting = [];
  const SEARCH = "[data-md-component=search]";
  const QUERY = 2; // the type of a message, in Material
  const SMALL = new Set(
    `a able about across after all almost also am among an and any are as at be because
    been but by can cannot could dear did do does either else ever every for from get got
    had has have he her hers him his how however i if in into is it its just least let
    like likely may me might most must my neither no nor not of off often on only or other
    our own rather said say says she should since so some than that the their them then
    there these they this tis to too twas us wants was we were what when where which while
    who whom why will with would yet you your`.split(/\s+/),
  );

  // Keeps what it is told until it is let go, and then speaks for a real worker.
  class SearchWorker extends EventTarget {
    #messages = [];

    constructor(url) {
      super();
      const start = () => this.#start(new PlainWorker(url));
      if (held) waiting.push(start);
      else start();
    }

    postMessage(message) {
      this.#messages.push(message);
    }

    #start(worker) {
      worker.addEventListener("message", ({ data }) => {
        this.dispatchEvent(new MessageEvent("message", { data }));
      });
      this.postMessage = ({ type, data }) =>
        worker.postMessage({ type, data: type === QUERY ? telling(data) : data });
      this.#messages.forEach(this.postMessage);
    }
  }

  // Gives the words of a query that can tell pages apart; all, if none can. A colon goes
  // too: of "ValueError: …" Material would take the first word for the name of a field.
  function telling(query) {
    const words = query
      .replaceAll(":", " ")
      .split(/\s+/)
      .filter((word) => !SMALL.has(word.toLowerCase()));
    return words.join(" ") || query;
  }

  function hold() {
    XMLHttpRequest.prototype.open = function (method, url, ...rest) {
      if (/\/search\/search_index\.json$/.test(url)) forTheIndex.add(this);
      return open.call(this, method, url, ...rest);
    };
    XMLHttpRequest.prototype.send = function (body) {
      if (forTheIndex.has(this)) waiting.push(() => send.call(this, body));
      else send.call(this, body);
    };
    for (const type of ["focusin", "pointerover"]) document.addEventListener(type, look);
  }

  function look(event) {
    if (event.target.closest(`${SEARCH}, [for=__search]`)) letGo();
  }

  function letGo() {
    Object.assign(XMLHttpRequest.prototype, { open, send });
    held = false;
    for (const type of ["focusin", "pointerover"]) {
      document.removeEventListener(type, look);
    }
    for (const start of waiting.splice(0)) start();
  }

  window.Worker = new Proxy(PlainWorker, {
    construct(target, [url, options]) {
      const search = /\/workers\/search\.[^/]*\.js$/.test(url);
      return search ? new SearchWorker(url) : new target(url, options);
    },
  });
  document.addEventListener("input", ({ target }) => {
    if (target.closest(SEARCH)) target.dispatchEvent(new KeyboardEvent("keyup"));
  });
  const asked = new URLSearchParams(location.search);
  let held = !asked.get("h") && !asked.has("q");
  if (held) hold();
})();
