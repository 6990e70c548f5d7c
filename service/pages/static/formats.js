// A span of time as text, by the same rule and the same arithmetic as `duration` in service/formats.py.
export function duration(seconds) {
  if (seconds > 0 && seconds < 0.05) return "under 0.1 s";
  if (seconds < 90) return `${rounded(seconds, seconds < 1 ? 1 : 0)} s`;
  if (seconds < 5400) return `${rounded(seconds / 60, 0)} min`;
  return seconds < 172800 ? `${rounded(seconds / 3600, 1)} h` : `${rounded(seconds / 86400, 1)} days`;
}

function rounded(value, digits) {
  return (Math.floor(value * 10 ** digits + 0.5) / 10 ** digits).toFixed(digits);
}
