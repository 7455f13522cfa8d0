// Keeps for offline reading what a reader has opened: pages, their parts, and Python.
//
// It is registered after the first run of a snippet, never before, and nothing depends on
// it: a browser without service workers reads and runs the same pages online. A page comes
// from the network where there is one, so none is ever stale; the runtime, whose folder is
// named by its content, comes from here.

const KEPT = "walkthrough";
const RUNTIME = /\/runtime\/[0-9a-f]+\//;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  if (event.data?.keep) event.waitUntil(keep(event.data.keep));
});

self.addEventListener("fetch", (event) => {
  const {request} = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  event.respondWith(RUNTIME.test(url.pathname) ? fromHere(request) : fromThere(request));
});

async function fromHere(request) {
  const cache = await caches.open(KEPT);
  return (await cache.match(request.url)) ?? fetched(cache, request);
}

async function fromThere(request) {
  const cache = await caches.open(KEPT);
  try {
    return await fetched(cache, request);
  } catch (error) {
    const kept = await cache.match(request.url, {ignoreSearch: true});
    if (kept) return kept;
    throw error;
  }
}

async function fetched(cache, request) {
  const response = await fetch(request);
  if (response.status === 200) await cache.put(request.url.split("#")[0], response.clone());
  return response;
}

// Python itself is kept once: an older runtime goes when a newer one is kept.
async function keep(urls) {
  const cache = await caches.open(KEPT);
  const folders = new Set(urls.map((url) => url.match(RUNTIME)?.[0]).filter(Boolean));
  for (const {url} of await cache.keys()) {
    const folder = url.match(RUNTIME)?.[0];
    if (folder && folders.size && !folders.has(folder)) await cache.delete(url);
  }
  const missing = async (url) => (await cache.match(url)) ?? cache.add(url);
  await Promise.allSettled(urls.map(missing));
}
