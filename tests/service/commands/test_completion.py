"""Words that a shell offers, asked for as bash, zsh and fish do it; real bash completes a real line."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from golden_cli import TOKEN, Server, study_file
from processes import BIN, free_port

from service.cli import main
from service.commands import completion
from studies.language import catalogue

CATALOGUE = set(catalogue.names())


def asked_by(shell: str, line: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Ask `golden` for the words at the end of a line, as a shell's completion script does."""
    protocol = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_TYPER_COMPLETE_ARGS": line}
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GOLDEN_")}
    variables = {**clean, **protocol, "_GOLDEN_COMPLETE": f"complete_{shell}", **env}
    return subprocess.run([str(BIN / "golden")], env=variables, cwd=cwd, capture_output=True, text=True)


def test_each_shell_gets_the_catalogue_and_the_files(tmp_path: Path) -> None:
    (tmp_path / "my-study.toml").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "folder").mkdir()
    offered = {*CATALOGUE, "my-study.toml", "folder/"}
    assert set(asked_by("bash", "golden submit ", tmp_path).stdout.split()) == offered
    assert "my-study.toml" in asked_by("zsh", "golden submit ", tmp_path).stdout
    fish = asked_by("fish", "golden submit my", tmp_path, _TYPER_COMPLETE_FISH_ACTION="get-args")
    assert fish.stdout.split() == ["my-study.toml"]


def test_real_bash_completes_a_line(tmp_path: Path) -> None:
    script = (
        "source <(_GOLDEN_COMPLETE=source_bash golden); COMP_WORDS=(golden catalogue q); COMP_CWORD=2; "
        '_golden_completion golden; echo "${COMPREPLY[@]}"'
    )
    env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("quickstart", "")


@pytest.mark.parametrize("token", ["", "a-token-that-nobody-knows-01"])
def test_a_service_that_is_away_or_refuses_offers_nothing_and_says_nothing(tmp_path: Path, token: str) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    done = asked_by("bash", "golden verdict ", tmp_path, GOLDEN_SERVER=address, GOLDEN_TOKEN=token or "x")
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_names_come_from_the_running_service(golden: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["submit", study_file(tmp_path, "offered")]) == 0
    monkeypatch.setattr(completion, "SECONDS", 30.0)
    assert completion.study_names("offe") == ["offered"]
    assert completion.sweep_names("offered/") == ["offered/golden@digits"]
    assert "offered/" in completion.sweep_names("off")
    assert completion.worker_names("") == []
    monkeypatch.delenv("GOLDEN_TOKEN")
    assert completion.study_names("") == []  # refused
    done = asked_by("bash", f"golden status --server {golden.url} offe", tmp_path, GOLDEN_TOKEN=TOKEN)
    assert done.stdout.split() in (["offered"], [])  # nothing where this machine is too busy to answer in time


def test_values_of_options() -> None:
    assert completion.states("c") == ["complete", "cancelled"]
    assert "accuracy" in completion.objectives("")
    assert completion.scenarios("A,B")[:1] == ["A,B"]
    assert completion.ways_of_choosing("f") == ["fixed"]
    assert completion.log_formats("j") == ["json"]
    assert completion.files("x") == []
