"""The notebook runs anew, without an error, to the verdict that it shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from processes import BIN

NOTEBOOK = Path(__file__).parents[2] / "examples" / "notebook.ipynb"
LARGEST = 50_000  # bytes


def outputs(path: Path) -> list[dict[str, Any]]:
    """The outputs of all cells, in order."""
    return [output for cell in json.loads(path.read_text("utf-8"))["cells"] for output in cell.get("outputs", [])]


def answer(path: Path) -> str:
    """The first words of the verdict as the notebook draws it."""
    results = [output for output in outputs(path) if output["output_type"] == "execute_result"]  # no progress, no notes
    page = "".join(results[0]["data"]["text/html"])
    found = re.search(r'<div class="golden-verdict">.*?<p><span class="\w+">(\w+)</span>', page, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_notebook_comes_to_the_verdict_that_it_shows(tmp_path: Path) -> None:
    missing = [name for name in ("nbclient", "ipykernel") if find_spec(name) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed: pip install 'golden-study[examples]'")
    copy = tmp_path / NOTEBOOK.name
    shutil.copy(NOTEBOOK, copy)
    env = {name: value for name, value in os.environ.items() if not name.startswith("GOLDEN_")}
    env |= {"IPYTHONDIR": str(tmp_path / "ipython"), "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime")}
    command = [str(BIN / "jupyter-execute"), "--inplace", "--timeout=600", "--startup_timeout=240", str(copy)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert answer(copy) == answer(NOTEBOOK) == "refuted"


def test_the_notebook_is_small_and_shows_no_warning() -> None:
    assert NOTEBOOK.stat().st_size < LARGEST
    assert [output["output_type"] for output in outputs(NOTEBOOK)] == ["execute_result"] * 2
    assert "site-packages" not in NOTEBOOK.read_text("utf-8")
