// The form and the document are two views of one study; the service judges it after every pause in typing. It is sent
// the document's own text: JSON.parse keeps the last of two equal keys, and rounds numbers.
import { send, unlisted } from "./actions.js";
import { duration } from "./formats.js";
import { followPower } from "./power.js";

const form = document.getElementById("study-form");
const editor = document.getElementById("document");
const cost = document.getElementById("cost");
const problems = document.getElementById("problems");
const button = document.getElementById("send");
const WAIT = 350;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const fields = form.querySelector(".fields");
let study = JSON.parse(editor.value);
let timer = null;
let asked = 0;
const forgetPower = followPower(() => study, () => editor.value, mediaType);

fields.addEventListener("input", (event) => {
  const input = event.target.closest("[data-path][data-kind]");
  if (!input) return;
  const { kind, own, path } = input.dataset;
  put(study, path, kind === "entry" || own ? entryOf(input.closest(".field")) : read(input));
  editor.value = JSON.stringify(study, null, 2);
  soon();
});
editor.addEventListener("input", () => {
  const toml = isToml();
  fields.inert = toml; // the form shows JSON; the service reads either
  if (toml) { soon(); return; }
  try {
    study = JSON.parse(editor.value);
  } catch (error) {
    complain([{ field: "", message: `The document is not JSON yet: ${error.message}` }]);
    return;
  }
  fill();
  soon();
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  const { ok, content } = await send("POST", "/api/v1/studies", editor.value, mediaType());
  if (ok) location.assign(`/studies/${encodeURIComponent(content.summary.name)}`);
  else complain(errorsOf(content), unlisted(content));
});

