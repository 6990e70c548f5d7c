"""The arms of a paired block: the claim, the points that map and zoom name, and the controls of the document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studies.language.design import LocateDesign, SearchDesign
from studies.language.parameters import Axes
from studies.language.phases import Phase
from studies.language.spec import StudySpec
from studies.plan.blocks import ArmPlan
from studies.records import Arm
from studies.verdict.candidates import Candidates, Point, control_arms, find_candidates
from studies.verdict.model import Evidence
from studies.verdict.rivals import further_points

ALIKE = 0.1  # of a coordinate: a found point this near to another, either way, would only repeat its runs
SAME = 1e-9  # of a coordinate: named points that are one, up to rounding


def block_arms(spec: StudySpec, design: LocateDesign | SearchDesign, evidence: Evidence) -> list[ArmPlan]:
    """The arms of every block of a sweep's confirmation, the claim's first; each point once.

    Args:
        spec: the study.
        design: its design.
        evidence: what map and zoom, or the search, have measured.
    """
    found = find_candidates(evidence)
    candidates = [(Phase.CONFIRM, str(arm), point) for arm, point in _candidates(spec, design, found)]
    controls = control_arms(evidence, design.mates, folklore=design.folklore)
    named = [(Phase.CONTROLS, arm, point) for arm, point in (*controls, *_decoys(spec))]
    if not evidence.method.own_ridge:
        return _plans([*candidates, *named])
    arms = [*candidates, *((Phase.CONFIRM, arm, point) for arm, point in _further(design, evidence))]
    return _plans(_distinct(spec, arms, named))


def _candidates(spec: StudySpec, design: LocateDesign | SearchDesign, found: Candidates) -> Iterator[tuple[str, Point]]:
    """The claim, the best point and, for a location claim, the points on either side to distinguish it from."""
    yield Arm.CLAIM, Point(spec.claim.first, spec.claim.second)
    if isinstance(design, LocateDesign):
        yield from found.arms(opposite=bool(design.opposite))
    else:
        yield Arm.BEST, found.best


def _further(design: LocateDesign | SearchDesign, evidence: Evidence) -> Iterator[tuple[str, Point]]:
    """The likeliest point and the far rival, where the design asks for them and the runs name them."""
    if not isinstance(design, LocateDesign) or not (design.likeliest or design.rival):
        return
    likeliest, rival = further_points(evidence)
    if design.likeliest and likeliest is not None:
        yield Arm.LIKELIEST, likeliest
    if design.rival and rival is not None:
        yield Arm.RIVAL, rival


def _decoys(spec: StudySpec) -> Iterator[tuple[str, Point]]:
    for i, decoy in enumerate(spec.claim.decoys):
        yield f"decoy:{i}", Point(*decoy.place(spec.axes))


def _distinct(
    spec: StudySpec, candidates: Sequence[tuple[Phase, str, Point]], named: Sequence[tuple[Phase, str, Point]]
) -> Iterator[tuple[Phase, str, Point]]:
    """Each point once: found ones that are near to an earlier one left out, named ones that equal an earlier one.

    Best, inside, outside and opposite are told apart by the neighbourhood's border, so that only equal ones are left
    out. A named point that lies near a found one is kept: it is measured where the document says.
    """
    kept: list[tuple[Phase, str, Point]] = []
    for phase, arm, point in [*candidates, *named]:
        reach = ALIKE if arm in (Arm.LIKELIEST, Arm.RIVAL) else SAME
        if all(_gap(spec.axes, point, other) > reach for _, _, other in kept):
            kept.append((phase, arm, point))
    yield from kept


def _gap(axes: Axes, one: Point, other: Point) -> float:
    """Distance of two points, sup norm in the coordinates."""
    places = axes.points([one.eta, other.eta], [one.alpha, other.alpha])
    return float(abs(places[0] - places[1]).max())


def _plans(arms: Iterator[tuple[Phase, str, Point]] | Sequence[tuple[Phase, str, Point]]) -> list[ArmPlan]:
    return [(phase, str(arm), point.eta, point.alpha) for phase, arm, point in arms]
