"""The tutorial, typed by a newcomer: its script and its commands, in their order, up to the verdict and its check."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import httpx2
import pytest
from processes import BIN
from waiting import CEILING, wait_until

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
BLOCKS = [block.replace("\\\n", " ") for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S)]
COMMANDS = [shlex.split(line, comments=True) for block in BLOCKS for line in block.splitlines()]
ARMS = ("opposite", "likeliest", "rival")
SIZES = ("map_points=16", "claim_replicates=2", "zoom_points=4", "confirm_blocks=2")
FEWER = [word for field in (*SIZES, *(f"{arm}=false" for arm in ARMS)) for word in ("--set", f"design.{field}")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The newcomer's folder, with the script of the page."""
    script = re.search(r'```python title="train.py"\n(.*?)```', PAGE, re.S)
    assert script is not None
    (tmp_path / "train.py").write_text(script[1], "utf-8")
    return tmp_path


def _typed(words: list[str], folder: Path, **env: str) -> str:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GOLDEN_")}
    path = f"{BIN}{os.pathsep}{plain['PATH']}"
    done = subprocess.run(
        words,
        cwd=folder,
        env={**plain, "PATH": path, "OMP_NUM_THREADS": "1", "COLUMNS": "200", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_tutorial_works_as_it_is_written(folder: Path) -> None:
    asked = {tuple(words[:2]): words for words in COMMANDS if words[:1] in (["golden"], ["python"])}
    assert _typed(asked["python", "train.py"], folder).startswith('{"val_acc": 0.')
    _typed(asked["golden", "init"], folder)
    document = (folder / "study.toml").read_text("utf-8")
    shown = re.search(r"```toml\n(.*?)```", PAGE, re.S)
    assert shown is not None
    assert shown[1].strip() in document
    assert "at most 192 (map 40, zoom 32, confirm 120)" in " ".join(_typed(asked["golden", "preview"], folder).split())
    run = asked["golden", "run"]
    verdict = _typed([*run[:2], *FEWER, *run[2:]], folder)
    assert "is the optimum there?" in verdict
    serve = [*asked["golden", "serve"], "--port", "0"]
    _look(serve, folder, [words for words in COMMANDS if words[:2] in (["golden", "report"], ["golden", "verify"])])


def _look(serve: list[str], folder: Path, commands: list[list[str]]) -> None:
    """Serve the newcomer's database, open the study's page, and type the commands that need the service."""
    log = folder / "serve.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [str(BIN / serve[0]), *serve[1:], "--log-format", "json"], cwd=folder, stdout=written, stderr=written
        )
    try:
        found = wait_until(
            lambda: re.search(r'"address": "(http://[^"]+)/"', log.read_text("utf-8")), what="the service's address"
        )
        server = found[1]
        page = httpx2.get(f"{server}/studies/study", headers={"Accept": "text/html"}, timeout=CEILING)
        assert page.status_code == 200
        assert len(commands) == 3
        outputs = [_typed(words, folder, GOLDEN_SERVER=server) for words in commands]
        assert "the verdict follows from its rows" in outputs[-1]
        assert (folder / "study.html").stat().st_size > 10_000
    finally:
        process.terminate()
        process.wait(CEILING)
