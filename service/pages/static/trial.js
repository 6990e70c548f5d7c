import { draw } from "./figures.js";

const figures = JSON.parse(document.getElementById("trial-figures").textContent);
const place = document.getElementById("trial-curves");
const show = () => draw(place, figures[document.documentElement.dataset.theme]);
document.addEventListener("theme", show);
show();
