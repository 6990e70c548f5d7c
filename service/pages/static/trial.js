import { draw } from "./figures.js";

const figures = JSON.parse(document.getElementById("trial-figures").textContent);
const place = document.getElementById("trial-curves");
const show = () => place && draw(place, figures[document.documentElement.dataset.theme]); // no place: nothing is measured yet
document.addEventListener("theme", show);
show();
