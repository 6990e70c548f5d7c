"""Sizes: how many trials and runs each phase of a design has. Nothing else counts them.

The counts follow from the frozen design alone: the plans (`studies.plan`) hold exactly as many trials, at every look.
The strip by which a box is widened is the one phase without a size here: its points follow from the measured runs, and
`verdict.widening.most_points` is their upper bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from studies.language.compare import CompareDesign
from studies.language.design import CrossValidationDesign, Design, LocateDesign, SearchDesign
from studies.language.phases import Phase


@dataclass(frozen=True, slots=True)
class PhaseSize:
    """Trials of one phase of one sweep, and the runs (trainings) that they take together."""

    trials: int
    runs: int


def phase_sizes(
    design: Design, *, folds: int, looks: int = 1, loss: str | None = None, decoys: int = 0, arm: str | None = None
) -> dict[Phase, PhaseSize]:
    """Size of each phase of one sweep at a look, all earlier looks included; phases without trials are left out.

    Of confirm and controls the size is the most that there can be where `is_open_ended`.

    Args:
        design: what the study asks for.
        folds: of the k-fold splits; a repeat of a cross-validation takes one run per fold.
        looks: analyses of complete data, the first included; later ones only add to a locate design.
        loss: the sweep's loss, which points of a cross-validation may be limited to; None counts every point.
        decoys: of the claim, each an arm of a locate design's blocks.
        arm: of a comparison, to which the sweep belongs; None counts all its arms.

    Returns:
        Sizes in the order map, zoom, confirm, controls, search; or search, confirm, controls; or cv; or tune, measure.
    """
    if isinstance(design, LocateDesign):
        found = _locate(design, data_factor(looks), decoys)
    elif isinstance(design, SearchDesign):
        found = _search(design)
    elif isinstance(design, CompareDesign):
        found = _comparison(design, arm)
    else:
        found = _cross_validation(design, folds, loss)
    return {phase: size for phase, size in found.items() if size.trials}


def is_open_ended(design: Design) -> bool:
    """True where a design fixes only the most trials of a paired phase: arms may coincide, leave, or end early."""
    return isinstance(design, LocateDesign) and bool(design.confirmation or design.likeliest or design.rival)


def study_sizes(
    design: Design, *, folds: int, losses: Sequence[str], contexts: int, decoys: int = 0
) -> dict[Phase, PhaseSize]:
    """Size of each phase of a whole study at its first look, the sweeps of all losses and contexts together.

    Of a comparison, whose contexts are those of all arms, each counts for its own.
    """
    if isinstance(design, CompareDesign):
        contexts //= len(design.arms)
    total: dict[Phase, PhaseSize] = {}
    for loss in losses:
        for phase, size in phase_sizes(design, folds=folds, loss=loss, decoys=decoys).items():
            before = total.get(phase, PhaseSize(0, 0))
            total[phase] = PhaseSize(before.trials + contexts * size.trials, before.runs + contexts * size.runs)
    return total


def runs_per_sweep(design: Design, folds: int, decoys: int = 0, arm: str | None = None) -> int:
    """Runs that one sweep takes at most, all phases together, before later looks and without widening.

    Of a comparison these are the runs of an arm, or of all of them, in one of the document's contexts.
    """
    return sum(size.runs for size in phase_sizes(design, folds=folds, decoys=decoys, arm=arm).values())


def fails_study(failed: int, trials: int, share: float) -> bool:
    """True where more than a share of a study's trials failed for good, so that the study has failed."""
    return failed > share * trials


def claim_trials(design: SearchDesign) -> int:
    """Trials at the claim's point in a search: whole trials, each of `replicates` runs."""
    return math.ceil(design.claim_replicates / design.replicates)


def data_factor(look: int) -> int:
    """Zoom points and paired blocks of a look (1-based), earlier looks included, as a multiple of the first look's."""
    return int(2 ** (look - 1))


def _locate(design: LocateDesign, factor: int, decoys: int) -> dict[Phase, PhaseSize]:
    return {
        Phase.MAP: _single(design.map_points + design.claim_replicates),
        Phase.ZOOM: _single(factor * design.zoom_points),
        **_paired(design, factor * design.confirm_blocks, decoys),
        Phase.SEARCH: _single(0 if design.search is None else design.search.trials),
    }


def _search(design: SearchDesign) -> dict[Phase, PhaseSize]:
    trials = design.trials + claim_trials(design)
    return {
        Phase.SEARCH: PhaseSize(trials, trials * design.replicates),
        **_paired(design, design.confirm_blocks),
    }


def _cross_validation(design: CrossValidationDesign, folds: int, loss: str | None) -> dict[Phase, PhaseSize]:
    points = sum(loss is None or point.loss in (None, loss) for point in design.points)
    trials = points * design.repeats
    return {Phase.CV: PhaseSize(trials, trials * folds)}


def _comparison(design: CompareDesign, arm: str | None) -> dict[Phase, PhaseSize]:
    arms = design.arms if arm is None else [design.arm(arm)]
    return {
        Phase.TUNE: _single(sum(each.tuned(design.tuning) for each in arms)),
        Phase.MEASURE: _single(sum(len(each.ways(design.tuning)) for each in arms) * design.runs),
    }


def _paired(design: LocateDesign | SearchDesign, blocks: int, decoys: int = 0) -> dict[Phase, PhaseSize]:
    return {
        Phase.CONFIRM: _single(blocks * design.candidates),
        Phase.CONTROLS: _single(blocks * (design.controls + decoys)),
    }


def _single(trials: int) -> PhaseSize:
    """Trials of one run each."""
    return PhaseSize(trials, trials)
