"""What makes a table of trials nonsense, each place named with its cure as `rows.<index>.<column>: <sentence>`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from studies.foreign.rows import Measurement, at_claim
from studies.language.claim import Claim
from studies.language.spec import StudySpec
from studies.records import PAIRED_PHASES, Arm, Phase

Numbered = Sequence[tuple[int, Measurement]]  # rows with their places in the table
SHARES = ("accuracy", "error")
ROLES = (Arm.BEST, Arm.INSIDE, Arm.OUTSIDE, Arm.OPPOSITE)  # arms that are one point each


def row_problems(rows: Numbered, objective: str, *, may_lack: bool) -> Iterator[str]:
    """What is wrong with single rows.

    Args:
        rows: those that count.
        objective: what `value` is.
        may_lack: whether a missing value means that a target was never reached.
    """
    for i, row in rows:
        text = _value_problem(row, objective, may_lack=may_lack)
        if text:
            yield f"rows.{i}.value: {text}"
        if row.correct is not None and row.correct > (row.n_test or 0):
            yield f"rows.{i}.correct: {row.correct} exceeds n_test ({row.n_test or 'none'}); give both as counted"
        if row.phase in PAIRED_PHASES and row.block is None:
            yield f"rows.{i}.block: is missing; {row.phase} rows need the number of the block they were paired in"


def sweep_problems(rows: Numbered, claim: Claim) -> Iterator[str]:
    """What is wrong with the rows of one sweep taken together."""
    yield from _misplaced(rows, claim)
    yield from _repeated(rows, claim)
    confirming = [(i, row) for i, row in rows if row.phase == Phase.CONFIRM]
    point = f"({claim.eta:.4g}, {claim.alpha:.4g})"
    if confirming and not any(at_claim(claim, row) for _, row in confirming):
        i = confirming[0][0]
        yield f"rows.{i}.arm: no confirm row of {rows[0][1].loss} has the arm claim; add those of its point {point}"
    for arm in ROLES:
        places = {(row.eta, row.alpha): i for i, row in reversed(confirming) if row.arm == arm}
        if len(places) > 1:
            yield f"rows.{max(places.values())}.arm: {arm} has {len(places)} points; an arm of confirm is one point"


def document_problems(rows: Numbered, spec: StudySpec) -> Iterator[str]:
    """Rows that the study's document does not know."""
    contexts = [context.name for context in spec.contexts]
    widened = any(row.phase == Phase.WIDEN for _, row in rows)
    for i, row in rows:
        if row.loss not in spec.losses:
            yield f"rows.{i}.loss: {row.loss} is not among the document's losses ({', '.join(spec.losses)})"
        if row.context is None and len(contexts) > 1:
            yield f"rows.{i}.context: is missing; the document has {len(contexts)} contexts, name one of them"
        if row.context is not None and row.context not in contexts:
            yield f"rows.{i}.context: {row.context} is not among the document's contexts ({', '.join(contexts)})"
        if not widened and not at_claim(spec.claim, row) and not spec.search_space.contains(row.eta, row.alpha):
            yield f"rows.{i}.eta: the point lies outside the document's search_space; judge the study's own trials"


def _value_problem(row: Measurement, objective: str, *, may_lack: bool) -> str | None:
    if row.value is None:
        return None if row.diverged or may_lack else "is missing; give one, or mark the run as diverged"
    if objective in SHARES and not 0.0 <= row.value <= 1.0:
        return f"{row.value:g} is no share between 0 and 1; divide percentages by 100, or name another objective"
    if row.value < 0.0 or row.value > 1e12:
        return f"{row.value:g} is no {objective.replace('_', ' ')}; it lies between 0 and 1e12"
    return None


def _misplaced(rows: Numbered, claim: Claim) -> Iterator[str]:
    for i, row in rows:
        if row.arm == Arm.CLAIM and not at_claim(claim, row):
            yield (
                f"rows.{i}.arm: is claim, but the claim's point is ({claim.eta:.4g}, {claim.alpha:.4g}); correct the "
                "row, or name your own claim (`claim` or `document` in JSON, --document on the command line)"
            )


def _repeated(rows: Numbered, claim: Claim) -> Iterator[str]:
    """Runs that are there twice, by arm and block where they are paired, by trial where trials are numbered."""
    seen: dict[tuple[object, ...], int] = {}
    for i, row in rows:
        for key, text in _keys(row, claim).items():
            if seen.setdefault(key, i) != i:
                yield f"rows.{i}.{text}; number them by `run`, or remove one"


def _keys(row: Measurement, claim: Claim) -> Mapping[tuple[object, ...], str]:
    run, keys = row.run or 0, {}
    if row.phase in PAIRED_PHASES or (row.phase == Phase.CV and row.block is not None):
        arm = Arm.CLAIM if at_claim(claim, row) else row.arm or Arm.POINT
        place = () if arm == Arm.CLAIM else (row.eta, row.alpha)
        keys["block", arm, *place, row.block, run] = f"block: block {row.block} has two runs {run} of the arm {arm}"
    if row.trial is not None:
        keys["trial", row.trial, run] = f"trial: trial {row.trial} has two runs {run}"
    return keys
