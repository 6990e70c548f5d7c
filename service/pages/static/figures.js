// Draws figures that the service describes as plotly JSON, in the page's theme, when they come into view.
import { narrowed } from "./narrow.js";

const CONFIG = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"], toImageButtonOptions: { format: "svg", scale: 1 } };
const tags = new WeakMap();
const answers = new Map(); // what was fetched, by address, until something changes
let changes = 0;

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

// Figures that are unfolded together are fetched together: where it stands, and which of the figures there it is.
function whereabouts(place) {
  const theme = document.documentElement.dataset.theme;
  const group = place.closest("[data-figures]");
  const fold = place.closest("details");
  const together = [...group?.querySelectorAll("[data-figure]") ?? []].filter((other) => other.closest("details") === fold);
  if (together.length < 2) return { address: `${place.dataset.figure}&theme=${theme}`, of: (body) => body };
  const kinds = together.map((other) => `&kind=${other.dataset.kind}`).join("");
  return { address: `${group.dataset.figures}${kinds}&theme=${theme}`, of: (body) => body[place.dataset.kind] };
}

async function ask(address) {
  const response = await fetch(address);
  if (response.ok) return { tag: `${response.headers.get("ETag")} ${address}`, body: await response.json() };
  const problem = await response.json().catch(() => ({ detail: "the figure could not be loaded" }));
  return { problem: problem.detail };
}

function answer(address) {
  if (!answers.has(address)) {
    const coming = ask(address).catch(() => ({})); // the service is away; what is drawn stays
    answers.set(address, coming);
    coming.then(({ tag }) => { if (!tag && answers.get(address) === coming) answers.delete(address); }); // the next look tries again
  }
  return answers.get(address);
}

export async function load(place) {
  const { address, of } = whereabouts(place);
  const before = changes;
  const { tag, body, problem } = await answer(address);
  if (before !== changes || address !== whereabouts(place).address) return; // it was asked again, or in another theme
  if (problem && !place.classList.contains("js-plotly-plot")) say(place, problem);
  if (!tag || tags.get(place) === tag) return;
  tags.set(place, tag);
  try {
    await draw(place, of(body));
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
  return () => { changes += 1; answers.clear(); visible.forEach(load); };
}

function say(place, text) {
  const note = document.createElement("p");
  note.className = "failed";
  note.textContent = text;
  place.replaceChildren(note);
}
