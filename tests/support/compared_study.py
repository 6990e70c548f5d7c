"""A small study that compares arms, for the tests of everything that plans, trains or shows one."""

from __future__ import annotations

from studies.language.spec import StudySpec, parse

COMPARED = """
name = "arms-on-digits"
title = "Four rules on digits"
losses = ["cross_entropy"]

[[contexts]]
name = "digits"
dataset = "digits"
images = 400
network = "softmax"
batch_size = 32
epochs = 2
target_accuracy = 0.6

[design]
kind = "compare"
objective = "accuracy"
runs = 3
tuning = 4
baseline = "sgd"

[[design.arms]]
name = "sgd"
title = "plain SGD"
update_rule = "sgd"
at = { eta = 0.1 }
space = [{ name = "eta", scale = "log", low = 0.01, high = 1.0 }]
paper = [{ context = "digits", objective = "accuracy", mean = 0.9, sd = 0.01, n = 5 }]

[[design.arms]]
name = "heavy-ball"
update_rule = "heavy_ball"
at = { eta = 0.02, alpha = 0.9 }
space = [
    { name = "eta", scale = "log", low = 0.001, high = 0.5 },
    { name = "alpha", scale = "log_one_minus", low = 0.0, high = 0.98 },
]

[[design.arms]]
name = "adam"
update_rule = { name = "adam", beta1 = 0.8 }
at = { eta = 0.001, epsilon = 1e-8 }
space = [
    { name = "eta", scale = "log", low = 0.0005, high = 0.1 },
    { name = "epsilon", scale = "log", low = 1e-10, high = 1e-5 },
]

[[design.arms]]
name = "adadelta"
update_rule = "adadelta"
at = { eta = 1.0, rho = 0.95 }
space = [{ name = "eta", scale = "log", low = 0.1, high = 10.0 }]
"""


def compared(text: str = COMPARED) -> StudySpec:
    """The study, or one of a text that was made of its document."""
    return parse(text, form="toml")
