const figures = JSON.parse(document.getElementById("figures").textContent);
const NARROWEST = 560; // pixels; on smaller screens a figure scrolls sideways
const PRINTED = 680;
const places = Object.keys(figures).map((id) => [document.getElementById(id), figures[id]]).filter(([place]) => place);

for (const [place, { data, layout }] of places) {
  place.style.height = `${layout.height + 20}px`;
  const narrow = place.clientWidth < NARROWEST;
  Plotly.newPlot(place, data, narrow ? { ...layout, width: NARROWEST } : layout, { responsive: !narrow, displaylogo: false });
}
addEventListener("beforeprint", () => places.forEach(([place]) => Plotly.relayout(place, { width: PRINTED })));
addEventListener("afterprint", () => places.forEach(([place]) => Plotly.relayout(place, { width: null, autosize: true })));
