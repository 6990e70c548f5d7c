"""Progress of a study that this process trains: looked at beside the training, shown on standard error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console

from service.commands.progress import StudyProgress
from studies.errors import GoldenError

if TYPE_CHECKING:
    from studies.storage.read_models import StudyDetail

LOOK_SECONDS = 1.0


class LiveProgress:
    """Shows a study while the context lasts: bars on a terminal, elsewhere a line now and then.

    Args:
        look: gives the study as it is; where it cannot, nothing new is shown.
        console: where to.
    """

    def __init__(self, look: Callable[[], StudyDetail], console: Console) -> None:
        self._look = look
        self._progress = StudyProgress(console, training=True)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="golden-progress", daemon=True)

    def __enter__(self) -> Self:
        self._progress.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if kind is None:
            self._show()
        self._progress.__exit__(kind, error, trace)

    def _run(self) -> None:
        self._show()
        while not self._over.wait(LOOK_SECONDS):
            self._show()

    def _show(self) -> None:
        try:
            self._progress.show(self._look())
        except GoldenError:  # away: the loop says so, and the next look catches up
            return
