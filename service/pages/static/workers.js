import { refresh } from "./live.js";
import { send } from "./actions.js";

for (const region of document.querySelectorAll("[data-live]")) region.dataset.shown = region.innerHTML;
setInterval(() => { if (!document.hidden) refresh(); }, 5000);
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-drain]");
  if (!button || !confirm(`Ask ${button.dataset.drain} to finish what it holds and stop?`)) return;
  button.disabled = true;
  const { ok, content } = await send("POST", `/api/v1/workers/${encodeURIComponent(button.dataset.drain)}/drain`);
  if (!ok) alert(content?.detail ?? "The service did not answer.");
  document.getElementById("announce").textContent = ok ? "The worker will stop after what it holds." : "";
  refresh();
});
