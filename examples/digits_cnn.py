"""A small PyTorch network on scikit-learn's handwritten digits, as a function and as a command.

The whole study, in this process:
    python examples/digits_cnn.py

The same study with a process for each training, as for a script of your own:
    golden run examples/digits_cnn.toml --jobs 2 -- python examples/digits_cnn.py \
        --lr {lr} --momentum {momentum} --split {split} --order-seed {order_seed} --seed {seed}
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

import golden_study

STUDY = Path(__file__).with_suffix(".toml")
torch.set_num_threads(1)  # so small a network is no faster with more


def train(lr: float, momentum: float, *, split: int, order_seed: int, seed: int) -> float:
    """Train once; the share of the test images that are classified correctly, nan where the training broke."""
    images, labels = load_digits(return_X_y=True)
    x, test_x, y, test_y = train_test_split(
        torch.tensor(images / 16.0, dtype=torch.float32).reshape(-1, 1, 8, 8),
        torch.tensor(labels),
        test_size=450,
        random_state=split,  # who is tested
    )
    torch.manual_seed(seed)  # the initial weights
    network = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * 3 * 3, 10))
    optimizer = torch.optim.SGD(network.parameters(), lr=lr, momentum=momentum)
    order = torch.Generator().manual_seed(order_seed)  # the order of the images
    for _ in range(3):
        for batch in torch.split(torch.randperm(len(x), generator=order), 32):
            loss = nn.functional.cross_entropy(network(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    if not loss.isfinite():
        return float("nan")
    return int((network(test_x).argmax(1) == test_y).sum()) / len(test_y)


def of_trial(trial: golden_study.Trial) -> float:
    """A trial of the study: its parameters by name, and its seeds. One at a time: torch has one random state."""
    return train(trial["lr"], trial["momentum"], split=trial.split, order_seed=trial.order_seed, seed=trial.seed)


def main() -> None:
    """One training where the command line names a point, else the whole study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--lr", "--momentum"):
        parser.add_argument(name, type=float)
    for name in ("--split", "--order-seed", "--seed"):
        parser.add_argument(name, type=int, default=0)
    given = vars(parser.parse_args())
    if given["lr"] is None:
        print(golden_study.locate(of_trial, study=STUDY).sentence)
    else:
        value = train(**given)
        print(json.dumps({"val_acc": value} if value == value else {"diverged": True}))  # the last line: the result


if __name__ == "__main__":
    main()
