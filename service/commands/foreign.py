"""`golden verdict --from` and `--from-optuna`: verdicts on trials measured elsewhere. They need no service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.commands.common import UsageError
from service.commands.files import read_file as read_bytes
from studies.errors import Problem, SpecError

if TYPE_CHECKING:
    from studies.foreign.asked import ReadTable
    from studies.foreign.judgement import JudgedTable

CLAIMED = ("claim.eta", "claim.alpha")
OPTIONS = ("claim", "measure", "objective", "tolerance")  # fields of problems that are options of the command


@dataclass(frozen=True, slots=True)
class ForeignTrials:
    """Trials measured elsewhere, as the options of `golden verdict` name them."""

    file: Path | None = None
    optuna: str | None = None  # the database's URL, or a file
    optuna_study: str | None = None
    document: Path | None = None
    points: str | None = None
    images: int | None = None
    looks: int | None = None
    analysis: int | None = None
    failed_as_diverged: bool = False
    claim: str | None = None  # such as lr=0.1,momentum=0.9
    measure: str | None = None  # such as val_acc or reward:maximize
    tolerance: str | None = None  # such as depth=1
    space: str | None = None  # as `golden next` was given it; with claim and measure it is a whole document

    @property
    def stated(self) -> dict[str, Any]:
        """The given options about the trials, by the names that a `TrialTable` has for them."""
        named = {"document": self.document, "points": self.points, "images": self.images}
        named |= {"looks": self.looks, "analysis": self.analysis, "claim": self.claim, "measure": self.measure}
        named |= {"tolerance": self.tolerance, "space": self.space}
        given = {name: value for name, value in named.items() if value is not None}
        return {**given, "failed_as_diverged": True} if self.failed_as_diverged else given


def judge_foreign(trials: ForeignTrials, objective: str | None) -> JudgedTable:
    """The verdict on trials measured elsewhere, with notes on how they were read and on what is ignored.

    Raises:
        UsageError: a file cannot be read, or no Optuna study is named.
        SpecError: an option, the document or a row is not acceptable; field, or line and column, are named.
        DatabaseUrlError, StorageUnavailableError, StudyNotFoundError: as `read_optuna`.
    """
    from studies.foreign.judgement import answer_to

    stated = {**trials.stated, **({"objective": objective} if objective else {})}
    if trials.document is not None:
        stated["document"] = read_document(trials.document)
    if trials.space is not None:
        stated = _planned(stated)
    try:
        if trials.file is not None:
            return answer_to(read_trials(trials.file, stated))
        return answer_to(read_study(str(trials.optuna), trials.optuna_study, stated))
    except SpecError as error:
        problems = [Problem(_option(field, stated), text) for field, text in error.problems]
        raise SpecError(problems, unlisted=error.unlisted) from None


def _planned(stated: dict[str, Any]) -> dict[str, Any]:
    """The options with the document that `golden next` follows in place of claim, space and measure.

    Raises:
        UsageError: one of the three is missing, or another option says the same.
        SpecError: the document is not acceptable; each field is named.
    """
    from service.commands.next import WORDS, stated_document

    missing = " and ".join(f"--{name}" for name in WORDS if name not in stated)
    also = " and ".join(f"--{name}" for name in ("document", "objective", "tolerance", "points") if name in stated)
    if missing or also:
        cure = f"give {missing} with it" if missing else f"leave out {also}"
        raise UsageError(f"--space is of trials that `golden next` planned from --claim, --space and --measure; {cure}")
    spec = stated_document({name: stated[name] for name in WORDS})
    others = {name: value for name, value in stated.items() if name not in WORDS}
    return {**others, "document": spec.model_dump(mode="json")}


def _option(field: str, stated: Mapping[str, Any]) -> str:
    """The place of a problem as the command line has it: an option, or what it is in the file."""
    if field in OPTIONS:
        return f"--{field}"
    if field in CLAIMED and "claim" in stated:
        from studies.foreign.claims import named_point

        return f"--claim, {named_point(stated['claim']).names[CLAIMED.index(field)]}"
    return field


def read_trials(path: Path, stated: Mapping[str, Any]) -> ReadTable:
    """The trials in a file: CSV, JSON or Parquet.

    Raises:
        UsageError: the file cannot be read.
        SpecError: it is not acceptable; line and column are named.
    """
    from studies.foreign.asked import asked_of
    from studies.foreign.csv_text import MAX_BYTES, read_file

    content = read_bytes(path, MAX_BYTES)
    named = stated if "document" in stated else {"name": path.stem[:100] or "trials", **stated}
    return read_file(content, *asked_of(named))


def read_study(source: str, study: str | None, stated: Mapping[str, Any]) -> ReadTable:
    """The trials of an Optuna study.

    Raises:
        UsageError: no study is named.
        DatabaseUrlError, StorageUnavailableError, StudyNotFoundError, SpecError: as `read_optuna` and `study_table`.
    """
    from studies.foreign.asked import asked_of
    from studies.foreign.optuna_table import study_table
    from studies.storage.foreign import read_optuna

    if study is None:
        raise UsageError("name the Optuna study with --study")
    found = read_optuna(source, study)
    named = stated if "document" in stated else {"name": study[:100], **stated}
    return study_table(study, found, *asked_of(named))


def read_document(path: Path) -> dict[str, Any]:
    """A study document from a TOML or JSON file, as JSON values.

    Raises:
        UsageError: the file cannot be read.
        SpecError: it is no study document; each field is named.
    """
    from studies.language.reading import MAX_BYTES
    from studies.language.spec import parse

    return parse(read_bytes(path, MAX_BYTES), form="json" if path.suffix.lower() == ".json" else "toml").model_dump(
        mode="json"
    )
