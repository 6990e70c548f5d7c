"""Trials measured elsewhere get a verdict without any training.

Rows that say which of them confirm (`phase`, `arm` and `block`, as `golden export` writes them) are judged as a study's
own runs are. What no table can show, that its claim was frozen and its points chosen before the confirming runs, is
taken on trust, and a verdict says so. Rows without phases can point: where the optimum seems to lie, how noisy single
runs are (where points repeat), how the claim's point compares with others on shared (repeat, fold) pairs. They confirm
nothing, so that their verdict stays inconclusive and says what to add.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from studies.errors import SpecError
from studies.foreign.asked import ReadTable
from studies.foreign.evidence import evidence_of, fold_key, paired_by_fold
from studies.foreign.notes import ignored_note, notes_on
from studies.foreign.replay import missing_for_replay, plan_problems
from studies.foreign.rows import Measurement, at_claim
from studies.foreign.table import MAX_POINTS, MAX_ROWS, Points, TrialTable, table_of
from studies.language.claim import Claim, exploratory
from studies.language.phases import PAIRED_PHASES, Phase
from studies.language.spec import StudySpec, canonical_json
from studies.language.versions import again_caution
from studies.records import Arm
from studies.verdict.decide import decide_study, decide_sweep, overall
from studies.verdict.model import Evidence, Outcome, Reason, Sentence, StudyVerdict, SweepVerdict, parts_of

__all__ = ["MAX_POINTS", "MAX_ROWS", "JudgedTable", "Points", "TrialTable", "answer", "judge_table", "table_of"]

MOST_COMPARED = 8  # best other points that are compared with the claim's
TRUST = (
    "The trials were measured elsewhere: that the claim was fixed, and the points chosen, before the confirming runs "
    "is taken on trust."
)


@dataclass(frozen=True, slots=True)
class JudgedTable(StudyVerdict):
    """The verdict on a table, and what of the table was ignored."""

    claimed: bool = True  # whether the document fixed this objective and this analysis
    left_out: dict[str, int] = field(default_factory=dict)  # rows that do not count, by state or reason
    ignored_columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # the same in sentences


def judge_table(table: TrialTable) -> StudyVerdict:
    """The verdict on a table: the same estimates as on a study's own runs, and what is missing for a decision. Pure.

    Raises:
        SpecError: rows are not as the table's document planned them.
    """
    claim, document = _claim(table), table.document
    evidence = [evidence_of(table, claim, *key, rows) for key, rows in table.sweeps.items()]
    if document is not None and missing_for_replay(table) is None:
        _refuse_departures(table, document, evidence)
    claim_hash = _hash(claim) if document is None else document.claim_hash
    name = table.name if document is None or "name" in table.model_fields_set else document.name
    analysis = table.analysis or table.own_analysis
    whole = decide_study(name, claim_hash, [replace(found, analysis=analysis) for found in evidence])
    triples = zip(whole.sweeps, table.sweeps.values(), evidence, strict=True)
    sweeps = tuple(_completed(table, claim, sweep, rows, missing=found.failed_runs) for sweep, rows, found in triples)
    _, said = overall(claim.primary_loss, sweeps)
    return replace(whole, sentence=said.text, parts=said, sweeps=sweeps)


def _refuse_departures(table: TrialTable, spec: StudySpec, measured: Sequence[Evidence]) -> None:
    problems = list(plan_problems(table, spec, measured))
    if problems:
        raise SpecError(problems)


def answer(
    table: TrialTable,
    *,
    left_out: Mapping[str, int] | None = None,
    ignored_columns: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> JudgedTable:
    """The verdict on a table, and what of the table was ignored.

    Args:
        table: the trials.
        left_out: trials that never became rows, by reason.
        ignored_columns: those of the source that no verdict needs.
        notes: sentences on how the source was read.
    """
    verdict = judge_table(table)
    missing = dict(sorted((Counter(table.left_out) + Counter(left_out or {})).items()))
    stated = table.document is not None or "claim" in table.model_fields_set
    cautions = [exploratory(table.measure, table.stated_claim.objective)] if stated else []
    if table.document is not None:
        cautions.append(again_caution(verdict.analysis_version, table.own_analysis))
    caution = " ".join(filter(None, cautions))
    said = (caution, *notes_on(table, missing), *notes, ignored_note(ignored_columns))
    return JudgedTable(
        **{f.name: getattr(verdict, f.name) for f in fields(verdict)},
        claimed=not caution,
        left_out=missing,
        ignored_columns=tuple(ignored_columns),
        notes=tuple(filter(None, said)),
    )


def answer_to(read: ReadTable) -> JudgedTable:
    """The verdict on a table that was read, with what of its source was ignored."""
    return answer(read.table, left_out=read.left_out, ignored_columns=read.ignored_columns, notes=read.notes)


def _completed(
    table: TrialTable, claim: Claim, verdict: SweepVerdict, rows: Sequence[Measurement], *, missing: int
) -> SweepVerdict:
    """The sweep's verdict with paired comparisons where only folds pair its rows, and reasons that fit a table."""
    compared = {row.phase for row in rows} & {*PAIRED_PHASES, Phase.CV}
    pairs = [] if compared else _paired(table, claim, rows)
    if pairs:
        found = paired_by_fold(table, claim, verdict.context, verdict.loss, pairs)
        paired = decide_sweep(replace(found, analysis=table.analysis or table.own_analysis))
        verdict = replace(verdict, comparisons=paired.comparisons)
    verdict = _known_design(table, verdict)
    said = parts_of(verdict)
    if verdict.outcome is not Outcome.INCONCLUSIVE:
        return _saying(verdict, replace(said, more=(*said.more, *_on_trust(table, missing))))
    text = {"incomplete": _missing, "data": _short}.get(verdict.reasons[0].code)
    if text is None or {row.phase for row in rows} == {Phase.CV}:
        return verdict
    main, *rest = text(table, claim, rows, verdict)
    reasons = (Reason(verdict.reasons[0].code, " ".join((main, *rest))), *verdict.reasons[1:])
    followed = {reason.text for reason in verdict.reasons if reason.code == "adaptive"}  # what `rest` says shorter
    more = (*rest, *(part for part in said.more if part not in followed))
    return _saying(replace(verdict, reasons=reasons), replace(said, main=main, more=more))


