"""Failures of the client, and the exit codes that the command line ends with. Loads nothing that speaks HTTP."""

from __future__ import annotations

from enum import IntEnum

from studies.errors import GoldenError, ProblemList


class ExitCode(IntEnum):
    """The code with which the command line ends, by class of failure."""

    OK = 0
    FAILED = 1
    USAGE = 2  # bad options, bad study, bad input of any kind
    NOT_FOUND = 3
    UNREACHABLE = 4  # server or database
    CONFLICT = 5
    INTERRUPTED = 130


EXIT_BY_STATUS = {
    400: ExitCode.USAGE,
    404: ExitCode.NOT_FOUND,
    409: ExitCode.CONFLICT,
    413: ExitCode.USAGE,
    415: ExitCode.USAGE,
    422: ExitCode.USAGE,
    502: ExitCode.UNREACHABLE,
    503: ExitCode.UNREACHABLE,
    504: ExitCode.UNREACHABLE,
}


class ClientError(GoldenError, RuntimeError):
    """The service refused, failed, could not be reached, or sent an answer that cannot be read.

    Attributes:
        status: HTTP status, 0 where there was no answer.
        exit_code: the code with which a command line should end.
        problems: the faults of the request, where the service named some.
    """

    def __init__(self, message: str, *, status: int, exit_code: ExitCode, problems: ProblemList | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.exit_code = exit_code
        self.problems = problems or ProblemList()
