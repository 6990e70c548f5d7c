// Folds what is not the answer on narrow screens, before the page is painted, and opens what an address points into.
const narrow = matchMedia("(max-width: 40rem)").matches;
if (narrow) for (const fold of document.querySelectorAll("details[data-narrow]:not([data-asked])")) fold.open = false;

function reveal() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = target && (target.closest("details") ?? target.querySelector("details"));
  if (fold) fold.open = true;
}
addEventListener("hashchange", reveal);
reveal();
