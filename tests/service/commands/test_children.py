"""Child processes of the demo: one that dies is told with its last lines, and none outlives the demo."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from waiting import wait_until

from service.commands.children import ChildDiedError, Children


def test_a_child_that_dies_is_told_with_its_last_lines(tmp_path: Path) -> None:
    code = "import sys; [print('line', i) for i in range(99)]; sys.exit('no such device')"
    with Children(tmp_path) as children:
        children.start("worker", [sys.executable, "-u", "-c", code], env=os.environ)
        with pytest.raises(ChildDiedError, match="no such device") as caught:
            wait_until(children.check, what="the child to die")
    assert "worker ended with code 1" in str(caught.value)
    assert "line 98" in str(caught.value)
    assert "line 3\n" not in str(caught.value)


def test_no_child_outlives_the_context(tmp_path: Path) -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    with pytest.raises(KeyboardInterrupt), Children(tmp_path) as children:
        for name in ("service", "worker"):
            children.start(name, [sys.executable, "-c", code], env=os.environ)
        logs = [tmp_path / f"{name}.log" for name in ("service", "worker")]
        wait_until(lambda: all(log.read_text() for log in logs), what="both to run")
        children.check()
        raise KeyboardInterrupt
    for name in ("service", "worker"):
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / f"{name}.log").read_text()), 0)
