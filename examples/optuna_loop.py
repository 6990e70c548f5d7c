"""An Optuna loop as it was, with one line changed: the sampler. scikit-learn's linear classifier on handwritten digits.

python examples/optuna_loop.py

The claim: the classifier's own defaults, eta0 = 0.01 and alpha = 0.0001, are where the optimum is.
"""

from __future__ import annotations

import optuna
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split

import golden_study

IMAGES, LABELS = load_digits(return_X_y=True)


def objective(trial: optuna.Trial) -> float:
    """Train once; the share of the test images that are classified correctly."""
    eta0 = trial.suggest_float("eta0", 1e-4, 1.0, log=True)
    alpha = trial.suggest_float("alpha", 1e-6, 0.1, log=True)
    seeds = trial.user_attrs  # from the sampler, so that rivals are compared on the same split and seed
    x, test_x, y, test_y = train_test_split(IMAGES / 16.0, LABELS, test_size=450, random_state=seeds["split"] % 2**32)
    model = SGDClassifier(
        loss="log_loss",
        learning_rate="constant",
        eta0=eta0,
        alpha=alpha,
        max_iter=3,
        tol=None,
        random_state=seeds["init_seed"] % 2**32,
    )
    return float(model.fit(x, y).score(test_x, test_y))


def main() -> None:
    """The loop: it stops by itself when nothing more is wanted."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = golden_study.LocateSampler(  # was: optuna.samplers.TPESampler()
        claim="eta0=0.01,alpha=1e-4",
        space="eta0=1e-4..1:log,alpha=1e-6..0.1:log",
        measure="accuracy:share:450",
        design={
            "map_points": 32,
            "claim_replicates": 4,
            "zoom_points": 16,
            "confirmation": "fixed",
            "confirm_blocks": 12,
        },
        replication={"folds": 1},
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective)
    print(golden_study.judge(study).sentence)


if __name__ == "__main__":
    main()
