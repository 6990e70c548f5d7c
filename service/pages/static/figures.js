// Draws figures that the service describes as plotly JSON, in the page's theme, when they come into view.
const CONFIG = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"], toImageButtonOptions: { format: "svg", scale: 1 } };
const tags = new WeakMap();

export function draw(place, figure) {
  place.querySelector(".empty, .failed")?.remove();
  place.classList.add("drawn");
  const narrow = place.clientWidth < 520;
  const layout = narrow ? narrowed(figure.layout) : figure.layout;
  return Plotly.react(place, figure.data, layout, { ...CONFIG, displayModeBar: narrow ? false : "hover" });
}

// For telephones: panes one below the other, the colour bar below, every second tick.
function narrowed(given) {
  const layout = structuredClone(given);
  layout.margin = { ...layout.margin, l: 44, r: 8 };
  layout.legend = { ...layout.legend, font: { ...layout.legend?.font, size: 11 } };
  if (layout.xaxis2) {
    layout.height = Math.round(layout.height * 1.6);
    for (const [suffix, domain] of [["", [0.6, 1]], ["2", [0, 0.4]]]) {
      layout[`xaxis${suffix}`].domain = [0, 1];
      Object.assign(layout[`yaxis${suffix}`], { domain, showticklabels: true });
    }
  } else if (layout.xaxis?.tickvals?.length > 6) {
    for (const key of ["tickvals", "ticktext"]) layout.xaxis[key] = layout.xaxis[key].filter((_, i) => i % 2 === 0);
  }
  for (const key of ["xaxis", "xaxis2", "yaxis"]) if (layout[key]?.title?.font) layout[key].title.font.size = 11;
  const bar = layout.coloraxis?.colorbar;
  if (bar) {
    layout.height += 70;
    Object.assign(bar, { orientation: "h", yanchor: "top", y: -0.16, x: 0.5, xanchor: "center", len: 1 });
    bar.title.side = "top";
  }
  return layout;
}

export async function load(place) {
  const theme = document.documentElement.dataset.theme;
  let answer;
  try {
    answer = await fetch(`${place.dataset.figure}&theme=${theme}`);
  } catch {
    return; // the service is away; what is drawn stays
  }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({ detail: "the figure could not be had" }));
    if (!place.classList.contains("js-plotly-plot")) say(place, problem.detail);
    return;
  }
  const tag = `${answer.headers.get("ETag")} ${theme}`;
  if (tags.get(place) === tag) return;
  tags.set(place, tag);
  await draw(place, await answer.json());
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
