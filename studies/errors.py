"""Domain errors. Each subclasses the builtin that says the same; its message is one sentence with the cure."""


class GoldenError(Exception):
    """Base of every error this project raises on purpose; `str(error)` is fit to show a user."""


class SpecError(GoldenError, ValueError):
    """A study description is not acceptable.

    Attributes:
        problems: `(field path, what is wrong and how to cure it)` pairs, at least one.
    """

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{path}: {text}" if path else text for path, text in problems))


class StudyNotFoundError(GoldenError, KeyError):
    """No study has this name."""

    def __str__(self) -> str:
        return str(self.args[0])


class TrialNotFoundError(StudyNotFoundError):
    """No trial has this number in this sweep."""


class DuplicateStudyError(GoldenError, ValueError):
    """A different study already has this name."""


class IdempotencyConflictError(GoldenError, ValueError):
    """This Idempotency-Key was used before with another body."""


class StateError(GoldenError, RuntimeError):
    """The study is in a state that does not allow the request (resuming a cancelled study, say)."""


class LeaseLostError(GoldenError, RuntimeError):
    """The lease on a trial ran out or was taken over: the caller must drop its result and go on."""


class SchemaError(GoldenError, RuntimeError):
    """The database schema is missing, older or newer than this program; the message says which command cures it."""


class DatabaseUrlError(GoldenError, ValueError):
    """The database URL is malformed, names another kind of database, or names no file that could be one."""


class StorageUnavailableError(GoldenError, ConnectionError):
    """The database cannot be reached at present; the same call may work later."""


class DatasetMissingError(GoldenError, FileNotFoundError):
    """A data set's files are not there; the message names them and the folder where they belong."""

    def __str__(self) -> str:
        return str(self.args[0])
