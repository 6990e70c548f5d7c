"""`golden verdict --from` and `--from-optuna`: verdicts on trials measured elsewhere. They need no service."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from service.commands.common import UsageError
from studies.verdict.exchange import to_json


def judge_file(path: Path, options: dict[str, Any]) -> dict[str, Any]:
    """The verdict on a CSV file of trials, and what was not read of it.

    Raises:
        UsageError: the file cannot be read.
        SpecError: it is not acceptable; line and column are named.
    """
    from studies.foreign.csv_text import MAX_BYTES, ignored_columns, read_table
    from studies.foreign.judgement import answer

    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from None
    named = options if "document" in options else {"name": path.stem[:100] or "trials", **options}
    return to_json(answer(read_table(content, named), ignored_columns=ignored_columns(content, named)))


def judge_optuna(url: str, study: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """The verdict on the complete trials of an Optuna study, and how many were left out.

    Without a document its sampler is unknown, so its points count as adaptive unless `options` say otherwise. What is
    maximised counts as accuracy, what is minimised as a loss, unless `options` name an objective.

    Raises:
        UsageError: no study is named.
        DatabaseUrlError, StorageUnavailableError, StudyNotFoundError, SpecError: as `read_optuna` and `table_of`.
    """
    from studies.foreign.judgement import answer, table_of
    from studies.foreign.rows import optuna_row
    from studies.storage.foreign import read_optuna

    if study is None:
        raise UsageError("name the Optuna study with --study")
    found = read_optuna(url, study)
    assumed: dict[str, Any] = {}
    if "document" not in options:
        objective = "accuracy" if found.maximised else "own_loss"
        assumed = {"name": study[:100], "points": "adaptive", "objective": objective}
    rows = [optuna_row(asdict(trial)) for trial in found.trials]
    return to_json(answer(table_of({**assumed, **options, "rows": rows}), left_out=found.left_out))


def read_document(path: Path) -> dict[str, Any]:
    """A study document from a TOML or JSON file, as JSON values.

    Raises:
        UsageError: the file cannot be read.
        SpecError: it is no study document; each field is named.
    """
    from studies.language.spec import parse

    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from None
    return parse(content, form="json" if path.suffix.lower() == ".json" else "toml").model_dump(mode="json")
