// What the theme leaves out of reach: tables that scroll can be scrolled by keyboard, and the copy buttons of code
// blocks have names of their own.
function reach() {
  for (const table of document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])")) {
    table.tabIndex = 0;
    table.setAttribute("role", "group");
    table.setAttribute("aria-label", "Table");
  }
  let block = 0;
  for (const buttons of document.querySelectorAll(".md-code__nav")) buttons.setAttribute("aria-label", `Code block ${++block}`);
}
new MutationObserver(reach).observe(document.body, { childList: true, subtree: true });
reach();
