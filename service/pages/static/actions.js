// What an operator may do to a study; the outcome, good or bad, is announced.
const announce = (text) => { document.getElementById("announce").textContent = text; };

// A body is JSON text, sent as it is, or values; another kind of text is named.
export async function send(method, url, body, kind = "application/json") {
  const text = typeof body === "string" ? body : body && JSON.stringify(body);
  const response = await fetch(url, { method, headers: body ? { "Content-Type": kind } : {}, body: text });
  const content = response.status === 204 ? null : await response.json().catch(() => null);
  return { ok: response.ok, status: response.status, content };
}

// The line that counts the problems which an answer does not list; no line where it lists them all.
export function unlisted(content) {
  const count = content?.unlisted_errors ?? 0;
  return count ? [`and ${count.toLocaleString("en")} more`] : [];
}

export async function perform(button, after) {
  const { action, confirm: question, ask, askDefault = "10", field = "more" } = button.dataset;
  const study = encodeURIComponent(button.closest("[data-study]").dataset.study);
  if (question && !confirm(question)) return;
  let body;
  if (ask) {
    const amount = Number.parseInt(prompt(ask, askDefault) ?? "", 10);
    if (!(amount > 0)) return;
    body = field === "max_runs" ? { until_decided: true, max_runs: amount } : { more: amount };
  }
  button.disabled = true;
  const url = `/api/v1/studies/${study}`;
  const { ok, content } = action === "delete" ? await send("DELETE", url) : await send("POST", `${url}/${action}`, body);
  button.disabled = false;
  if (!ok) { alert(content?.detail ?? "The service did not answer."); return; }
  if (action === "delete") { location.assign("/"); return; }
  announce(`Done: ${action}`);
  after();
}
