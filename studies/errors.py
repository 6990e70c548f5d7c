"""Domain errors. Each subclasses the builtin that says the same; its message is one sentence with the cure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

MOST_LISTED = 20  # problems that one answer lists; the rest is counted
MOST_FIELD, MOST_TEXT = 160, 500  # characters of a listed problem: twenty of them fit into 64 KiB in any script


class GoldenError(Exception):
    """Base of every error this project raises on purpose; `str(error)` is fit to show whoever runs the program."""

    @property
    def public(self) -> str:
        """The message for callers over a network, who need not know where things lie."""
        return str(self)


class Problem(NamedTuple):
    """One fault of something that a user sent.

    `field` is the path of the field at fault, such as `contexts.0.batch_size`, or "" for the whole. `text` says what is
    wrong and how to cure it.
    """

    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.field}: {self.text}" if self.field else self.text

    def cut(self) -> Problem:
        """The problem as it is listed: not longer than others, without a character that cannot be printed."""
        return Problem(cut(self.field, MOST_FIELD), cut(self.text, MOST_TEXT))


@dataclass(frozen=True, slots=True)
class ProblemList:
    """Problems as they are listed to a user: at most `MOST_LISTED`, and the number of the others."""

    listed: tuple[Problem, ...] = ()
    unlisted: int = 0

    @classmethod
    def of(cls, problems: Sequence[Problem], unlisted: int = 0) -> ProblemList:
        """The first of these problems, the others counted, and `unlisted` further ones."""
        listed = tuple(problem.cut() for problem in problems[:MOST_LISTED])
        return cls(listed, len(problems) - len(listed) + unlisted)

    @property
    def count(self) -> int:
        """The number of all problems, listed or not."""
        return len(self.listed) + self.unlisted

    def lines(self) -> list[str]:
        """A line for each listed problem, and one that counts the others."""
        return [str(problem) for problem in self.listed] + ([f"and {self.unlisted:,} more"] if self.unlisted else [])


class SpecError(GoldenError, ValueError):
    """A study description is not acceptable.

    Attributes:
        problems: what is wrong with it, at least one.
        unlisted: the number of further problems, which nobody put into words since so many were found.
    """

    def __init__(self, problems: Sequence[Problem], unlisted: int = 0) -> None:
        self.problems = tuple(problems)
        self.unlisted = unlisted
        super().__init__("; ".join(self.problem_list.lines()))

    @property
    def problem_list(self) -> ProblemList:
        """The problems as they are listed to a user."""
        return ProblemList.of(self.problems, self.unlisted)


def cut(text: str, most: int) -> str:
    """The text on one line of at most `most` characters, what cannot be printed in it escaped."""
    shown = text[:most]
    if not shown.isprintable():
        shown = "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in shown)
    return shown if len(shown) <= most and len(text) <= most else shown[: most - 3] + "..."


class StudyNotFoundError(GoldenError, KeyError):
    """No study has this name."""

    def __str__(self) -> str:
        return str(self.args[0])


class NoVerdictError(GoldenError, LookupError):
    """The study compares arms, so there is no verdict to state, to forecast or to wait for.

    Args:
        study: its name.
    """

    def __init__(self, study: str) -> None:
        self.study = study
        super().__init__(f"study {study!r} compares arms and states no verdict; see its comparison")


class TrialNotFoundError(StudyNotFoundError):
    """No trial has this number in this sweep."""


class NoComparisonError(StudyNotFoundError):
    """The study is there and compares no arms."""


class DuplicateStudyError(GoldenError, ValueError):
    """A different study already has this name.

    Args:
        fact: whose name it is, without an end.
        cure: what to do about it.
    """

    def __init__(self, fact: str, cure: str) -> None:
        self.fact = fact
        super().__init__(f"{fact}; {cure}")


class IdempotencyConflictError(GoldenError, ValueError):
    """This Idempotency-Key was used before with another body."""


class NotSubmitterError(GoldenError, PermissionError):
    """The caller may not do this to the study: somebody else submitted it."""

    def __str__(self) -> str:
        return str(self.args[0])


class StateError(GoldenError, RuntimeError):
    """The study is in a state that does not allow the request (resuming a cancelled study, say)."""


class StudyMovedError(StateError):
    """Another request changed the study at the same moment; the same call, made anew from the study, may work."""


class LeaseLostError(GoldenError, RuntimeError):
    """The lease on a trial ran out or was taken over: the caller must drop its result and go on."""


class StorageError(GoldenError):
    """The database cannot be used; `str(error)` names its address and is for whoever operates it.

    Args:
        text: names the address.
        public: the same for everybody: no address, no user's name, no words of a driver.

    Attributes:
        passes: True if it may pass by itself, so that the same call may work later.
    """

    def __init__(self, text: str, *, public: str = "", passes: bool = True) -> None:
        self._public = public or "the database cannot be used at present; the log of the program that uses it says why"
        self.passes = passes
        super().__init__(text)

    @property
    def public(self) -> str:
        """The sentence without the address."""
        return self._public


class SchemaError(StorageError, RuntimeError):
    """The database schema is missing, older or newer than this program; the message says which command cures it."""

    def __init__(self, text: str, *, public: str = "", passes: bool = False) -> None:
        super().__init__(text, public=public, passes=passes)


class DatabaseUrlError(GoldenError, ValueError):
    """The database URL is malformed, names another kind of database, or names no file that could be one."""


class StorageUnavailableError(StorageError, ConnectionError):
    """The database cannot be reached, is locked, broken, or another one than before; nothing was stored."""


class DatasetMissingError(GoldenError, FileNotFoundError):
    """A data set's files are not there; the message names them and the folder where they belong."""

    def __str__(self) -> str:
        return str(self.args[0])
