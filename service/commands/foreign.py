"""`golden verdict --from` and `--from-optuna`: verdicts on trials measured elsewhere. They need no service."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.commands.common import UsageError
from service.commands.files import read_file

if TYPE_CHECKING:
    from studies.foreign.judgement import JudgedTable


@dataclass(frozen=True, slots=True)
class ForeignTrials:
    """Trials measured elsewhere, as the options of `golden verdict` name them."""

    file: Path | None = None
    optuna: str | None = None  # the database's URL
    optuna_study: str | None = None
    document: Path | None = None
    points: str | None = None
    images: int | None = None
    looks: int | None = None
    analysis: int | None = None
    failed_as_diverged: bool = False

    @property
    def stated(self) -> dict[str, Any]:
        """The given options about the trials, by the names that a `TrialTable` has for them."""
        named = {"document": self.document, "points": self.points, "images": self.images}
        named |= {"looks": self.looks, "analysis": self.analysis}
        given = {name: value for name, value in named.items() if value is not None}
        return {**given, "failed_as_diverged": True} if self.failed_as_diverged else given


def judge_foreign(trials: ForeignTrials, objective: str | None) -> JudgedTable:
    """The verdict on trials measured elsewhere, with notes on the rows and columns that it ignores.

    Raises:
        UsageError: a file cannot be read, or no Optuna study is named.
        SpecError: the document or a row is not acceptable; field, or line and column, are named.
        DatabaseUrlError, StorageUnavailableError, StudyNotFoundError: as `read_optuna`.
    """
    stated = {**trials.stated, **({"objective": objective} if objective else {})}
    if trials.document is not None:
        stated["document"] = read_document(trials.document)
    if trials.file is not None:
        return judge_file(trials.file, stated)
    return judge_optuna(str(trials.optuna), trials.optuna_study, stated)


def judge_file(path: Path, stated: dict[str, Any]) -> JudgedTable:
    """The verdict on a CSV file of trials, with notes on the columns that it ignores.

    Raises:
        UsageError: the file cannot be read.
        SpecError: it is not acceptable; line and column are named.
    """
    from studies.foreign.csv_text import MAX_BYTES, ignored_columns, read_table
    from studies.foreign.judgement import answer

    content = read_file(path, MAX_BYTES)
    named = stated if "document" in stated else {"name": path.stem[:100] or "trials", **stated}
    return answer(read_table(content, named), ignored_columns=ignored_columns(content, named))


def judge_optuna(url: str, study: str | None, stated: dict[str, Any]) -> JudgedTable:
    """The verdict on the complete trials of an Optuna study, and how many were left out.

    Without a document its sampler is unknown, so its points count as adaptive unless `stated` says otherwise. A study
    that maximises counts as one of accuracy, one that minimises as one of a loss, unless `stated` names an objective.

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
    if "document" not in stated:
        objective = "accuracy" if found.maximised else "own_loss"
        assumed = {"name": study[:100], "points": "adaptive", "objective": objective}
    rows = [optuna_row(asdict(trial)) for trial in found.trials]
    return answer(table_of({**assumed, **stated, "rows": rows}), left_out=found.left_out)


def read_document(path: Path) -> dict[str, Any]:
    """A study document from a TOML or JSON file, as JSON values.

    Raises:
        UsageError: the file cannot be read.
        SpecError: it is no study document; each field is named.
    """
    from studies.language.reading import MAX_BYTES
    from studies.language.spec import parse

    return parse(read_file(path, MAX_BYTES), form="json" if path.suffix.lower() == ".json" else "toml").model_dump(
        mode="json"
    )
