// Material puts the copy button of each block of code into a <nav>: a landmark without a
// name, one a block. It navigates nowhere, so it is taken off the list of landmarks.

function mend(root) {
  for (const nav of root.querySelectorAll("nav.md-code__nav:not([role])")) {
    nav.setAttribute("role", "none");
  }
}

const content = document.querySelector("[data-md-component=content]");
if (content) {
  new MutationObserver(() => mend(content)).observe(content, {
    childList: true,
    subtree: true,
  });
  mend(content);
}
