"""A command as a trainer: its arguments and variables name the trial, the last JSON line of its output the result.

    python train.py --lr {lr} --momentum {momentum} --seed {seed}

The words of the command are a list that no shell reads, so that no text of a study is ever part of a command line.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeGuard

from studies.errors import Problem, SpecError, cut
from studies.external.backlog import Task
from studies.external.outcome import DIVERGED, MOST_TEXT, RunEnd, end_of
from studies.external.process import GRACE_SECONDS, Ended, run_process
from studies.external.run_log import MOST_LINE, Lines, RunLog, json_object
from studies.external.source import Lease
from studies.external.trial import SEEDS, folder_of
from studies.language.measure import Measure
from studies.records import MOST_LOG
from studies.variables import PARAMETER, PREFIX

_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
SEEN = re.compile(rf"(?P<dollar>\$?)(?:\{{\{{(?P<literal>{_NAME})\}}\}}|\{{(?P<name>{_NAME})\}})")
STEP = "step"
PLACEHOLDERS = (
    *("seed", "order_seed", "split", "fold", "folds", "trial", "run"),
    *("epochs", "loss", "context", "folder"),
)


def words_of(task: Task, folder: Path) -> dict[str, str]:
    """What a command may name of a run, apart from the parameters: placeholders, and variables in upper case."""
    lease, replicate = task.lease, task.replicate
    return {
        "seed": str(replicate.init_seed % SEEDS),
        "order_seed": str(replicate.order_seed % SEEDS),
        "split": str(replicate.split % SEEDS),
        "fold": str(replicate.fold),
        "folds": str(lease.folds),
        "epochs": "" if lease.epochs is None else str(lease.epochs),
        "trial": str(lease.number),
        "run": str(task.run),
        "loss": lease.loss,
        "context": lease.context,
        "folder": str(folder),
    }


MOST_LINES = 200  # of the output of a run that ends well, as they are shown


@dataclass(frozen=True)
class Template:
    """A command with placeholders, checked against the parameters of a study.

    Where a parameter is called like another placeholder, the placeholder is the parameter.

    Args:
        words: the program and its arguments.
        parameters: names of the study's parameters.

    Raises:
        SpecError: a placeholder is unknown, or a parameter can reach the command in no way.
    """

    words: tuple[str, ...]
    parameters: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a command that could not be filled in."""
        known = (*self.parameters, *PLACEHOLDERS)
        texts = [_unknown(name, known) for name in self.named if name not in known]
        texts += [_for_a_shell(name) for name in self._dollars() if name in known]
        problems = [Problem("command", text) for text in texts or self._unreached()]
        if problems:
            raise SpecError(problems)

    @property
    def named(self) -> list[str]:
        """The placeholders, each once, in their order."""
        return list(dict.fromkeys(match["name"] for match in self._seen() if match["name"] and not match["dollar"]))

    @property
    def unnamed(self) -> list[str]:
        """Parameters and the seed, as far as no placeholder names them: the command finds them in its variables."""
        return [name for name in (*self.parameters, "seed") if name not in self.named]

    def filled(self, values: Mapping[str, str]) -> list[str]:
        """The command with values for its placeholders; `{{name}}` becomes `{name}`, `${name}` is left to a shell."""
        return [SEEN.sub(lambda match: _filled(match, values), word) for word in self.words]

    def _seen(self) -> Iterator[re.Match[str]]:
        return (match for word in self.words for match in SEEN.finditer(word))

    def _dollars(self) -> list[str]:
        return list(dict.fromkeys(match["name"] for match in self._seen() if match["name"] and match["dollar"]))

    def _unreached(self) -> list[str]:
        """Parameters whose variable is another's and that no placeholder names."""
        first, second = self.parameters
        if variable_of(first) != variable_of(second):
            return []
        return [
            f"parameter {name!r} can reach the command by a placeholder alone, since {first} and {second} share "
            f"the variable {variable_of(name)}; write {{{name}}}"
            for name in self.parameters
            if name not in self.named
        ]


def variable_of(parameter: str) -> str:
    """The environment variable of a parameter."""
    return PREFIX + PARAMETER + re.sub(r"[^A-Z0-9]", "_", parameter.upper())


