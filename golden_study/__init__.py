"""golden-study for scripts and notebooks: claims about two hyperparameters, tested with trainings of one's own.

    import golden_study

    verdict = golden_study.locate(
        train, claim="lr=3e-4,beta1=0.9", space="lr=1e-5..0.1,beta1=0.5..0.999", measure="val_acc:maximize:share:1000"
    )

Each name is loaded when it is first asked for, so that `import golden_study` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from golden_study.judging import judge
    from golden_study.locating import locate
    from golden_study.sampler import LocateSampler, NothingWantedError
    from golden_study.verdict import Verdict
    from golden_study.working import work
    from studies.external.trial import Diverged, Trial, TrialStoppedError
    from studies.external.watching import NoNoiseError

__all__ = [
    "Diverged",
    "LocateSampler",
    "NoNoiseError",
    "NothingWantedError",
    "Trial",
    "TrialStoppedError",
    "Verdict",
    "judge",
    "locate",
    "work",
]

_PLACES = {
    "Diverged": "studies.external.trial",
    "LocateSampler": "golden_study.sampler",
    "NoNoiseError": "studies.external.watching",
    "NothingWantedError": "golden_study.sampler",
    "Trial": "studies.external.trial",
    "TrialStoppedError": "studies.external.trial",
    "Verdict": "golden_study.verdict",
    "judge": "golden_study.judging",
    "locate": "golden_study.locating",
    "work": "golden_study.working",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'golden_study' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES])
