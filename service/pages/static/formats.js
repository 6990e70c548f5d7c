// A span of time as text, by the same rule as `duration` in service/formats.py.
export function duration(seconds) {
  if (seconds < 90) return `${seconds.toFixed(seconds < 1 ? 1 : 0)} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(0)} min`;
  return seconds < 172800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86400).toFixed(1)} days`;
}
