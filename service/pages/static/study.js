import { followAll } from "./figures.js";
import { followObjectives } from "./objectives.js";
import { refresh, watch } from "./live.js";
import { perform } from "./actions.js";
import { followEdits } from "./edit.js";

const head = document.getElementById("head");
const announce = document.getElementById("announce");
const compare = followObjectives(document.getElementById("by-objective"));
const figures = followAll();
const redraw = () => { figures(); compare(); };
const word = () => document.querySelector("#verdict .outcome")?.textContent.trim();
let known = word();

watch(head.dataset.events, {
  onChange() {
    redraw();
    if (word() !== known) announce.textContent = `The verdict is now: ${(known = word())}`;
  },
  onGone() { location.assign("/"); },
});
async function untilJudged() {
  while ("pending" in (document.getElementById("verdict")?.dataset ?? {})) {
    await new Promise((resume) => setTimeout(resume, 1500));
    await refresh(redraw);
  }
}
untilJudged();
followEdits(() => refresh(redraw));
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button) perform(button, () => refresh(redraw));
});
