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
watch(document.getElementById("studies").dataset.events, { onChange: outcomes });
outcomes();
