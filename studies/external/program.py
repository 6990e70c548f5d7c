"""The program that trained a study so far, noted beside it: results of two programs are no answer to one question.

The note has a digest of each word of the command, any of which may be a secret, and of each file among them, by its
path: what a command trains is what it says, and what the files say that it names. Modules that such a file imports,
data and variables are not seen. The note counts for the study that it was made for, from its first result on; a study
without a note goes on as it is, and is noted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studies.errors import StateError, cut
from studies.records import FINAL_STATES
from studies.storage.read_models import StudyDetail

PIECE = 1 << 20  # bytes that are read at once
MOST_SHOWN = 60  # characters of a word in a sentence
CURE = (
    "the verdict would mix the two; give the new program a study of its own with --name or --folder, or add "
    "--same-program if it trains the same"
)


class OtherProgramError(StateError):
    """Another program has trained the study so far."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command as it trains.

    Attributes:
        words: of its template, as they are noted: that of a file as it is, a digest of any other.
        files: digests of the files among the words, by word; what a word has after "=" counts as well.
    """

    words: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, words: Sequence[str]) -> Program:
        """The command with the files as they are now."""
        found = ((word, _digest(word)) for word in words)
        files = {word: digest for word, digest in found if digest is not None}
        return cls(tuple(word if word in files else _hidden(word) for word in words), files)

    def differences(self, now: Program) -> Iterator[str]:
        """What another command has otherwise, each as a clause; a file under another path is the same file.

        Files that the command had not found before, such as a log of its own, are no difference.
        """
        for i, (then, word) in enumerate(zip(self.words, now.words, strict=False)):
            if then == word:
                if self.files.get(word) != now.files.get(word):
                    yield f"{_shown(word)} has changed"
            elif word == _hidden(then):
                yield f"{_shown(then)} is gone"
            elif then != _hidden(word) and (then not in self.files or self.files[then] != now.files.get(word)):
                yield f"word {i + 1} of the command {self._other(then, word, now)}"
        if len(self.words) != len(now.words):
            yield f"the command has {len(now.words)} words, not {len(self.words)}"

    def _other(self, then: str, word: str, now: Program) -> str:
        """What a word is and was; of words that are no files that they differ alone, since they may be secrets."""
        if then in self.files and word in now.files:
            return f"is {_shown(word)}, not {_shown(then)}"
        return "is another than before"


def require_same(path: Path, detail: StudyDetail, now: Program, *, accepted: bool = False) -> None:
    """See that a study goes on with the program that trained it so far, and note the program where it may go on.

    Args:
        path: of the note.
        detail: the study.
        now: the program that is to train it.
        accepted: whoever runs it says that the program trains the same.

    Raises:
        OtherProgramError: it is another one; the sentence says what differs, and the cure.
    """
    summary = detail.summary
    begun = summary.created_at.isoformat()
    kept = _read(path) if summary.runs_done else None
    if kept is not None and kept.get("study") == [summary.name, begun] and not accepted:
        then = Program(tuple(kept["words"]), kept["files"])
        different = list(then.differences(now))
        if different:
            more = f" (and {len(different) - 1} more)" if len(different) > 1 else ""
            text = f"another program has trained study {summary.name!r} so far: {different[0]}{more}"
            raise OtherProgramError(f"{text}; {CURE}")
        return
    if summary.state in FINAL_STATES:
        return  # it is not trained any more
    made = {"study": [summary.name, begun], "words": list(now.words), "files": dict(now.files)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    except OSError:  # a folder that is for reading alone: the study goes on as one without a note
        return


def _read(path: Path) -> dict[str, Any] | None:
    """A note; None where there is none, or what is there is none."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
        return None
    words = found.get("words")
    return found if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def _digest(word: str) -> str | None:
    """Of the file that a word, or its part after "=", names; None where it names none."""
    for name in (word, word.partition("=")[2]):
        try:
            if not name or not Path(name).is_file():
                continue
            found = hashlib.sha256()
            with Path(name).open("rb") as file:
                while piece := file.read(PIECE):
                    found.update(piece)
            return found.hexdigest()
        except (OSError, ValueError):  # not to be read, or no path at all
            continue
    return None


def _hidden(word: str) -> str:
    return f"sha256:{hashlib.sha256(word.encode(errors='surrogatepass')).hexdigest()}"


def _shown(word: str) -> str:
    """The end of a long word: of a path that is the file."""
    return repr(cut(word if len(word) <= MOST_SHOWN else f"...{word[3 - MOST_SHOWN :]}", MOST_SHOWN))
