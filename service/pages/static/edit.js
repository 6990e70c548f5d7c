// Notes, tags and priority of a study: only what somebody changed here is sent, so that nobody undoes another's change.
import { send } from "./actions.js";

export function followEdits(after) {
  const fold = document.getElementById("editing");
  if (!fold) return;
  const form = fold.querySelector("form");
  const { notes, tags, priority } = form.elements;
  const complaint = form.querySelector(".error");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    complaint.textContent = "";
    const changed = {};
    if (notes.value !== notes.defaultValue) changed.notes = notes.value;
    if (tags.value !== tags.defaultValue) changed.tags = tags.value.split(/[\s,]+/).filter(Boolean);
    if (priority.value !== priority.defaultValue) changed.priority = priority.valueAsNumber;
    if (Object.keys(changed).length === 0) { fold.open = false; return; }
    const button = form.querySelector("button");
    button.disabled = true;
    const { ok, content } = await send("PATCH", `/api/v1/studies/${form.dataset.study}`, changed);
    button.disabled = false;
    if (!ok) { complaint.textContent = content?.detail ?? "The service did not answer."; return; }
    notes.defaultValue = content.notes;
    tags.defaultValue = content.summary.tags.join(" ");
    priority.defaultValue = content.summary.priority;
    form.reset();
    fold.open = false;
    fold.querySelector("summary").focus();
    document.getElementById("announce").textContent = "Saved.";
    after();
  });
}
