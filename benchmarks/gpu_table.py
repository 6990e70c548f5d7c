"""The figures of a CUDA device as Markdown, in the form of `docs/performance.md`."""

from __future__ import annotations

from typing import Any

EAGER, OURS = "eager loop", "stack, torch"
NAMES = {
    EAGER: "plain loop, data on the device",
    "processes": "16 plain processes",
    "vmap": "`torch.func` vmap over gradients",
    "vmap, compiled": "the same, `torch.compile`",
    OURS: "this engine",
    "stack, tf32": "this engine, tf32",
    "stack, bf16": "this engine, bf16",
}
GOALS = {
    "gpu_ratio_eager": (30, 100, "the plain loop's time over ours"),
    "gpu_ratio_vmap": (3, 10, "the better of compiled vmap and 16 processes over ours"),
    "limit_share": (0.5, None, "share of what the device's own rates allow"),
    "compaction_share": (0.9, None, "share of the ideal gain after most lanes left"),
}


def markdown(training: dict[str, Any], precision: dict[str, Any], tests: dict[str, int], failed: list[str]) -> str:
    """All of it; what a part has not written is said to be missing.

    Args:
        training: report of `training.py` on a CUDA device.
        precision: report of `precision.py`.
        tests: counts of the marked tests by what came of them.
        failed: names of the parts that did not end well.
    """
    lines = [_machine(training), "", *_gate(training, tests, failed), ""]
    lines += [*_costs(training), "", *_goals(training), "", *_precision(precision)]
    return "\n".join(lines).rstrip() + "\n"


def _machine(training: dict[str, Any]) -> str:
    facts = training.get("machine")
    if facts is None:
        return "*Nothing was measured.*"
    size = ", quick: not for publishing" if training.get("quick") else ""
    return (
        f"{facts['gpu']}, {facts['cores']} cores ({facts['cpu']}), torch {facts['torch']}, Python {facts['python']}; "
        f"{facts['date']}, n = {training['rounds']} rounds, medians; load average {facts['load'][0]}{size}."
    )


def _gate(training: dict[str, Any], tests: dict[str, int], failed: list[str]) -> list[str]:
    counted = ", ".join(f"{count} {name}" for name, count in tests.items() if count) or "not run"
    lines = [f"- *Tests on the device*: {counted}."]
    if "gate_holds" in training:
        gaps = f"{training['gate_gap']:.1e} in float64, {training['gate_gap_float32']:.1e} in float32"
        gaps += f" ({training['gate_middle_gap_float32']:.1e} in the middle)"
        held = "held" if training["gate_holds"] else "**did not hold**, so that nothing was timed"
        lines.append(f"- *Gate*: {held}; largest relative difference from the plain loop {gaps}.")
    if failed:
        lines.append(f"- **Failed**: {', '.join(failed)}.")
    return lines


def _costs(training: dict[str, Any]) -> list[str]:
    costs = training.get("costs_cuda")
    if not costs:
        return ["*Times: not measured.*"]
    eager = costs.get(EAGER, {}).get("wall")
    lines = [
        "| 28×28, batch 128, fp32, golden loss | wall seconds per training | plain loop over it |",
        "|---|---|---|",
    ]
    for name, cost in costs.items():
        beside = "" if eager is None else f"{eager / cost['wall']:.3g}"
        row = [_named(name, mps=training.get("mps")), f"{cost['wall']:.3g}", beside]
        lines.append("| " + " | ".join(f"**{cell}**" if name == OURS and cell else cell for cell in row) + " |")
    lines += ["", *(f"- *Left out*: {name}: {why}" for name, why in training.get("left_out", {}).items())]
    seconds = training.get("headline_seconds")
    if seconds is not None:
        lines.append(f"- *The headline study's trainings* (`headline_seconds`): {seconds:.0f} s.")
    rates = f"{training['matmul_gflops'] / 1e3:.3g} TFLOP/s, copies at {training['copy_gbytes'] / 1e3:.3g} TB/s"
    return [*lines, f"- *The device's own rates*: matrix products at {rates}."]


def _named(contender: str, *, mps: bool | None) -> str:
    base, _, lanes = contender.partition(" x ")
    if base.endswith("processes"):
        return NAMES["processes"] + (", MPS" if mps else ", time slices: no MPS here")
    return NAMES.get(base, base) + (f", {lanes} lanes" if lanes else "")


def _goals(training: dict[str, Any]) -> list[str]:
    if "gate_holds" not in training:
        return []
    lines = ["| figure | goal | here | |", "|---|---|---|---|"]
    for key, (goal, moonshot, what) in GOALS.items():
        value = training.get(key)
        asked = f"{goal}" if moonshot is None else f"{goal} ({moonshot})"
        met = "" if value is None else "reached" if value >= goal else "**missed**"
        lines.append(f"| `{key}`: {what} | {asked} | {'not measured' if value is None else f'{value:.3g}'} | {met} |")
    return lines


def _precision(precision: dict[str, Any]) -> list[str]:
    rows = precision.get("rows")
    if not rows:
        return ["*Effects of tf32 and bf16 on the accuracy: not measured.*"]
    lines = [
        f"{precision['pairs']} pairs of {precision['epochs']} epochs, {precision['images']} images of "
        f"{precision['dataset']}; accuracy in percentage points, low precision minus fp32, with 95 % t-intervals:",
        "",
        "| at | loss | precision | fp32 (spread of the seeds) | difference | diverged: fp32, low |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        mean, low, high = row["accuracy_points"]
        cells = [row["point"], row["loss"].replace("_", "-"), row["precision"]]
        cells += [f"{row['accuracy_fp32']:.1f} ({row['spread_fp32']:.2g})", f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"]
        lines.append("| " + " | ".join([*cells, ", ".join(map(str, row["diverged"]))]) + " |")
    return lines
