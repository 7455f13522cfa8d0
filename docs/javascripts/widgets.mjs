// Loads the script of each widget that a page has, and of no other.

const WIDGETS = {
  "run-block": "run-block",
  "round-trip": "round-trip",
  "event-sequence, [data-traced]": "sequence",
  "live-bench": "live",
};

for (const [selector, name] of Object.entries(WIDGETS)) {
  if (document.querySelector(selector)) import(`./${name}.mjs`);
}
