const figures = JSON.parse(document.getElementById("figures").textContent);
const NARROW = 520; // pixels of a figure; below, it is laid out for a telephone
const PRINTED = 680;
const places = Object.keys(figures).map((id) => [document.getElementById(id), figures[id]]).filter(([place]) => place);

for (const [place, { data, layout: given }] of places) {
  const narrow = place.clientWidth < NARROW;
  const layout = narrow ? narrowed(given) : given;
  place.style.height = `${layout.height + 20}px`;
  Plotly.newPlot(place, data, layout, { responsive: true, displaylogo: false, displayModeBar: narrow ? false : "hover" });
}
// On telephones a row becomes a card, and each cell says what its column is called.
for (const table of document.querySelectorAll(".scroll table")) {
  const labels = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  for (const row of table.tBodies[0].rows) [...row.cells].forEach((cell, i) => { cell.dataset.label = labels[i]; });
  table.classList.add("stack");
}
addEventListener("beforeprint", () => places.forEach(([place]) => Plotly.relayout(place, { width: PRINTED })));
addEventListener("afterprint", () => places.forEach(([place]) => Plotly.relayout(place, { width: null, autosize: true })));
