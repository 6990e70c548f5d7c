// "3 minutes ago" instead of a date; the date stays in the title.
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function showTimes(within) {
  for (const tag of within.querySelectorAll("time[datetime]")) {
    const seconds = (new Date(tag.dateTime) - Date.now()) / 1000;
    if (Math.abs(seconds) > 14 * 86400) continue;
    const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
    const text = words.format(Math.round(seconds / size), unit);
    if (tag.textContent !== text) tag.textContent = text;
  }
}
