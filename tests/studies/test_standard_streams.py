"""Standard streams: characters that an encoding has not, streams that are closed, ends of a program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from studies.standard_streams import run_program

SETTLED = "import sys; from studies.standard_streams import *; settle(); "


def python(code: str, shell: str = "", *, encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    command = ["bash", "-c", f'"$@" {shell}', "bash", sys.executable, "-c", SETTLED + code]
    return subprocess.run(command, env={"PYTHONIOENCODING": encoding, "PATH": "/usr/bin:/bin"}, capture_output=True)


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", b"eta +- alpha ? ??"), ("cp1252", b"eta \xb1 alpha ? ??"), ("utf-8", "η ± α 😀 ü?".encode())],
)
def test_what_cannot_be_written_is_spelled_out_or_replaced(encoding: str, shown: bytes) -> None:
    text = r"print('\u03b7 \xb1 \u03b1 \U0001F600 \xfc\udcff')"
    done = python(text, encoding=encoding)
    assert done.stderr == b""
    assert done.stdout.rstrip() == (shown if encoding != "cp1252" else "eta ± alpha ? ü?".encode("cp1252"))


def test_a_file_that_is_opened_next_does_not_become_a_closed_stream(tmp_path: Path) -> None:
    code = f"f = open({str(tmp_path / 'f')!r}, 'w'); print(f.fileno() > 2, file=f)"
    done = python(code, "<&- >&- 2>&-")
    assert done.returncode == 0
    assert (tmp_path / "f").read_text() == "True\n"


@pytest.mark.parametrize("shell", [">&-", ">/dev/full"])
def test_a_failed_output_is_an_error_of_ours_and_the_end_of_the_process_is_quiet(shell: str) -> None:
    code = "run_program(lambda: print('x') or 0, lambda line: print(line, file=sys.stderr))"
    done = python(f"sys.exit({code})", shell)
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: cannot write to standard output: ")
    assert done.stderr.count(b"\n") == 1


def test_a_lost_error_message_changes_no_exit_code() -> None:
    assert python("sys.stderr.write('lost'); sys.exit(3)", "2>/dev/full").returncode == 3


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (PermissionError(13, "Permission denied", "x.toml"), 1, "error: 'x.toml': Permission denied"),
        (OSError(24, "Too many open files"), 1, "error: Too many open files"),
    ],
)
def test_each_end_is_a_code_and_a_line(error: BaseException, code: int, line: str) -> None:
    def fail() -> int:
        raise error

    said: list[str] = []
    assert run_program(fail, said.append) == code
    assert said == [line]
