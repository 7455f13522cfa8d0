// Edited text in the fragment of a link, which no server sees.

const LARGEST = 100_000;
const LONGEST = 20_000;      // a fragment of so much unpacks to 20 MB at most

/** `{slug: text, ...}` as a fragment that opens at `slug`; null if it would be too long. */
export async function toFragment(slug, texts) {
  const bytes = new TextEncoder().encode(JSON.stringify(texts));
  if (bytes.length > LARGEST) return null;
  const packed = await through(new CompressionStream("deflate-raw"), bytes);
  if (packed.length * 4 / 3 > LONGEST) return null;
  const text = btoa(String.fromCharCode(...packed)).replace(/=/g, "");
  return `#${slug}=${text.replace(/\+/g, "-").replace(/\//g, "_")}`;
}

/** The other way: `{slug, texts}`, or null for any other fragment. */
export async function fromFragment(fragment) {
  const [, slug, data] = fragment.match(/^#([\w.-]+)=([\w-]+)$/) ?? [];
  if (!slug || data.length > LONGEST) return null;
  try {
    const packed = atob(data.replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(packed, (char) => char.charCodeAt(0));
    const text = await through(new DecompressionStream("deflate-raw"), bytes);
    if (text.length > LARGEST) return null;
    const texts = Object.entries(JSON.parse(new TextDecoder().decode(text)));
    return {slug, texts: new Map(texts.filter(([, value]) => typeof value === "string"))};
  } catch {
    return null;
  }
}

async function through(stream, bytes) {
  const out = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(out).arrayBuffer());
}
