// A quiet bar while the service does not answer: since when, and what is shown meanwhile.
const PATIENCE = 6000; // milliseconds; a stream that was ended to make room for another is back sooner
const bar = document.createElement("p");
bar.className = "away";
bar.hidden = true;
bar.setAttribute("role", "status");
let since = null;
let timer = null;

export function gone() {
  if (since) return;
  since = new Date();
  timer = setTimeout(() => {
    const time = since.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    bar.textContent = `Not connected since ${time}. This page shows what was known then, and goes on by itself.`;
    if (!bar.isConnected) document.querySelector("header.bar").after(bar);
    bar.hidden = false;
  }, PATIENCE);
}

// True where the service had been away, so that the page may be behind.
export function back() {
  const was = since !== null;
  clearTimeout(timer);
  since = null;
  bar.hidden = true;
  return was;
}
