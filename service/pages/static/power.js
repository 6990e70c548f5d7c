// The chance that the design decides: simulated on request, shown with its interval and with what was assumed.
import { unlisted } from "./actions.js";

const panel = document.getElementById("power");
const pilot = document.getElementById("pilot");
const start = document.getElementById("simulate");
const stop = document.getElementById("stop");
const place = document.getElementById("chances");
const SAY = 1000;
let under = null; // the AbortController of the simulation under way

export function followPower(study, text, kind) {
  start.addEventListener("click", () => simulate(study(), text(), kind()));
  stop.addEventListener("click", () => { under?.abort(); say("Stopped."); });
  pilot.addEventListener("change", forget);
  return forget;
}

// What was simulated is another study than the one now in the form.
function forget() {
  if (under) {
    under.abort();
    say("The study was changed, so the simulation was stopped.");
  } else if (place.querySelector("table")) {
    say("The study was changed; simulate again.");
  }
}

async function simulate(study, text, kind) {
  under?.abort();
  const mine = (under = new AbortController());
  const began = Date.now();
  const progress = element("p", "", "simulating");
  const seconds = element("span", "Simulating…");
  progress.append(document.createElement("progress"), seconds);
  place.replaceChildren(progress);
  busy(true);
  const clock = setInterval(() => { seconds.textContent = `Simulating for ${Math.round((Date.now() - began) / 1000)} s; half a minute is usual.`; }, SAY);
  try {
    const { ok, content } = await ask(text, kind, mine.signal);
    if (under === mine) place.replaceChildren(...(ok ? described(content.power, study) : refused(content)));
  } catch (error) {
    if (under === mine && error.name !== "AbortError") place.replaceChildren(element("p", "The service did not answer; try again.", "error"));
  } finally {
    clearInterval(clock);
    if (under === mine) { under = null; busy(false); }
  }
}

async function ask(text, kind, signal) {
  const query = new URLSearchParams(pilot.value ? { power: "true", pilot: pilot.value } : { power: "true" });
  const sent = await fetch(`/api/v1/studies/preview?${query}`, { method: "POST", headers: { "Content-Type": kind }, body: text, signal });
  return { ok: sent.ok, content: await sent.json() };
}

function say(text) {
  under = null;
  busy(false);
  place.replaceChildren(element("p", text, "muted"));
}

function busy(on) {
  start.disabled = on;
  stop.hidden = !on;
  panel.setAttribute("aria-busy", String(on));
}

function refused(content) {
  const lines = content.errors?.length ? content.errors.map(({ field, message }) => (field ? `${field}: ${message}` : message)) : [content.detail];
  return [...lines, ...unlisted(content)].map((line) => element("p", line, "error"));
}

function described(power, study) {
  if (!power) {
    const reason = study.design?.kind === "locate"
      ? "This design has too many points to be simulated here; a smaller one that decides shows as much."
      : "This design places no optimum, so there is no chance of a verdict on one.";
    return [element("p", reason)];
  }
  const { sigma, across, along, source } = power.assumptions;
  const from = source === "assumed" ? "assumed" : `as measured in ${pilot.value}, ${source}`;
  return [
    element("p", sentence(power.chances), "sentence"),
    table(power.chances),
    ...(power.settled ? [] : [element("p", "Time ran out before each chance was known to ±15 points; the intervals say how little is known.", "notice")]),
    element("p", `Clopper–Pearson intervals at 95 %. Landscape ${from}: seed deviation σ ${digits(sigma)}, curvature ${digits(across)} across the ridge and ${digits(along)} along it, in logits. The chances are as good as these; only the primary loss is simulated.`, "note"),
  ];
}

function sentence([home, ...elsewhere]) {
  const counts = elsewhere.map(({ share }) => `${share.count} of ${share.n}`).join(" and ");
  return `If the claim is true, ${home.share.count} of ${home.share.n} such studies say so; if it is false in the ways below, ${counts} refute it.`;
}

function table(chances) {
  const made = document.createElement("table");
  made.append(element("caption", "Share of simulated studies with the right verdict", "sr"));
  const head = made.createTHead().insertRow();
  for (const title of ["If the optimum lies", "Right verdict", "Chance"]) {
    const cell = element("th", title, title === "Chance" ? "n" : "");
    cell.scope = "col";
    head.append(cell);
  }
  const body = made.createTBody();
  for (const { truth, right, share } of chances) {
    const row = body.insertRow();
    const name = element("th", truth);
    name.scope = "row";
    const chance = element("td", share.n ? percent(share.estimate) : "–", "n");
    chance.append(element("small", share.n ? `${Math.round(100 * share.low)} to ${percent(share.high)}, n = ${share.n}` : "no time was left"));
    row.append(name, element("td", right), chance);
  }
  return made;
}

function percent(share) {
  return `${Math.round(100 * share)} %`;
}

function digits(value) {
  return Number(value.toPrecision(3)).toString();
}

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}
