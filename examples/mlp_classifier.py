"""scikit-learn's MLPClassifier on handwritten digits: are its own defaults where the optimum is?

python examples/mlp_classifier.py sgd     learning_rate_init = 0.001, momentum = 0.9
python examples/mlp_classifier.py adam    learning_rate_init = 0.001, beta_1 = 0.9
"""

from __future__ import annotations

import argparse
import warnings

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import golden_study

MEMORY = {"sgd": "momentum", "adam": "beta_1"}  # the second parameter of each solver
IMAGES, LABELS = load_digits(return_X_y=True)
warnings.filterwarnings("ignore", category=ConvergenceWarning)  # ten epochs are meant


def train(trial: golden_study.Trial) -> float:
    """Train once; the share of the test images that are classified correctly."""
    x, test_x, y, test_y = train_test_split(IMAGES / 16.0, LABELS, test_size=450, random_state=trial.split)
    model = MLPClassifier((32,), solver=trial.context, max_iter=10, batch_size=32, random_state=trial.seed, **trial)
    try:
        model.fit(x, y)
    except ValueError as error:  # weights that are not finite: a result, no defect
        raise golden_study.Diverged from error
    return float(model.score(test_x, test_y))


def main() -> None:
    """The study of one solver."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("solver", choices=MEMORY)
    solver = parser.parse_args().solver
    memory = MEMORY[solver]
    verdict = golden_study.locate(
        train,
        claim={"learning_rate_init": 0.001, memory: 0.9},
        space={"learning_rate_init": (1e-4, 1.0 if solver == "sgd" else 0.1), memory: (0.0, 0.99)},
        measure="accuracy:maximize:share:450",
        name=f"mlp-{solver}",
        context={"name": solver, "settings": {"hidden": 32, "epochs": 10, "batch_size": 32}},
        design={
            "map_points": 32,
            "claim_replicates": 4,
            "zoom_points": 16,
            "confirmation": "fixed",
            "confirm_blocks": 12,
        },
        replication={"folds": 1},
    )
    print(verdict.sentence)


if __name__ == "__main__":
    main()
