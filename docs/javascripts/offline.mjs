// Asks the service worker to keep what this reader has used. Where there is none to be
// had (an old browser, a private window), nothing else changes.

import {ROOT} from "./progress.mjs";
import {python, RUNTIME} from "./python.mjs";

/** What pages load only when it is wanted: those seen before this may want others. */
export const SCRIPTS = [
  "editor", "live", "offline", "progress", "python", "round-trip", "run-block", "sequence",
  "share", "store", "worker",
];

/** Keep this page, those visited before, their parts, and Python. */
export async function keep(visited) {
  remember(python.kept).catch(() => {});      // it is large, and a browser may have no room
  if (!navigator.serviceWorker) return;
  const root = new URL(ROOT, location.href);
  const script = new URL("service-worker.js", root);
  await navigator.serviceWorker.register(script, {scope: root.pathname});
  const {active} = await navigator.serviceWorker.ready;
  const addresses = [...new Set([location.pathname, ...visited])].map((page) => new URL(page, root).href);
  const parts = await Promise.all(addresses.map(partsOf));
  const scripts = SCRIPTS.map((name) => new URL(`${name}.mjs`, import.meta.url).href);
  const all = [...addresses, ...parts.flat(), ...loaded(), ...scripts, ...await runtime()];
  active.postMessage({keep: [...new Set(all)]});
}

/**
 * Keep Python's memory as it was before the first run: after a reload the worker starts
 * from it, and has nothing to import.
 */
async function remember({manifest, snapshot}) {
  if (!snapshot || !globalThis.caches) return;
  const address = new URL(`${manifest.base}memory`, RUNTIME).href;
  const cache = await caches.open("walkthrough");
  if (await cache.match(address)) return;
  for (const {url} of await cache.keys()) if (url.endsWith("/memory")) await cache.delete(url);
  await cache.put(address, new Response(snapshot));
}

/** Forget all of it. */
export async function forget() {
  const registrations = await navigator.serviceWorker?.getRegistrations() ?? [];
  await Promise.all(registrations.map((registration) => registration.unregister()));
  await caches.delete("walkthrough");
}

/** The scripts, styles and images that a page names. */
async function partsOf(address) {
  try {
    const text = await (await fetch(address)).text();
    const page = new DOMParser().parseFromString(text, "text/html");
    return [...page.querySelectorAll("script[src], img[src], link[rel=stylesheet], link[rel=icon]")]
      .map((part) => new URL(part.getAttribute("src") ?? part.getAttribute("href"), address))
      .filter(({origin}) => origin === location.origin)
      .map(String);
  } catch {
    return [];      // a page that is gone: the others are kept all the same
  }
}

/** What this page has loaded: its fonts, too. */
function loaded() {
  const names = performance.getEntriesByType("resource").map((entry) => entry.name);
  return names.filter((name) => name.startsWith(location.origin));
}

async function runtime() {
  const address = new URL("manifest.json", RUNTIME);
  const {base, files} = await (await fetch(address)).json();
  return [address, ...Object.keys(files).map((name) => new URL(base + name, RUNTIME))].map(String);
}
