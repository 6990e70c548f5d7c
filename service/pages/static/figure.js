// The page of one figure: drawn, kept fresh, and saved as a picture in the theme that is shown.
import { followAll } from "./figures.js";
import { watch } from "./live.js";

const place = document.querySelector(".plot.alone");
const redraw = followAll();
watch(document.getElementById("head").dataset.events, { onChange: redraw, onGone() { location.assign("/"); } });

document.addEventListener("click", async (event) => {
  const format = event.target.closest("[data-image]")?.dataset.image;
  if (!format || !place.classList.contains("js-plotly-plot")) return;
  const paper = getComputedStyle(document.documentElement).getPropertyValue("--surface").trim();
  const size = { width: 1100, height: Math.max(520, place.clientHeight) };
  const picture = { data: place.data, layout: { ...place.layout, paper_bgcolor: paper, width: size.width, height: size.height, autosize: false } };
  await Plotly.downloadImage(picture, { format, filename: place.dataset.name, scale: format === "png" ? 2 : 1, ...size });
});
