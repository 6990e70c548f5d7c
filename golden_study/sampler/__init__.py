"""A sampler of Optuna; the one place of the package that loads Optuna."""

from __future__ import annotations

from golden_study.sampler.locate import LocateSampler, NothingWantedError

__all__ = ["LocateSampler", "NothingWantedError"]
