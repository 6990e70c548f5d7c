"""golden-study for scripts and notebooks: claims about two hyperparameters, tested with trainings of one's own.

Each name is loaded when it is first asked for, so that `import golden_study` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from golden_study.judging import judge
    from golden_study.sampler import LocateSampler, NothingWantedError
    from golden_study.verdict import Verdict

__all__ = ["LocateSampler", "NothingWantedError", "Verdict", "judge"]

_PLACES = {
    "LocateSampler": "golden_study.sampler",
    "NothingWantedError": "golden_study.sampler",
    "Verdict": "golden_study.verdict",
    "judge": "golden_study.judging",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'golden_study' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES])
