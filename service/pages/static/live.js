// Keeps [data-live] regions fresh: an event says that something changed, then the page is fetched again and the
// regions that differ are swapped. The server renders; nothing is rendered twice in two languages.
import { back, gone } from "./away.js";
import { showTimes } from "./times.js";

const REST = 2000; // milliseconds between refreshes, at least
let timer = null;
let last = 0;

export async function refresh(after = () => {}) {
  last = Date.now();
  let response;
  try {
    response = await fetch(location.href, { headers: { Accept: "text/html" } });
  } catch {
    gone();
    return;
  }
  back();
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  let changed = false;
  for (const region of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(region.id);
    if (other) region.toggleAttribute("data-pending", "pending" in other.dataset);
    if (other && region.dataset.shown !== other.innerHTML) changed = swap(region, other) || changed;
  }
  if (changed) after();
}

export function watch(url, { onChange = () => {}, onGone = () => {} } = {}) {
  for (const region of document.querySelectorAll("[data-live]")) region.dataset.shown = region.innerHTML;
  const source = new EventSource(url);
  const shown = document.querySelector("[data-events]")?.dataset.revision;
  source.addEventListener("revision", (event) => {
    if (event.data !== shown) schedule(onChange);
  });
  source.addEventListener("gone", () => { source.close(); onGone(); });
  source.addEventListener("error", () => {
    gone();
    const refused = source.readyState === EventSource.CLOSED; // the browser tries again by itself, but not after a refusal
    if (refused) setTimeout(() => watch(url, { onChange, onGone }), 2 * REST);
  });
  source.addEventListener("open", () => { if (back()) schedule(onChange); });
  addEventListener("pagehide", () => source.close());
  return source;
}

function schedule(onChange) {
  if (timer) return;
  timer = setTimeout(() => { timer = null; refresh(onChange); }, Math.max(0, last + REST - Date.now()));
}

function swap(region, other) {
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  if (focused && focused.matches("select, input, textarea")) return false; // somebody is choosing: next time
  const open = [...region.querySelectorAll("details")].map((d) => d.open);
  const narrow = [...region.querySelectorAll("details[data-narrow]")].map((d) => d.open); // folded on telephones
  const path = focused ? [...region.querySelectorAll("a, button, summary")].indexOf(focused) : -1;
  const html = other.innerHTML;
  region.replaceChildren(...document.importNode(other, true).childNodes);
  region.className = other.className;
  region.dataset.shown = html;
  const folds = [...region.querySelectorAll("details")];
  if (folds.length === open.length) folds.forEach((d, i) => { d.open = open[i]; });
  else region.querySelectorAll("details[data-narrow]").forEach((d, i) => { d.open = narrow[i] ?? d.open; });
  if (path >= 0) region.querySelectorAll("a, button, summary")[path]?.focus();
  showTimes(region);
  return true;
}
