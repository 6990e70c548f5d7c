"""Checks that find nonsense in a table of trials: each fault a `Problem` whose field is `rows.<index>.<column>`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from studies import golden
from studies.errors import Problem
from studies.foreign.copies import copies
from studies.foreign.near_copies import near_copies
from studies.foreign.rows import SNAP, Measurement, at_claim, distance
from studies.language.claim import FOLKLORE, Claim
from studies.language.measure import Measure
from studies.language.objective_names import SHARES
from studies.language.phases import PAIRED_PHASES, Phase
from studies.language.spec import StudySpec
from studies.records import Arm, Cause
from studies.verdict.rules import MATE

Numbered = Sequence[tuple[int, Measurement]]  # rows with their places in the table
ROLES = (Arm.BEST, Arm.INSIDE, Arm.OUTSIDE, Arm.OPPOSITE, Arm.LIKELIEST, Arm.RIVAL)  # arms that are one point each


def row_problems(
    rows: Numbered, objective: str, *, may_be_missing: bool, measure: Measure | None = None
) -> Iterator[Problem]:
    """Faults of single rows.

    Args:
        rows: those that count.
        objective: what `value` is.
        may_be_missing: a missing value means that a target was never reached.
        measure: of the document, where the objective is `measure`.
    """
    for i, row in rows:
        text = _value_fault(row, objective, measure, may_be_missing=may_be_missing)
        if text:
            yield _of_row(i, "value", text)
        if row.correct is not None and row.correct > (row.n_test or 0):
            yield _of_row(i, "correct", f"{row.correct} exceeds n_test ({row.n_test or 'none'}); give both as counted")
        elif not _fits_counts(row, objective):
            yield _of_row(i, "value", f"{row.value:g} is not what {row.correct} correct of {row.n_test} images give")
        if row.cause is not None and (row.cause == Cause.NONE) == row.diverged:
            yield _of_row(i, "cause", _cause_fault(row))
        if row.phase in PAIRED_PHASES and row.block is None:
            text = f"is missing; {row.phase} rows need the number of the block they were paired in"
            yield _of_row(i, "block", text)


def sweep_problems(rows: Numbered, claim: Claim, *, is_planned: bool = False) -> Iterator[Problem]:
    """Faults of the rows of one sweep taken together.

    Args:
        rows: that count.
        claim: that they are judged by.
        is_planned: a document's plan says which blocks there are, and each row is held against it.
    """
    yield from _misplaced(rows, claim)
    yield from _mislabelled(rows, claim)
    yield from _repeated(rows, claim)
    yield from _copied([row for _, row in rows], is_planned=is_planned)
    confirming = [(i, row) for i, row in rows if row.phase == Phase.CONFIRM]
    if confirming and not any(at_claim(claim, row) for _, row in confirming):
        point = f"({claim.first:.4g}, {claim.second:.4g})"
        text = f"no confirm row of {rows[0][1].loss} has the arm claim; add those of its point {point}"
        yield _of_row(confirming[0][0], "arm", text)
    for arm in ROLES:
        places = {(row.eta, row.alpha): i for i, row in reversed(confirming) if row.arm == arm}
        if len(places) > 1:
            text = f"{arm} has {len(places)} points; an arm of confirm is one point"
            yield _of_row(max(places.values()), "arm", text)


def document_problems(rows: Numbered, spec: StudySpec) -> Iterator[Problem]:
    """Rows that the study's document does not know."""
    contexts = [context.name for context in spec.contexts]
    known = ", ".join(contexts)
    widened = any(row.phase == Phase.WIDEN for _, row in rows)
    for i, row in rows:
        if row.loss not in spec.losses:
            text = f"{row.loss} is not among the document's losses ({', '.join(spec.losses)})"
            yield _of_row(i, "loss", text)
        if row.context is None and len(contexts) > 1:
            yield _of_row(i, "context", f"is missing; the document has {len(contexts)} contexts, name one of them")
        if row.context is not None and row.context not in contexts:
            yield _of_row(i, "context", f"{row.context} is not among the document's contexts ({known})")
        if not widened and not at_claim(spec.claim, row) and not spec.space.contains(row.eta, row.alpha):
            text = "the point lies outside the document's search_space; judge the study's own trials"
            yield _of_row(i, "eta", text)


def _of_row(place: int, column: str, text: str) -> Problem:
    return Problem(f"rows.{place}.{column}", text)


def _fits_counts(row: Measurement, objective: str) -> bool:
    """True unless a share and the counted images contradict each other by more than half an image."""
    if objective not in SHARES or row.value is None or row.diverged or row.correct is None or row.n_test is None:
        return True
    share = row.value if objective == "accuracy" else 1.0 - row.value
    return abs(share * row.n_test - row.correct) <= 0.5 + 1e-6


