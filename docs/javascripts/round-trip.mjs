/* The round trip's list: everything is in the page already. This adds ways to fold it,
   and opens the way to a step that a link names. */

/** Give how deep a fold lies in the list of turns; that of a turn has depth 0. */
export function depthOf(element) {
  let depth = -1;
  for (let at = element; at && !at.matches(".rt-turns"); at = at.parentElement) {
    if (at.localName === "details") depth += 1;
  }
  return depth;
}

class RoundTrip extends HTMLElement {
  connectedCallback() {
    for (const button of this.querySelectorAll(".rt-tools button")) {
      const limit = button.dataset.depth;
      button.onclick = () => (limit ? this.fold(Number(limit)) : this.brief(button));
    }
  }

  fold(limit) {
    for (const fold of this.querySelectorAll(".rt-turns details")) {
      fold.open = depthOf(fold) < limit;
    }
  }

  brief(button) {
    const on = this.classList.toggle("rt-brief");
    button.setAttribute("aria-pressed", String(on));
  }
}

/** Open every fold on the way to what the address names, and go there. */
function reveal() {
  const wanted = location.hash && document.getElementById(location.hash.slice(1));
  if (!wanted || !wanted.closest("round-trip")) return;
  if (wanted.firstElementChild?.localName === "details") {
    wanted.firstElementChild.open = true;
  }
  for (let at = wanted.parentElement; at; at = at.parentElement) {
    if (at.localName === "details") at.open = true;
  }
  wanted.scrollIntoView();
}

/** Mark what is folded before the theme opens every fold of a page to print it. */
function markShut() {
  for (const fold of document.querySelectorAll("round-trip details")) {
    fold.toggleAttribute("data-shut", !fold.open);
  }
}

if (globalThis.customElements && !customElements.get("round-trip")) {
  customElements.define("round-trip", RoundTrip);
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", markShut, { capture: true });
  reveal();
}
