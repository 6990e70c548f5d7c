"""`golden run` with an embedded database: verdict, going on, refusals. The faults are in tests/acceptance."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest
from invariants import check_at_rest
from processes import BIN, signal_another_thread
from shell_trainer import command, study_file
from waiting import exit_code, wait_until

from service.cli import main
from service.client_errors import ExitCode
from service.settings import sqlite_url
from studies.errors import GoldenError
from studies.storage import external, overview
from studies.storage.engine import open_database


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the study's file, which is the current one."""
    study_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GOLDEN_")]:
        monkeypatch.delenv(name)
    return tmp_path


def runs_done(folder: Path) -> int:
    """Runs in the embedded database; 0 while it is not there."""
    path = folder / "golden.db"
    if not path.exists():
        return 0
    db = open_database(sqlite_url(path))
    try:
        return overview.get(db, "own").summary.runs_done
    except GoldenError:  # not made yet
        return 0
    finally:
        db.dispose()


def test_a_study_runs_to_its_verdict_and_is_not_run_again(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "own.json", "--jobs", "2", "--", *command(here)]
    assert main(words) == ExitCode.OK
    first = capsys.readouterr()
    assert "own: by val_acc" in first.out
    look, send, *_ = [line for line in first.out.splitlines() if line.startswith(("look", "send", "go on"))]
    assert look.startswith(f"look at it:    golden serve --database sqlite:///{here}/own.golden/golden.db ")
    assert send.startswith("send it round: golden report own --server ")
    assert "own.golden/golden.db; checkpoints and logs in own.golden" in first.err
    assert "(0 of 80 runs done)" in first.err
    db = open_database(sqlite_url(here / "own.golden" / "golden.db"))
    check_at_rest(db, "own")
    (sweep,) = overview.get(db, "own").sweeps
    assert external.steps_of(db, "own", sweep.name, 0) == [(0, 1, 0.1)]
    db.dispose()
    log = (here / "own.golden/trials/own/own@mine/0/0.log").read_text()
    assert log.startswith("--- attempt 1 at trial 0, run 0 ---\n")
    assert "training at" in log
    (here / "train.sh").write_text("#!/bin/sh\nexit 1\n")
    assert main(words) == ExitCode.CONFLICT, "what is printed would be another program's verdict"
    refused = capsys.readouterr()
    assert refused.out == ""
    assert "another program has trained study 'own' so far: '" in refused.err
    assert "/train.sh' has changed; the verdict would mix the two" in refused.err
    assert main([*words[:-6], "--json", "--same-program", *words[-6:]]) == ExitCode.OK
    again = capsys.readouterr()
    assert json.loads(again.out)["study"] == "own"
    assert "(76 of 76 runs done)" in again.err


def test_a_claim_in_words_needs_no_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "fail.sh").write_text("#!/bin/sh\necho no module named torch >&2\nexit 1\n")
    (here / "fail.sh").chmod(0o755)
    words = ["--claim", "lr=3e-4,beta1=0.9", "--space", "lr=1e-5..0.1,beta1=0.5..0.999", "--measure", "val_acc"]
    words += ["--name", "mine", "--db", "kept/mine.db", "--", "./fail.sh", "--lr={lr}"]
    assert main(["run", *words]) == ExitCode.FAILED
    said = capsys.readouterr().err
    unnamed = "warning: the command names no {beta1} and no {seed}: the program must read GOLDEN_PARAMETER_BETA1 and "
    assert unnamed + "GOLDEN_SEED from its environment" in said
    assert said.index("warning: ") < said.index("the first 3 trainings failed")
    assert "the first 3 trainings failed, so no more are tried. The first one: exit status 1" in said
    assert "no module named torch" in said
    assert (here / "kept" / "mine.db").is_file()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["own.json"], "name the command of a training after --"),
        (["own.json", "--", "no-such-program"], "there is no program 'no-such-program'"),
        (["none.json", "--", "true"], "there is no file"),
        (["own.json", "--", "true", "{lr}"], "{lr} is no placeholder; write {{lr}} where braces are meant"),
        (["--claim", "lr=1e-3,beta1=0.9", "--measure", "a:maximize:share:9", "--", "true"], "would take --space lr="),
        (["--claim", "lr=1,m=0.5", "--", "true"], "needs --claim, --space and --measure, all three"),
        (["--db", "x.db", "own.json", "--server", "http://127.0.0.1:9", "--", "true"], "leave one out"),
        (
            ["own.json", "--db", "postgresql://u:secret-7@h/d", "--", "true"],
            "--db names an SQLite file; for PostgreSQL",
        ),
        (["own.json", "--db", "own.json", "--", "true"], "name another file in --db"),
        (["own.json", "--token", "x", "--", "true"], "--token is for a service"),
        (["own.json", "--folder", "/proc/none", "--", "true"], "cannot make the folder '/proc/none'"),
        (["own.json", "--set", 'losses=["golden"]', "--set", "contexts=[{}]", "--", "true"], "measure"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], text: str
) -> None:
    assert main(["run", *words]) in (ExitCode.USAGE, ExitCode.FAILED, ExitCode.UNREACHABLE)
    said = capsys.readouterr().err
    assert text in " ".join(said.split())
    assert "Traceback" not in said
    assert "secret-7" not in said


def test_built_in_contexts_need_a_service(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "ours.json").write_text(json.dumps({"name": "ours", "losses": ["golden"]}))
    assert main(["run", "ours.json", "--", "true"]) == ExitCode.USAGE
    assert "is built in, and without a service nothing trains it" in " ".join(capsys.readouterr().err.split())
    assert not (here / "ours.golden").exists()


@pytest.mark.parametrize(
    ("number", "thread"), [(signal.SIGINT, "main"), (signal.SIGTERM, "main"), (signal.SIGTERM, "another")]
)
def test_an_interrupt_ends_trainings_hands_back_and_the_same_command_goes_on(
    here: Path, number: signal.Signals, thread: str
) -> None:
    block = "if [ -e ./block ]; then echo $$ > ./blocked; sleep 600; fi"
    words = [str(BIN / "golden"), "run", "own.json", "--jobs", "2", "--", *command(here, block)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: runs_done(here / "own.golden") >= 10, what="the first results")
        (here / "block").touch()
        wait_until(lambda: (here / "blocked").exists(), what="a training that hangs")
        send = process.send_signal if thread == "main" else partial(signal_another_thread, process.pid)
        send(number)
        assert exit_code(process) == ExitCode.INTERRUPTED
        _, said = process.communicate()
    assert "trials were handed back; the same command goes on with the study" in said
    assert "Traceback" not in said
    blocked = int((here / "blocked").read_text())
    assert not Path(f"/proc/{blocked}").exists()
    db = open_database(sqlite_url(here / "own.golden" / "golden.db"))
    assert overview.get(db, "own").summary.trials_running == 0
    (here / "block").unlink()
    (here / "other.sh").write_text("exit 1")
    other = [*words[: words.index("--") + 1], "sh", "other.sh", "{eta}", "{alpha}", "{seed}"]
    mixed = subprocess.run(other, capture_output=True, text=True, check=False)
    assert mixed.returncode == ExitCode.CONFLICT
    assert (
        "another program has trained study 'own' so far: word 1 of the command is another than before" in mixed.stderr
    )
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    check_at_rest(db, "own")
    db.dispose()
