// The study list: verdicts of ended studies come one after the other, so that the list itself never waits for them.
import { watch } from "./live.js";

async function outcomes() {
  for (const place of document.querySelectorAll("[data-outcome]")) {
    const response = await fetch(place.dataset.outcome).catch(() => null);
    if (!response?.ok || !place.isConnected) continue;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    place.replaceChildren(...fresh.body.childNodes);
  }
}
const chosen = new Set();
const boxes = () => document.querySelectorAll('[name="study"][form="compare"]');
const button = document.querySelector("#compare button");

function count() {
  for (const box of boxes()) box.checked = chosen.has(box.value); // rows may have been fetched anew
  if (!button) return;
  button.disabled = chosen.size < 2 || chosen.size > 6;
  button.textContent = chosen.size < 2 ? "Compare chosen studies" : `Compare ${chosen.size} studies`;
}
document.addEventListener("change", ({ target }) => {
  if (target.name !== "study") return;
  if (target.checked) chosen.add(target.value); else chosen.delete(target.value);
  count();
});
watch(document.getElementById("studies").dataset.events, { onChange() { count(); outcomes(); } });
count();
outcomes();