def _on_trust(table: TrialTable, missing: int) -> list[str]:
    """Sentences on what the verdict believes without a check; `missing` runs were planned and are not there."""
    if table.document is None:
        times = "once" if table.looks == 1 else f"{table.looks} times"
        return [TRUST, f"So is that the complete data were analysed {times} in all."]
    unchecked = missing_for_replay(table)
    said = [TRUST, f"The document's plan was not replayed, since {unchecked}."] if unchecked else [TRUST]
    return [*said, f"{missing:,} of the runs that the document plans are not in the table."] if missing else said


def _saying(verdict: SweepVerdict, said: Sentence) -> SweepVerdict:
    """The verdict with another sentence."""
    return replace(verdict, sentence=said.text, parts=said)


def _short(table: TrialTable, claim: Claim, rows: Sequence[Measurement], verdict: SweepVerdict) -> list[str]:
    return ["More than 2 % of the runs that the document plans are not in the table; export the complete study."]


def _missing(table: TrialTable, claim: Claim, rows: Sequence[Measurement], verdict: SweepVerdict) -> list[str]:
    """Sentences on what is missing in these trials for a decision, the most important first."""
    parts = [
        "These trials were measured elsewhere: they can point, but a verdict needs fresh paired runs of the claimed "
        "and the best point, chosen before those runs and with the claim frozen first.",
        _to_add(rows),
    ]
    if not any(at_claim(claim, row) for row in rows):
        parts.append(f"The claimed point ({claim.first:.3g}, {claim.second:.3g}) was not measured at all.")
    if verdict.sigma is None:
        parts.append("No point was measured twice, so the noise of a single run is unknown.")
    if verdict.eta.estimate is None:
        parts.append("Six or more runs with different values are needed to say where the optimum lies.")
    if table.document is None and not table.is_fixed:
        parts.append(f"{_followed(table)}, so no confidence region can be given, only a rough posterior{_cure(table)}.")
    return parts


