"""Checks what a report states about progress against the study's design and the report's own rows.

A verdict reads how many looks a sweep has had, which phases are over and how many runs they planned. All of it follows
from the frozen design: a later look doubles zoom and paired blocks, so `rounds` shows in the sizes of the phases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from studies.language.compare import CompareDesign
from studies.language.design import LocateDesign
from studies.language.phases import PAIRED_PHASES, Phase
from studies.language.sizes import PhaseSize, is_open_ended, phase_sizes
from studies.language.spec import StudySpec, sweep_name
from studies.records import StudyState
from studies.report.differences import differences

STATES = ("waiting", "running", "complete", "failed", "cancelled")  # of trials, as a phase counts them


def progress_differences(spec: StudySpec, report: Mapping[str, Any]) -> list[str]:
    """One line for each statement about progress that the design or the rows contradict.

    Raises:
        KeyError, TypeError, ValueError: a field of the report is missing or holds another kind of value.
    """
    expected = [[sweep_name(loss, c.name), loss, c.name] for c in spec.contexts for loss in spec.losses]
    stated = [[sweep["name"], sweep["loss"], sweep["context"]] for sweep in report["sweeps"]]
    found = differences(expected, stated, path="sweeps")
    if found:
        return found
    found = [line for sweep in report["sweeps"] for line in _sweep(spec, sweep)]
    return found + _state(StudyState(report["state"]), report["sweeps"])


def _state(state: StudyState, sweeps: list[Mapping[str, Any]]) -> list[str]:
    left = sum(phase["waiting"] + phase["running"] for sweep in sweeps for phase in sweep["phases"])
    if state is StudyState.COMPLETE and left:
        return [f"state: is complete, but {left} trials are not finished"]
    if state is StudyState.QUEUED and any(sweep["rows"] for sweep in sweeps):
        return ["state: is queued, but there are rows"]
    return []


def _sweep(spec: StudySpec, sweep: Mapping[str, Any]) -> list[str]:
    path = f"sweeps.{sweep['name']}"
    done = [phase["phase"] for phase in sweep["phases"] if phase["waiting"] + phase["running"] == 0]
    found = differences(done, sweep["phases_done"], path=f"{path}.phases_done")
    names = [phase["phase"] for phase in sweep["phases"]]
    counted = _counted(sweep["runs"])
    if len(set(names)) < len(names) or counted.keys() - set(names):
        return [*found, f"{path}.phases: must name every phase of the rows once, names {', '.join(names)}"]
    found += _rounds(spec, sweep, names, path)
    return found + [line for phase in sweep["phases"] for line in _phase(spec, sweep, phase, counted, path)]


def _rounds(spec: StudySpec, sweep: Mapping[str, Any], names: list[str], path: str) -> list[str]:
    """Later looks and a wider box come only where the design has them, and leave their phases behind."""
    locates = isinstance(spec.design, LocateDesign)
    if sweep["rounds"] != 0 and not (locates and Phase.CONFIRM in names):
        return [f"{path}.rounds: is {sweep['rounds']}, but nothing was confirmed that could be looked at again"]
    if (sweep["space"] is None) == (Phase.WIDEN in names):
        return [f"{path}.space: a box is widened if and only if there is a phase widen"]
    return []


def _phase(
    spec: StudySpec, sweep: Mapping[str, Any], phase: Mapping[str, Any], counted: dict[str, list[int]], path: str
) -> list[str]:
    """One phase: what is done must be in the rows, what is planned must be as the design says."""
    name, path = phase["phase"], f"{path}.phases.{phase['phase']}"
    size = _sizes(spec, sweep).get(name)
    if size is None and not (name == Phase.WIDEN and _widens(spec)):
        return [f"{path}: the study's design has no such phase"]
    trials = sum(phase[state] for state in STATES)
    per_trial = 1 if size is None else size.runs // size.trials
    complete, done, diverged = counted[name]
    expected = {"complete": complete, "runs_done": done, "diverged": diverged, "runs_planned": trials * per_trial}
    found = differences(expected, {key: phase[key] for key in expected}, path=path)
    extendable = not isinstance(spec.design, LocateDesign | CompareDesign)
    fits = (extendable and trials > size.trials) or (_is_open(spec, name) and trials < size.trials) if size else True
    if size is not None and trials != size.trials and not fits:
        stated = f"states {trials} trials, the design takes {size.trials} where `rounds` is {sweep['rounds']}"
        found.append(f"{path}: {stated}")
    return found


def _is_open(spec: StudySpec, phase: str) -> bool:
    """True where the design fixes only the most trials of a phase; the replayed plan has their number."""
    if spec.compares:  # an arm whose tuning failed is measured as published alone
        return phase == Phase.MEASURE
    return phase in PAIRED_PHASES and is_open_ended(spec.design)


def _widens(spec: StudySpec) -> bool:
    return isinstance(spec.design, LocateDesign) and spec.design.widen


def _counted(rows: Mapping[str, list[Any]]) -> dict[str, list[int]]:
    """Trials, runs and diverged runs of each phase in the rows."""
    trials: dict[str, set[int]] = defaultdict(set)
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for trial, phase, diverged in zip(rows["trial"], rows["phase"], rows["diverged"], strict=True):
        trials[phase].add(trial)
        counted[phase] = [len(trials[phase]), counted[phase][1] + 1, counted[phase][2] + int(diverged)]
    return counted


def _sizes(spec: StudySpec, sweep: Mapping[str, Any]) -> dict[Phase, PhaseSize]:
    """Size of each phase by the design, at the look that the sweep states; a strip's size follows from the runs."""
    looks, decoys = sweep["rounds"] + 1, len(spec.claim.decoys)
    arm = spec.arm_of(sweep["context"])
    return phase_sizes(
        spec.design,
        folds=spec.replication.folds,
        looks=looks,
        loss=sweep["loss"],
        decoys=decoys,
        arm=None if arm is None else arm.name,
    )
