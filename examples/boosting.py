"""LightGBM on scikit-learn's breast cancer data: a claim about two parameters that no momentum ties together.

python examples/boosting.py

The claim: with 60 trees, learning_rate = 0.1 (LightGBM's default) and feature_fraction = 0.8 are where the test loss is
lowest. A linear parameter needs a statement of how far from the claim still is near: here 0.15.
"""

from __future__ import annotations

import lightgbm
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

import golden_study

CASES, LABELS = load_breast_cancer(return_X_y=True)


def train(trial: golden_study.Trial) -> float:
    """Train once; the cross-entropy of the test cases."""
    x, test_x, y, test_y = train_test_split(CASES, LABELS, test_size=0.4, random_state=trial.split, stratify=LABELS)
    model = lightgbm.LGBMClassifier(
        n_estimators=60,
        num_leaves=15,
        n_jobs=1,
        verbose=-1,
        random_state=trial.seed % 2**31,  # LightGBM takes no larger ones
        learning_rate=trial["learning_rate"],
        colsample_bytree=trial["feature_fraction"],  # its name in LightGBM's scikit-learn classes
    )
    model.fit(x, y)
    return float(log_loss(test_y, model.predict_proba(test_x)))


def main() -> None:
    """The study, in this process."""
    verdict = golden_study.locate(
        train,
        claim="learning_rate=0.1,feature_fraction=0.8",
        space="learning_rate=0.01..1:log,feature_fraction=0.1..1:linear",
        tolerance={"feature_fraction": 0.15},
        measure="log_loss:minimize:positive",
        name="boosting",
        context={"name": "breast-cancer", "settings": {"trees": 60, "leaves": 15}},
        design={
            "map_points": 32,
            "claim_replicates": 4,
            "zoom_points": 32,
            "confirmation": "fixed",
            "confirm_blocks": 20,
            "widen": False,  # a fraction ends at 1
        },
        replication={"folds": 1},
    )
    print(verdict.sentence)


if __name__ == "__main__":
    main()
