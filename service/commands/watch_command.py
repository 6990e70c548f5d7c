"""The command that `golden watch --exec` runs: its words are fixed, an event reaches it as data alone."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from service.commands.common import UsageError
from studies.variables import PREFIX

if TYPE_CHECKING:
    from service.webhooks.message import StudyMessage

NOT_STARTED = 127  # the exit code of a shell for a command that is not there


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments. No shell reads them, so that no text of a study is ever part of a command."""

    words: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """The words of a command line, split as a shell would.

        Raises:
            UsageError: it has none, a quotation is not closed, or the program is not there.
        """
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise UsageError(f"--exec: {str(error).lower()}") from None
        if not words:
            raise UsageError("--exec: names no command")
        if shutil.which(words[0]) is None:
            hint = "; for pipes and variables write --exec \"sh -c '...'\"" if set(text) & set("|&;<>$") else ""
            raise UsageError(f"--exec: there is no program {words[0]!r}{hint}")
        return cls(tuple(words))

    def run(self, message: StudyMessage, *, say: Callable[[str], object]) -> int:
        """Run it for an event, to its end; the exit code, 128 and the signal's number where a signal ended it.

        Args:
            message: the event, given as JSON on standard input and in variables.
            say: is given a sentence where the code is not 0.
        """
        content = message.model_dump_json().encode() + b"\n"
        try:
            done = subprocess.run(self.words, input=content, env={**os.environ, **variables(message)}, check=False)
        except OSError as error:
            say(f"error: {self.words[0]} cannot be started: {error.strerror}")
            return NOT_STARTED
        code = done.returncode if done.returncode >= 0 else 128 - done.returncode
        if code:
            how = f"with code {code}" if done.returncode > 0 else f"by signal {-done.returncode}"
            say(f"error: {self.words[0]} ended {how}")
        return code


def variables(message: StudyMessage) -> dict[str, str]:
    """An event as environment variables; control characters are blanks there."""
    data, verdict = message.data, message.data.verdict
    values = {
        "STUDY": data.study,
        "EVENT": message.type.removeprefix("study."),
        "VERDICT": verdict.outcome if verdict is not None else "",
        "SENTENCE": verdict.sentence if verdict is not None else "",
        "TITLE": data.title,
        "STATE": data.state.value,
        "NOTE": data.note,
        "URL": data.url,
        "REPORT": data.report,
        "AT": message.timestamp.isoformat(),
        "NOTICE": message.id,
    }
    return {PREFIX + name: plain(value) for name, value in values.items()}


def plain(text: str) -> str:
    """A text with blanks for control characters, so that it does nothing to a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