// A JSON document is an object; any other text is taken for TOML, as `golden init` writes it.
function isToml() {
  return !/^\s*(\{|$)/.test(editor.value);
}

function mediaType() {
  return isToml() ? "application/toml" : "application/json";
}

function read(input) {
  const { kind, path } = input.dataset;
  if (kind === "flag") return input.checked;
  if (kind === "choices") return [...form.querySelectorAll(`[data-path="${path}"]:checked`)].map((box) => box.value);
  const text = input.value.trim();
  if (text === "" && "nullable" in input.dataset) return null;
  if (kind === "numbers") return text === "" ? [] : text.split(/[\s,;]+/).filter(Boolean).map(numberOr);
  const number = numberOr(text);
  return (kind === "number" || kind === "integer") ? number : text;
}

// A text as a number; what is none stays as it is, for the service to refuse.
function numberOr(text) {
  const number = NUMBER.test(text) ? Number(text) : NaN; // Number alone takes 0x10 and 0b1, too
  return Number.isFinite(number) ? number : text;
}

// A rule, schedule, backward rule or network: its bare name, or a table with the values of its own parameters.
function entryOf(field) {
  const name = field.querySelector("[data-kind=entry]").value;
  const own = showOwn(field, name);
  if (!own) return name;
  return Object.fromEntries([["name", name], ...[...own.querySelectorAll("[data-own]")].map((input) => [input.dataset.own, read(input)])]);
}

// Shows the parameters of an entry and hides those of the others; null where it has none.
function showOwn(field, name) {
  for (const group of field.querySelectorAll(".own")) group.hidden = group.dataset.entry !== name;
  return field.querySelector(".own:not([hidden])");
}

function fillEntry(field, value) {
  const select = field.querySelector("[data-kind=entry]");
  select.value = value?.name ?? value ?? select.dataset.usual;
  showOwn(field, select.value);
  for (const input of field.querySelectorAll("[data-own]")) {
    const mine = value?.name === input.closest(".own").dataset.entry ? value[input.dataset.own] : undefined;
    const shown = mine ?? input.dataset.usual;
    if (input.dataset.kind === "flag") input.checked = String(shown) === "true";
    else input.value = Array.isArray(shown) ? shown.join(", ") : shown;
  }
}

function put(target, path, value) {
  const parts = path.split(".");
  const last = parts.pop();
  const holder = parts.reduce((node, part) => (node[part] ??= {}), target);
  holder[last] = value;
}

function fill() {
  for (const input of form.querySelectorAll("[data-path][data-kind]")) {
    const value = input.dataset.path.split(".").reduce((node, part) => node?.[part], study);
    if (input.dataset.own) continue;
    if (input.dataset.kind === "entry") fillEntry(input.closest(".field"), value);
    else if (input.dataset.kind === "flag") input.checked = Boolean(value);
    else if (input.dataset.kind === "choices") input.checked = Array.isArray(value) && value.includes(input.value);
    else input.value = value ?? "";
  }
}

function soon() {
  button && (button.disabled = true);
  cost.classList.add("stale");
  forgetPower();
  clearTimeout(timer);
  timer = setTimeout(preview, WAIT);
}

async function preview() {
  const mine = ++asked;
  const { ok, content } = await send("POST", "/api/v1/studies/preview", editor.value, mediaType()).catch(() => ({ ok: false, content: null }));
  if (mine !== asked) return; // a later question is under way
  if (!ok) { complain(errorsOf(content), unlisted(content)); return; }
  complain([]);
  show(content.cost);
  button && (button.disabled = false);
}

function errorsOf(content) {
  if (!content) return [{ field: "", message: "The service did not answer." }];
  return content.errors?.length ? content.errors : [{ field: content.type?.endsWith("study-exists") ? "name" : "", message: content.detail }];
}

// Each error stands beside its field; one without a field of its own, and the count of those not listed, below the cost.
function complain(errors, more = []) {
  const fields = [...form.querySelectorAll(".field")];
  const beside = new Map(fields.map((field) => [field, []]));
  const rest = [];
  for (const { field, message } of errors) {
    const place = placeOf(fields, field);
    if (place) beside.get(place).push(message);
    else rest.push(field ? `${field}: ${message}` : message);
  }
  rest.push(...more);
  beside.forEach((messages, field) => mark(field, messages.join(" · ")));
  problems.textContent = rest.join(" · ") || (errors.length ? "Some fields need a correction." : "");
  problems.hidden = errors.length === 0;
  if (errors.length && button) button.disabled = true;
}

// The input of a path; else the input that holds it (losses of losses.1), else the first one below it (claim.eta of claim).
function placeOf(fields, path) {
  const holds = (outer, inner) => outer === inner || inner.startsWith(`${outer}.`);
  return fields.find((f) => holds(f.dataset.path, path)) ?? fields.find((f) => holds(path, f.dataset.path));
}

function mark(field, message) {
  const note = field.querySelector(".error");
  field.classList.toggle("wrong", Boolean(message));
  note.hidden = !message;
  const fold = message && field.closest("details"); // what is wrong is seen, on telephones too
  if (fold) fold.open = true;
  note.textContent = message;
  field.querySelector("input, select")?.setAttribute("aria-invalid", String(Boolean(message)));
}

function show(found) {
  const bounded = (count) => `${found.at_most ? "at most " : ""}${count.toLocaleString("en")}`;
  const phases = Object.entries(found.runs_by_phase).map(([phase, runs]) => [`of these, ${phase}`, runs.toLocaleString("en")]);
  const rows = [
    ["Sweeps", found.sweeps.toLocaleString("en")],
    ["Trials", bounded(found.trials)],
    ["Runs (trainings)", bounded(found.runs)],
    ...phases,
    ...(found.runs_if_widened ? [["More, if the box widens", `up to ${found.runs_if_widened.toLocaleString("en")}`]] : []),
    ["Images trained on", found.images.toLocaleString("en", { notation: "compact", compactDisplay: "long", maximumSignificantDigits: 2 })],
    ...(found.external_runs ? [["Runs by trainers of your own, time not known", found.external_runs.toLocaleString("en")]] : []),
    ["Training alone, roughly", duration(found.seconds)],
    ["At a speed", found.rate_measured ? "measured on the workers alive" : "assumed: two laptop cores"],
    ...(found.notes ?? []).map((note) => ["Note", note]),
  ];
  cost.replaceChildren(...rows.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  cost.classList.remove("stale");
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

preview();
