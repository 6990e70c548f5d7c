"""Child processes of the demo: one that dies is told with its last lines, and none outlives the demo."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from service.commands.children import ChildDiedError, Children


def _until_gone(children: Children) -> None:
    for _ in range(200):
        children.check()
        time.sleep(0.05)


def test_a_child_that_dies_is_told_with_its_last_lines(tmp_path: Path) -> None:
    code = "import sys; [print('line', i) for i in range(99)]; sys.exit('no such device')"
    with Children(tmp_path) as children:
        children.start("worker", [sys.executable, "-u", "-c", code], env=os.environ)
        with pytest.raises(ChildDiedError, match="no such device") as caught:
            _until_gone(children)
    assert "worker ended with code 1" in str(caught.value)
    assert "line 98" in str(caught.value)
    assert "line 3\n" not in str(caught.value)


def test_no_child_outlives_the_context(tmp_path: Path) -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt), Children(tmp_path) as children:
        for name in ("service", "worker"):
            children.start(name, [sys.executable, "-c", code], env=os.environ)
        while not all((tmp_path / f"{name}.log").read_text() for name in ("service", "worker")):
            time.sleep(0.02)
        children.check()
        raise KeyboardInterrupt
    for name in ("service", "worker"):
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / f"{name}.log").read_text()), 0)
