// The verdicts by every objective, fetched only once somebody opens them: each costs the service a judging.
const REST = 60000; // a running study's are fetched again at most so often
const AGAIN = 1500;
let fetched = -Infinity;
let busy = false;

export function followObjectives(region) {
  if (!region) return () => {};
  const update = () => { if (region.open && !busy && Date.now() - fetched > REST) fill(region); };
  region.addEventListener("toggle", update);
  return update;
}

async function fill(region) {
  busy = true;
  const body = region.querySelector(".body");
  body.setAttribute("aria-busy", "true");
  try {
    if (await complete(region.dataset.objectives, body, () => region.open)) fetched = Date.now();
  } catch (error) {
    const note = document.createElement("p");
    note.className = "error";
    note.textContent = `These verdicts could not be had: ${error.message}. Close and open this to try again.`;
    body.replaceChildren(note);
  }
  body.removeAttribute("aria-busy");
  busy = false;
}

// Shows what is judged, again and again until all of it is; returns whether it came so far.
async function complete(url, place, wanted) {
  while (wanted()) {
    const response = await fetch(url, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const table = page.getElementById("objective-table");
    if (!response.ok || !table) throw new Error(page.querySelector(".blank p:not(.code)")?.textContent ?? "the service did not answer");
    place.replaceChildren(...document.importNode(table, true).childNodes);
    if (!("pending" in table.dataset)) return true;
    await new Promise((resume) => setTimeout(resume, AGAIN));
  }
  return false;
}

const own = document.getElementById("objective-table"); // on the page of its own
if (own && "pending" in own.dataset) complete(location.href, own, () => own.isConnected).catch(() => { /* a reload shows it */ });