def _value_fault(row: Measurement, objective: str, measure: Measure | None, *, may_be_missing: bool) -> str | None:
    if row.value is None:
        return None if row.diverged or may_be_missing else "is missing; give one, or mark the run as diverged"
    if measure is not None:
        return None if row.diverged else measure.fault_of(row.value)
    if objective in SHARES and not 0.0 <= row.value <= 1.0:
        return f"{row.value:g} is no share between 0 and 1; divide percentages by 100, or name another objective"
    if row.value < 0.0 or row.value > 1e12:
        return f"{row.value:g} is no {objective.replace('_', ' ')}; it lies between 0 and 1e12"
    return None


def _cause_fault(row: Measurement) -> str:
    if row.diverged:
        return 'is empty, but the run is marked as diverged; leave `cause` out or write "chance" where it is not known'
    return f"is {row.cause}, but the run is not marked as diverged; mark it, or leave `cause` out"


def _misplaced(rows: Numbered, claim: Claim) -> Iterator[Problem]:
    """Rows of the arm claim that were measured elsewhere."""
    text = (
        f"is claim, but the claim's point is ({claim.first:.4g}, {claim.second:.4g}); correct the row, or name your "
        "own claim (`claim` or `document` in JSON, --document on the command line)"
    )
    return (_of_row(i, "arm", text) for i, row in rows if row.arm == Arm.CLAIM and not at_claim(claim, row))


def _mislabelled(rows: Numbered, claim: Claim) -> Iterator[Problem]:
    """Controls whose names say another point than their rows."""
    axes = claim.axes
    for i, row in rows:
        if row.arm == Arm.DEFAULT and (not axes.has_folklore or distance(axes, row, *FOLKLORE) > SNAP):
            text = f"is default, which is the point {FOLKLORE}; this row lies at ({row.eta:.4g}, {row.alpha:.4g})"
            yield _of_row(i, "arm", f"{text}, so name the arm that it is")
        elif row.arm is not None and row.arm.startswith(MATE) and not _is_mate(row, claim):
            text = (
                f"is {row.arm}, but ({row.eta:.4g}, {row.alpha:.4g}) has not that momentum weight on the claim's ridge"
            )
            yield _of_row(i, "arm", f"{text}; name the arm that it is")


def _is_mate(row: Measurement, claim: Claim) -> bool:
    """True at the weight that the arm names, on the claim's ridge or, as up to analysis 4, the golden point's."""
    try:
        alpha = float((row.arm or "").removeprefix(MATE))
        rates = claim.mate(alpha), golden.ridge_mate(alpha)
    except ValueError:
        return False
    return claim.axes.takes_ridge and min(distance(claim.axes, row, rate, alpha) for rate in rates) <= SNAP


def _copied(rows: Sequence[Measurement], *, is_planned: bool) -> Iterator[Problem]:
    """Runs that are stated under several numbers, as they are or, where no plan has the blocks, with small changes."""
    copied, near = copies(rows), None if is_planned else near_copies(rows)
    times, whose, how = (*copied, "") if copied else (near, "the blocks", ", with small changes")
    if times is not None:
        text = f"{whose} of {rows[0].loss} seem to be stated {times} times under other numbers{how}; give each run once"
        yield Problem("rows", text)


def _repeated(rows: Numbered, claim: Claim) -> Iterator[Problem]:
    """Runs that appear more than once: by arm and block where they are paired, by trial where trials are numbered."""
    first: dict[tuple[object, ...], int] = {}
    for i, row in rows:
        for key, (column, text) in _identities(row, claim).items():
            if first.setdefault(key, i) != i:
                yield _of_row(i, column, f"{text}; number them by `run`, or remove one")


def _identities(row: Measurement, claim: Claim) -> Mapping[tuple[object, ...], tuple[str, str]]:
    """The keys that only one row may have, each with the column and the words for a second one."""
    run, keys = row.run or 0, {}
    if row.phase in PAIRED_PHASES or (row.phase == Phase.CV and row.block is not None):
        arm = Arm.CLAIM if at_claim(claim, row) else row.arm or Arm.POINT
        point = () if arm == Arm.CLAIM else (row.eta, row.alpha)
        text = f"block {row.block} has two runs {run} of the arm {arm}"
        keys["block", arm, *point, row.block, run] = ("block", text)
    if row.trial is not None:
        keys["trial", row.trial, run] = ("trial", f"trial {row.trial} has two runs {run}")
    return keys
