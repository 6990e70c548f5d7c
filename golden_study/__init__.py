"""Test where the optimum of two hyperparameters lies, with trainings of your own.

import golden_study

verdict = golden_study.locate(
    train, claim="lr=3e-4,beta1=0.9", space="lr=1e-5..0.1,beta1=0.5..0.999", measure="val_acc:maximize:share:1000"
)
"""

from __future__ import annotations

from golden_study.locate import locate
from golden_study.work import work
from studies.external.trial import Diverged, Trial, TrialStoppedError

__all__ = ["Diverged", "Trial", "TrialStoppedError", "locate", "work"]
