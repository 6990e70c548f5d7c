"""Every verb where it is hard to run: odd folders, users, terminals, outputs. One line and a documented code."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from processes import BIN, free_port
from waiting import CEILING

from service.client_errors import ExitCode

CODES = {int(code) for code in ExitCode}
DRIVER = Path(__file__).parents[1] / "support" / "forked_golden.py"
ODD_NAME = "ä b%41?{x} 😀#"
POOR = {
    "PYTHONIOENCODING": "ascii",
    "LC_ALL": "C",
    "TERM": "dumb",
    "COLUMNS": "20",
    "NO_COLOR": "1",
    "TZ": "Mars/Phobos",
}
AS_OTHER_USER = ["setpriv", "--reuid", "4242"]  # who has no name and no home
FULL = "cannot write to standard output: No space left on device\n"


def environment(**more: str) -> dict[str, str]:
    """This environment without settings and without a service."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GOLDEN_")}
    return {**clean, "GOLDEN_SERVER": f"http://127.0.0.1:{free_port()}", "OMP_NUM_THREADS": "1", **more}


def hostile(folder: Path) -> Path:
    """A folder full of modules and packages that end whoever imports them."""
    folder.mkdir(parents=True)
    for name in ("torch", "json", "site", "sitecustomize", "conftest", "typing", "numpy", "struct"):
        (folder / f"{name}.py").write_text(f"raise SystemExit('the local {name}')\n")
    for name in ("service", "studies", "worker"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"raise SystemExit('the local {name}')\n")
    return folder


def golden(*arguments: str, cwd: Path, shell: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run the installed `golden`, in bash where `shell` gives a redirection."""
    command = [str(BIN / "golden"), *arguments]
    if shell:
        command = ["bash", "-c", f'"$@" {shell}', "bash", *command]
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(**env),
        capture_output=True,
        encoding="utf-8",
        timeout=CEILING,
        errors="replace",
    )


def every_verb(*outputs: str, cwd: Path, env: dict[str, str], other_user: bool = False) -> list[dict[str, Any]]:
    """What became of every verb for each kind of standard output."""
    done = subprocess.run(
        [*(AS_OTHER_USER if other_user else []), sys.executable, "-P", str(DRIVER), *outputs],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=2 * CEILING,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def faults(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs that ended in a traceback, in no documented code, or with nothing said about a failure."""
    return [
        run
        for run in runs
        if "Traceback" in run["said"]
        or run["code"] not in CODES
        or (run["code"] not in (0, 130) and not run["said"].strip() and run["arguments"][1:] not in ([], ["doctor"]))
    ]


def test_no_verb_needs_greek_letters_a_disk_or_an_open_output(tmp_path: Path) -> None:
    env = environment(**POOR, HOME=str(tmp_path), XDG_DATA_HOME="")
    runs = every_verb("plain", "full", cwd=hostile(tmp_path / ODD_NAME), env=env)
    assert len(runs) > 60
    assert faults(runs) == []
    unseen = [run for run in runs if run["output"] == "full"]
    assert {run["code"] for run in unseen} == {ExitCode.FAILED}
    assert {run["said"].partition(": ")[2] for run in unseen} >= {FULL}
    assert all(run["said"].count("\n") == 1 for run in unseen), unseen


@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("setpriv"), reason="needs to become another user")
def test_no_verb_needs_a_home_a_user_name_or_a_folder_it_may_enter(tmp_path: Path) -> None:
    env = {key: value for key, value in environment(TMPDIR="/none", XDG_CACHE_HOME="/none").items() if key != "HOME"}
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert faults(every_verb("plain", cwd=closed, env=env, other_user=True)) == []


@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [
        (">&-", 1, "error: cannot write to standard output: Bad file descriptor\n"),
        (">/dev/full", 1, f"error: {FULL}"),
        ("| head -c 1; exit ${PIPESTATUS[0]}", 0, ""),
        ("<&- 2>&-", 0, ""),
    ],
)
def test_the_output_of_the_real_program(tmp_path: Path, redirection: str, code: int, said: str) -> None:
    done = golden("schema", cwd=tmp_path, shell=redirection)
    assert (done.returncode, done.stderr) == (code, said)


def test_an_error_that_nobody_can_read_keeps_its_code(tmp_path: Path) -> None:
    assert golden("catalogue", "none", cwd=tmp_path, shell="2>/dev/full").returncode == ExitCode.NOT_FOUND


def test_greek_letters_are_spelled_out_and_json_stays_json(tmp_path: Path) -> None:
    lines = ["eta,alpha,accuracy", *(f"{0.004 * 2**n},0.8,{0.9 - 0.01 * n}" for n in range(8))]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    for encoding in ("ascii", "cp1252"):
        shown = golden("verdict", "--from", "t.csv", "--points", "fixed", cwd=tmp_path, PYTHONIOENCODING=encoding)
        assert shown.returncode == 0, shown.stderr
        assert "optimum eta" in shown.stdout
        as_json = golden("verdict", "--from", "t.csv", "--json", cwd=tmp_path, PYTHONIOENCODING=encoding)
        assert "η" in json.dumps(json.loads(as_json.stdout), ensure_ascii=False)


def test_documents_need_no_service_and_make_nothing(tmp_path: Path) -> None:
    place = tmp_path / "empty"
    place.mkdir()
    for arguments in (["schema"], ["catalogue"], ["catalogue", "quickstart"], ["preview", "quickstart"], ["list"]):
        done = golden(*arguments, cwd=place, HOME=str(tmp_path / "home"), XDG_DATA_HOME="")
        assert done.returncode == (ExitCode.UNREACHABLE if arguments == ["list"] else ExitCode.OK), done.stderr
    assert list(tmp_path.rglob("*")) == [place]


def test_the_demos_processes_start_in_a_hostile_folder(tmp_path: Path) -> None:
    """The demo ends at a study that is not there: service and worker have started by then."""
    done = golden(
        "demo", "--exit", "--study", "none", "--port", str(free_port()), cwd=hostile(tmp_path / ODD_NAME), **POOR
    )
    assert done.returncode == ExitCode.NOT_FOUND, done.stderr
    assert done.stderr.startswith("error: the catalogue has no study 'none'")
    assert "dashboard http://127.0.0.1:" in done.stdout


def test_a_demo_says_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    done = golden("demo", "--exit", cwd=tmp_path)
    assert done.returncode == ExitCode.FAILED
    assert done.stderr.startswith("error: cannot write in the folder 'data/demo'")
    assert "--data" in done.stderr
    assert done.stderr.count("\n") == 1
    folder = tmp_path / "held"
    folder.mkdir()
    with (folder / "demo.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = golden("demo", "--exit", "--data", "held", cwd=tmp_path)
    assert (
        second.stderr == "error: another `golden demo` uses the folder 'held'; stop it, or name another with --data\n"
    )
