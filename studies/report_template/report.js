const figures = JSON.parse(document.getElementById("figures").textContent);
for (const [id, figure] of Object.entries(figures)) {
  const place = document.getElementById(id);
  if (place) Plotly.newPlot(place, figure.data, figure.layout, { responsive: true, displaylogo: false });
}
addEventListener("beforeprint", () => {
  for (const id of Object.keys(figures)) {
    const place = document.getElementById(id);
    if (place) Plotly.relayout(place, { width: Math.min(place.clientWidth, 680) });
  }
});
addEventListener("afterprint", () => {
  for (const id of Object.keys(figures)) {
    const place = document.getElementById(id);
    if (place) Plotly.relayout(place, { width: null, autosize: true });
  }
});