def _followed(table: TrialTable) -> str:
    """The clause on points that did, or may have, followed earlier values."""
    if table.points == "adaptive":
        return "The points followed earlier values"
    return "It is not known that the points were fixed before any value was seen"


def _cure(table: TrialTable) -> str:
    return "" if table.points == "adaptive" else "; if they were (a grid, random or Sobol points), add --points fixed"


def _known_design(table: TrialTable, verdict: SweepVerdict) -> SweepVerdict:
    """The verdict with no word of a sampler of ours, where only the table says how its points were chosen."""
    ours = next((reason.text for reason in verdict.reasons if reason.code == "adaptive"), None)
    if table.document is not None or ours is None:
        return verdict
    text = f"{_followed(table)}: they may point to an optimum, but only a fixed design can judge where it lies"
    text = f"{text}{_cure(table)}."
    reasons = tuple(Reason(r.code, text) if r.code == "adaptive" else r for r in verdict.reasons)
    said = parts_of(verdict)
    more = tuple(text if part == ours else part for part in said.more)
    changed = replace(said, main=text if said.main == ours else said.main, more=more)
    return _saying(replace(verdict, reasons=reasons), changed)


def _to_add(rows: Sequence[Measurement]) -> str:
    """Say which columns or rows would make a confirmation of these."""
    confirming = [row for row in rows if row.phase == Phase.CONFIRM]
    if not confirming:
        return "Mark such runs by the columns phase (confirm), arm (claim, best) and block."
    if not any(row.arm == Arm.BEST for row in confirming):
        return "The confirm rows lack the arm best: mark those of the best point found."
    return "The arms claim and best share fewer than two blocks: pair them by block."


def _claim(table: TrialTable) -> Claim:
    """The document's claim; else the table's, with a primary loss that the table has, none where that is ambiguous."""
    if table.document is not None:
        return table.document.claim
    losses = list(dict.fromkeys(loss for _, loss in table.sweeps))
    claim = table.stated_claim
    named = claim.primary_loss
    primary = named if named in losses else (losses[0] if len(losses) == 1 else None)
    return claim.model_copy(update={"primary_loss": primary, "objective": table.measure}).bound(table.axes, None)


def _hash(claim: Claim) -> str:
    return hashlib.sha256(canonical_json(claim.model_dump(mode="json")).encode()).hexdigest()


def _paired(table: TrialTable, claim: Claim, rows: Sequence[Measurement]) -> list[Measurement]:
    """Rows of the claim's point and of the best others that share (repeat, fold) pairs with it; none where too few."""
    keyed = [row for row in rows if row.fold is not None or row.repeat is not None]
    own = {fold_key(row) for row in keyed if at_claim(claim, row)}
    shared: dict[tuple[float, float], list[Measurement]] = {}
    for row in keyed:
        if not at_claim(claim, row) and fold_key(row) in own:
            shared.setdefault((row.eta, row.alpha), []).append(row)
    enough = {point: found for point, found in shared.items() if len({fold_key(row) for row in found}) >= 2}
    if not enough:
        return []
    best = sorted(enough.values(), key=lambda found: _badness(table, found))[:MOST_COMPARED]
    return [row for row in keyed if at_claim(claim, row)] + [row for found in best for row in found]


def _badness(table: TrialTable, rows: Sequence[Measurement]) -> float:
    """Mean value, smaller where better."""
    known = [row.value for row in rows if row.value is not None and not row.diverged]
    own = table.own_measure
    sign = -1.0 if table.measure == "accuracy" or (own is not None and own.maximised) else 1.0
    return sign * sum(known) / len(known) if known else math.inf