@dataclass
class CommandTrainer:
    """Runs a command for each run.

    Attributes:
        template: the command.
        folder: under which each run has its own folder, its log beside it.
        seconds: after which a training is ended and has failed; None: never.
        devices: for CUDA_VISIBLE_DEVICES, one for each job in turn; none: left as it is.
    """

    template: Template
    folder: Path
    seconds: float | None = None
    devices: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    grace: float = GRACE_SECONDS + 5.0

    def __call__(self, task: Task) -> RunEnd | None:
        """The end of the run; None where it was stopped."""
        files = Files.of(self.folder, task.lease, task.run)
        try:
            files.prepare()
        except OSError as error:
            return RunEnd(failed=f"cannot write in the folder {cut(str(files.folder), 200)!r}: {error.strerror}")
        log = RunLog(files.log, f"attempt {task.lease.attempt} at trial {task.lease.number}, run {task.run}")
        results = Results(task)
        parameters = {name: repr(value) for name, value in task.lease.parameters.items()}
        words = words_of(task, files.folder)
        try:
            ended = run_process(
                self.template.filled({**words, **parameters}),
                environment=self._environment(task, parameters, words, files),
                log=log,
                lines=Lines(results.note),
                stopped=lambda: task.stopped,
                seconds=self.seconds,
                note=files.note,
            )
        except OSError as error:
            return RunEnd(failed=f"{cut(self.template.words[0], 100)!r} cannot be started: {error.strerror}")
        end = None if ended.stopped else self._end(ended, results, log, files, task.lease.measure)
        files.tidy()
        return end

    def _environment(
        self, task: Task, parameters: Mapping[str, str], words: Mapping[str, str], files: Files
    ) -> dict[str, str]:
        """The variables of the command: ours without what is meant for golden-study, such as tokens, and the run's."""
        kept = {name: value for name, value in self.environment.items() if not name.startswith(PREFIX)}
        if self.devices:
            kept["CUDA_VISIBLE_DEVICES"] = self.devices[task.slot % len(self.devices)]
        named = {PREFIX + name.upper(): value for name, value in words.items()}
        point = {variable_of(name): value for name, value in parameters.items()}
        more = {"RESULT": str(files.result), "SETTINGS": json.dumps(dict(task.lease.settings))}
        return {**kept, **point, **named, **{PREFIX + name: value for name, value in more.items()}}

    def _end(self, ended: Ended, results: Results, log: RunLog, files: Files, measure: Measure) -> RunEnd:
        if ended.late:
            return _failed(f"not finished within {self.seconds:g} s, so it was ended", log)
        if ended.code != 0:
            how = f"exit status {ended.code}" if ended.code > 0 else f"ended by signal {-ended.code}"
            return _failed(how, log)
        result = files.read_result() or results.last
        if result is None:
            return _failed(_no_result(results.other, measure), log)
        end = end_of(result, measure)
        return _failed(end.failed, log) if end.failed else replace(end, log=log.last_lines(MOST_LINES, MOST_LOG))


class Results:
    """The JSON objects that a run prints: values on the way, and the latest one that may be the result."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._name = task.lease.measure.name
        self.last: Mapping[str, Any] | None = None
        self.other: Mapping[str, Any] | None = None  # the latest one that is no result

    def note(self, found: Mapping[str, Any]) -> None:
        """Take an object."""
        if self._name not in found and found.get(DIVERGED) is not True:
            self.other = found
            return
        self.last = found
        step, value = found.get(STEP), found.get(self._name)
        if _is_step(step) and isinstance(value, int | float) and not isinstance(value, bool):
            with contextlib.suppress(OverflowError):
                self._task.report(int(step), float(value))


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a run: its own folder, and beside it the log, the result and the note of its process."""

    folder: Path
    log: Path
    result: Path
    note: Path

    @classmethod
    def of(cls, root: Path, lease: Lease, run: int) -> Files:
        """Those of a run, the same for each attempt at it."""
        folder = folder_of(root, lease, run).absolute()
        beside = (folder.with_name(f"{folder.name}.{ending}") for ending in ("log", "result.json", "pid"))
        return cls(folder, *beside)

    def prepare(self) -> None:
        """Make the folder, and forget the result of an earlier attempt."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.result.unlink(missing_ok=True)

    def read_result(self) -> Any:
        """What the result's file says: a JSON object or a number; None where there is no file."""
        try:
            with self.result.open("rb") as file:
                text = file.read(MOST_LINE + 1).strip()
        except OSError:
            return None
        if not text:
            return None
        found = json_object(text)
        if found is not None:
            return found
        with contextlib.suppress(ValueError):
            return float(text)
        return text.decode("utf-8", "replace")

    def tidy(self) -> None:
        """Remove what is empty or was passed on."""
        with contextlib.suppress(OSError):
            self.result.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()  # succeeds only where the command left nothing


def visible_devices(environment: Mapping[str, str]) -> list[str]:
    """The GPUs that jobs may use in turn, as CUDA_VISIBLE_DEVICES names them; none where there is at most one."""
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        found = [part.strip() for part in named.split(",") if part.strip()]
    else:
        files = (path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
        found = sorted((number for number in files if number.isdigit()), key=int)
    return found if len(found) > 1 else []


def _is_step(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value == value // 1


def _failed(text: str, log: RunLog) -> RunEnd:
    """A failure with the last lines of the output."""
    lines = log.last_lines()
    room = MOST_TEXT - len(text) - 20
    return RunEnd(failed=f"{text}\nits last lines:\n{lines[-room:]}" if lines else text)


def _no_result(other: Mapping[str, Any] | None, measure: Measure) -> str:
    """Why an output has no result, and the cure; `other` is its last JSON object, if there is one."""
    if other is None:
        return f'no result: the last line of the output should be JSON, such as {{"{measure.name}": 0.9}}'
    names = ", ".join(cut(name, 40) for name in list(other)[:10]) or "nothing"
    return (
        f"no result: the last JSON object of the output has {names}, not {measure.name}; print "
        f'{{"{measure.name}": 0.9}}, or call the measure as the program does'
    )


def _unknown(name: str, known: Sequence[str]) -> str:
    listed = ", ".join(f"{{{each}}}" for each in known)
    name = cut(name, 40)
    return f"{{{name}}} is no placeholder; write {{{{{name}}}}} where braces are meant, or one of {listed}"


def _for_a_shell(name: str) -> str:
    return f"${{{name}}} is a shell's variable, and none is called so; write {{{name}}} without the dollar sign"


def _filled(match: re.Match[str], values: Mapping[str, str]) -> str:
    if match["literal"]:
        return f"{match['dollar']}{{{match['literal']}}}"
    return match[0] if match["dollar"] else values[match["name"]]
