// On every page: the theme switch, times in words, forms that send themselves.
import { showTimes } from "./times.js";

const root = document.documentElement;
const toggle = document.getElementById("theme");
toggle.hidden = false;
toggle.addEventListener("click", () => {
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* kept for this page only */ }
  document.dispatchEvent(new Event("theme"));
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (!form) return;
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  const place = form.closest("section[id]");
  location.assign(`${location.pathname}?${query}${place ? `#${place.id}` : ""}`);
});
showTimes(document);
setInterval(() => showTimes(document), 15000);
