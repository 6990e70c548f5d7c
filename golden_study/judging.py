"""`judge`: the verdict on an Optuna study, or on a table of trials that were measured elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from golden_study.optuna_trials import advanced, kept_document, kept_looks
from golden_study.verdict import Verdict
from studies.errors import Problem, SpecError
from studies.external.measured import runs_of
from studies.external.own_report import own_report, own_rows
from studies.external.wanted import verdict_so_far, wanted
from studies.foreign.asked import ReadTable, asked_of
from studies.language.spec import StudySpec


def judge(
    trials: Any,
    *,
    claim: str | Mapping[str, float] | None = None,
    measure: str | None = None,
    name: str = "",
    **options: Any,
) -> Verdict:
    """The verdict on trials.

    Args:
        trials: an Optuna study; or a pandas or polars data frame, or a list of mappings, one for each training.
        claim: the claimed point, such as "lr=3e-4,beta1=0.9". A study of a `LocateSampler` states its own.
        measure: the column of the values, such as "val_acc" or "loss:minimize". Likewise.
        name: of the trials, as the verdict is headed; "": the Optuna study's name.
        options: further fields of a table: `objective`, `points`, `images`, `looks`, `failed_as_diverged`.

    Raises:
        SpecError: the trials cannot be judged; the message says where and why.
    """
    stated = {key: value for key, value in (("claim", claim), ("measure", measure), *options.items()) if value}
    if not _is_study(trials):
        return _on_table(_from_rows(_rows(trials), _worded(stated), name or "trials"))
    spec = kept_document(trials.user_attrs)
    if spec is None:
        return _on_table(_from_study(trials, _worded(stated), name or trials.study_name))
    if stated:
        given = " and ".join(stated)
        raise SpecError([Problem(given, "the study states that itself, since its first trial; leave it out")])
    return _planned(spec, trials)


def _planned(spec: StudySpec, study: Any) -> Verdict:
    """The verdict on a study that a `LocateSampler` planned; other trials in it count for nothing."""
    trials = study.get_trials(deepcopy=False)
    first = wanted(spec, runs_of(spec, (), {}))
    found, stand = advanced(spec, first, trials, looks=kept_looks(study.user_attrs))
    runs = runs_of(spec, found.plans, {k: v for k, v in stand.results.items() if k[0] not in found.given_up})
    begun = min((trial.datetime_start for trial in trials if trial.datetime_start), default=datetime.now(UTC))
    left = len(stand.open_runs(found.plans, found.given_up))
    progress = (
        found.sentence.partition(":")[0] if found.finished else f"{left:,} of the runs planned so far are missing"
    )
    return Verdict(
        verdict_so_far(spec, runs, found),
        document=spec.model_dump(mode="json"),
        rows=own_rows(spec, runs, found),
        progress=f"{progress}.".capitalize(),
        report=lambda: own_report(spec, runs, found, begun=begun.astimezone(UTC)),
    )


def _on_table(read: ReadTable) -> Verdict:
    from studies.foreign.judgement import answer_to

    found = answer_to(read)
    rows = [row.model_dump(mode="json", exclude_unset=True) for row in read.table.rows]
    return Verdict(found, rows=rows, notes=found.notes)


def _from_study(study: Any, stated: Mapping[str, Any], name: str) -> ReadTable:
    from studies.foreign.optuna_table import study_table
    from studies.storage.foreign import as_foreign  # brings Optuna, which is there: the study is its

    return study_table(name, as_foreign(study), *asked_of({"name": name[:100], **stated}))


def _from_rows(rows: list[Mapping[str, Any]], stated: Mapping[str, Any], name: str) -> ReadTable:
    from studies.foreign.reading import table_from
    from studies.foreign.sources import rows_records

    if not rows:
        raise SpecError([Problem("", "there are no rows; give one for each training")])
    return table_from(rows_records(rows, "the table"), *asked_of({"name": name[:100], **stated}))


def _worded(stated: Mapping[str, Any]) -> dict[str, Any]:
    """What is stated, with the claim as a line."""
    claim = stated.get("claim")
    if not isinstance(claim, Mapping):
        return dict(stated)
    return {**stated, "claim": ",".join(f"{name}={value!r}" for name, value in claim.items())}


def _is_study(trials: Any) -> bool:
    return hasattr(trials, "get_trials") and hasattr(trials, "user_attrs")


def _rows(trials: Any) -> list[Mapping[str, Any]]:
    """The rows of a data frame, or of a list of mappings.

    Raises:
        SpecError: it is neither.
    """
    if hasattr(trials, "to_dicts"):  # polars
        trials = trials.to_dicts()
    elif hasattr(trials, "to_dict") and hasattr(trials, "columns"):  # pandas
        trials = trials.to_dict("records")
    rows = list(trials) if isinstance(trials, Iterable) and not isinstance(trials, str | bytes | Mapping) else None
    if rows is None or not all(isinstance(row, Mapping) for row in rows):
        text = f"is a {type(trials).__name__}; give an Optuna study, a data frame, or a list of mappings"
        raise SpecError([Problem("trials", text)])
    return [{str(key): value for key, value in row.items()} for row in rows]
