"""Child processes of the demo: one that dies is told with its last lines, and none outlives the demo."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from service.children import ChildDiedError, Children


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
    before = set(psutil.Process().children())
    with pytest.raises(KeyboardInterrupt), Children(tmp_path) as children:
        for name in ("service", "worker"):
            children.start(name, [sys.executable, "-c", "import time; time.sleep(60)"], env=os.environ)
        children.check()
        raise KeyboardInterrupt
    assert set(psutil.Process().children()) <= before
