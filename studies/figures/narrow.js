// A figure's layout for telephones, in the pages and in the report: panes one below the other, the colour bar below, every second tick.
export function narrowed(given) {
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
  if (layout.meta?.rows > 3) layout.height += 20 * (layout.meta.rows - 2); // each row of the legend has a line of its own
  const bar = layout.coloraxis?.colorbar;
  if (bar) {
    layout.height += 70;
    Object.assign(bar, { orientation: "h", yanchor: "top", y: -0.16, x: 0.5, xanchor: "center", len: 1 });
    bar.title.side = "top";
  }
  return layout;
}
