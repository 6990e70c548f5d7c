// Draws figures that the service describes as plotly JSON, in the page's theme, when they come into view.
import { narrowed } from "./narrow.js";

const CONFIG = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"], toImageButtonOptions: { format: "svg", scale: 1 } };
const tags = new WeakMap();

let asked = null;

// Plotly is fetched for the first figure that is seen: an answer is read without it.
function plotly() {
  asked ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.querySelector('meta[name="plotly"]').content;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { asked = null; script.remove(); reject(new Error("the drawing library could not be loaded")); };
    document.head.append(script);
  });
  return asked;
}

export async function draw(place, figure) {
  const drawing = await plotly();
  place.querySelector(".empty, .failed")?.remove();
  place.classList.add("drawn");
  const narrow = place.clientWidth < 520;
  const layout = narrow ? narrowed(figure.layout) : figure.layout;
  return drawing.react(place, figure.data, layout, { ...CONFIG, displayModeBar: narrow ? false : "hover" });
}

export async function load(place) {
  const theme = document.documentElement.dataset.theme;
  let response;
  try {
    response = await fetch(`${place.dataset.figure}&theme=${theme}`);
  } catch {
    return; // the service is away; what is drawn stays
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({ detail: "the figure could not be loaded" }));
    if (!place.classList.contains("js-plotly-plot")) say(place, problem.detail);
    return;
  }
  const tag = `${response.headers.get("ETag")} ${theme}`;
  if (tags.get(place) === tag) return;
  tags.set(place, tag);
  try {
    await draw(place, await response.json());
  } catch (error) {
    tags.delete(place); // the next look tries again
    if (!place.classList.contains("js-plotly-plot")) say(place, error.message);
  }
}

export function followAll() {
  const places = [...document.querySelectorAll("[data-figure]")];
  const visible = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) { visible.add(target); load(target); } else visible.delete(target);
    }
  }, { rootMargin: "300px" });
  places.forEach((place) => observer.observe(place));
  document.addEventListener("theme", () => visible.forEach(load));
  return () => visible.forEach(load);
}

function say(place, text) {
  const note = document.createElement("p");
  note.className = "failed";
  note.textContent = text;
  place.replaceChildren(note);
}
