"""`golden verdict --from` and `--from-optuna`: verdicts on trials measured elsewhere. They need no service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from service.commands.common import UsageError, err
from studies.verdict.exchange import to_json


def judge_file(path: Path, options: dict[str, Any]) -> dict[str, Any]:
    """The verdict on a CSV file of trials.

    Raises:
        UsageError: the file cannot be read.
        SpecError: it is not acceptable; line and column are named.
    """
    from studies.foreign import judge_table
    from studies.foreign_csv import MAX_BYTES, read_table

    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from None
    return to_json(judge_table(read_table(content, {"name": path.stem[:100] or "trials", **options})))


def judge_optuna(url: str, study: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """The verdict on the complete trials of an Optuna study.

    Its sampler is unknown, so its points count as adaptive unless `options` say otherwise. What is maximised counts as
    accuracy, what is minimised as a loss, unless `options` name an objective.

    Raises:
        UsageError: no study is named.
        DatabaseUrlError, StorageUnavailableError, StudyNotFoundError, SpecError: as `read_optuna` and `table_of`.
    """
    from studies.foreign import judge_table, table_of
    from studies.storage.foreign import read_optuna

    if study is None:
        raise UsageError("name the Optuna study with --study")
    found = read_optuna(url, study)
    if found.left_out:
        err.print(f"{found.left_out} trials that are not complete are left out", markup=False)
    assumed = {"name": study[:100], "points": "adaptive", "objective": "accuracy" if found.maximised else "own_loss"}
    return to_json(judge_table(table_of({**assumed, **options, "rows": found.rows})))
