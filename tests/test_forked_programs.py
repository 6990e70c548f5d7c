"""A forked program is what it is when it is started anew: its output, its end, its environment and its folder."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import forked_programs
import pytest
from chaos import answers
from processes import BIN, environment, free_port
from waiting import exit_code, wait_until

GOLDEN = str(BIN / "golden")


def _anew(command: list[str], env: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("program", "arguments", "code"),
    [
        ("golden", ["--version"], 0),
        ("golden", ["list"], 4),
        ("golden", ["nonsense"], 2),
        ("golden", ["preview", "study.toml"], 0),
        ("golden", ["preview", "none.toml"], 2),
        ("golden-worker", ["--max-lanes", "-1"], 2),
        ("golden-worker", ["--help"], 0),
    ],
)
def test_a_fork_says_what_a_new_process_says(tmp_path: Path, program: str, arguments: list[str], code: int) -> None:
    (tmp_path / "study.toml").write_text('name = "small"\n')
    command = [str(BIN / program), *arguments]
    env = environment("sqlite:///none.db", GOLDEN_SERVER="http://127.0.0.1:1")
    assert forked_programs.can_fork(command, env)
    forked, anew = forked_programs.run(command, env=env, cwd=tmp_path), _anew(command, env, tmp_path)
    assert (forked.returncode, forked.stdout, forked.stderr) == (anew.returncode, anew.stdout, anew.stderr)
    assert forked.returncode == code


def test_it_ends_by_signals_as_any_other(tmp_path: Path) -> None:
    env, port = environment(f"sqlite:///{tmp_path / 'golden.db'}"), free_port()
    for number, code in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
        with (tmp_path / "log").open("wb") as log:
            to = log.fileno()
            command = [GOLDEN, "serve", "--port", str(port), "--migrate"]
            process = forked_programs.start(command, env=env, cwd=tmp_path, stdout=to, stderr=to)
        wait_until(lambda: answers(f"http://127.0.0.1:{port}"), what="the service")
        assert process.poll() is None
        process.send_signal(number)
        assert exit_code(process) == process.poll() == code
        process.kill()  # of what has ended: nothing


def test_what_may_matter_while_a_program_is_loaded_is_started_anew(tmp_path: Path) -> None:
    plain = environment("sqlite:///none.db")
    assert forked_programs.can_fork([GOLDEN, "list"], {**plain, "GOLDEN_SERVER": "http://127.0.0.1:1"})
    assert not forked_programs.can_fork([GOLDEN, "list"], {**plain, "PYTHONPATH": str(tmp_path)})
    assert not forked_programs.can_fork([GOLDEN, "list"], {**plain, "OMP_NUM_THREADS": "2"})
    assert not forked_programs.can_fork([sys.executable, "-m", "service.cli"], plain)
    assert not forked_programs.can_fork([str(tmp_path / "golden"), "list"], plain)
