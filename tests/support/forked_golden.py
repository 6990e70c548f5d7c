"""Run every verb of `golden` and `golden-worker`, each in a process forked from this one.

    python forked_golden.py OUTPUT...

Loading the command line takes most of a process's time, so it is loaded once, in the environment that a test chose. An
OUTPUT is what standard output is in the fork: plain, where every verb gets arguments; full or closed, where every verb
prints its help, for some would print nothing else. Prints a JSON line per run.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

ARGUMENTS = {  # of verbs that would run for long, or ask
    "demo": ["--data", "/dev/null/in-the-way"],
    "worker": ["--max-lanes", "-1"],
    "calibrate": ["--scenario", "none"],
    "serve": ["--port", "0", "--database", "sqlite:////dev/null/x.db"],
    "delete": ["x", "--yes"],
    "extend": ["x", "--more", "1"],
    "help": ["submit"],
    "mcp": ["x"],
}


def verbs(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Every verb with arguments that it takes, found in the application itself."""
    for name, part in getattr(command, "commands", {}).items():
        if hasattr(part, "commands"):
            yield from verbs(part, (*path, name))
            continue
        needed = ["x.json" for p in part.params if p.param_type_name == "argument" and p.required]
        yield (*path, name), ARGUMENTS.get(name, needed)


def forked(arguments: list[str], output: str, *, program: str) -> dict[str, Any]:
    """Run a command line in a fork; its exit code and what it wrote to standard error."""
    with tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child == 0:
            os.dup2(errors.fileno(), 2)
            _redirect(output)
            again = None if output == "closed" else open(1, "w", closefd=False)  # noqa: SIM115 -- until the fork's end
            sys.stdout = sys.__stdout__ = again  # type: ignore[assignment, misc]
            sys.argv = [program, *arguments]
            os._exit(_code(program, arguments))
        _, status = os.waitpid(child, 0)
        errors.seek(0)
        said = errors.read().decode(errors="replace")
    return {
        "arguments": [program, *arguments],
        "output": output,
        "code": os.waitstatus_to_exitcode(status),
        "said": said,
    }


def _redirect(output: str) -> None:
    os.dup2(os.open("/dev/full" if output == "full" else os.devnull, os.O_WRONLY), 1)
    if output == "closed":
        os.close(1)


def _code(program: str, arguments: list[str]) -> int:
    import traceback

    from service.cli import main as golden
    from worker.main import main as worker

    try:
        code = (golden if program == "golden" else worker)(arguments)
    except SystemExit as ending:
        code = int(ending.code or 0)
    except BaseException:
        traceback.print_exc()
        code = 99
    sys.stderr.flush()
    return code


def main() -> None:
    """Run all, for each output that the command line names."""
    import typer

    import service.client
    import service.commands.doctor
    import service.ready_made  # noqa: F401 -- the same
    import studies.report.document  # noqa: F401 -- loaded once, not in each fork
    import worker.main  # noqa: F401
    from service.commands.root import app

    found = list(verbs(typer.main.get_command(app)))
    plain = [["golden"], ["golden", "nonsense"], ["golden-worker", "--max-lanes", "-1"]]
    plain += [["golden", *path, *arguments] for path, arguments in found]
    helps = [["golden", *path, "--help"] for path, _ in found]
    helps += [["golden", "--version"], ["golden", "--help"], ["golden-worker", "--help"]]
    for output in sys.argv[1:]:
        for program, *line in plain if output == "plain" else helps:
            print(json.dumps(forked(line, output, program=program)), flush=True)


if __name__ == "__main__":
    main()
