// <reading-progress>: which pages a reader has read and how many snippets he has run.
//
// It stands at the end of the list of pages, marks in it those that were read, and can
// be cleared. A page counts as read when its end has been on the screen.

import {Store} from "./store.mjs";

export const ROOT = new URL("..", import.meta.url).pathname;
const LINKS = ".md-sidebar--primary a.md-nav__link[href]:not([href*='#'])";
const store = new Store();

/** The address of a page within the site, or null for one elsewhere. */
export function pageOf(pathname, root = ROOT) {
  if (!pathname.startsWith(root)) return null;
  return pathname.slice(root.length).replace(/index\.html$/, "");
}

/** What the list of pages says at its end. */
export function sentence({read, ran}, total) {
  if (!read && !ran) return "";
  const snippets = `${ran} snippet${ran === 1 ? "" : "s"}`;
  return `You have read ${read} of ${total} pages and run ${snippets}.`;
}

class ReadingProgress extends (globalThis.HTMLElement ?? Object) {
  #text = document.createElement("p");

  connectedCallback() {
    const clear = document.createElement("button");
    Object.assign(clear, {type: "button", textContent: "Forget this", className: "run-button"});
    clear.addEventListener("click", () => {
      store.clearProgress();
      import("./offline.mjs").then(({forget}) => forget()).catch(() => {});
      this.show();
    });
    this.replaceChildren(this.#text, clear);
    document.addEventListener("reader-progress", () => this.show());
    this.show();
  }

  show() {
    const {read, ran} = store.progress;
    const pages = new Set();
    for (const link of document.querySelectorAll(LINKS)) {
      const page = pageOf(link.pathname);
      if (page === null || link.origin !== location.origin) continue;
      pages.add(page);
      link.classList.toggle("nav-read", read.includes(page));
      link.querySelector(".nav-read-mark")?.remove();
      if (read.includes(page)) link.append(mark());
    }
    const known = read.filter((page) => pages.has(page)).length;
    this.#text.textContent = sentence({read: known, ran: ran.length}, pages.size);
    this.hidden = !this.#text.textContent;
  }
}

function mark() {
  const element = document.createElement("span");
  element.className = "nav-read-mark";
  element.textContent = "✓";
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", "read");
  return element;
}

function start() {
  const nav = document.querySelector(".md-sidebar--primary .md-nav--primary");
  const article = document.querySelector("article");
  if (!nav || !article) return;
  const progress = document.createElement("reading-progress");
  nav.append(progress);
  const page = pageOf(location.pathname);
  store.mark("visited", page);
  const end = article.lastElementChild ?? article;
  new IntersectionObserver(([entry], observer) => {
    if (!entry.isIntersecting) return;
    observer.disconnect();
    if (store.mark("read", page)) progress.show();
  }).observe(end);
}

if (globalThis.customElements) {
  customElements.define("reading-progress", ReadingProgress);
  start();
}
