"""Images that a schedule measures on: out of the training part alone, whole originals, the same for every lane."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from worker.training.data import load_dataset, make_fold, split
from worker.training.held_back import held_count, part_that_trains, set_apart
from worker.training.lanes import Fold, Lane, Setup
from worker.training.solo_measured import MiDecay

MakeFold = Callable[..., Fold]
MEASURES = Setup(schedule="mi_decay", schedule_settings=(("held", 0.2),), order_seed=5)


def rows(images: torch.Tensor) -> set[bytes]:
    return {image.numpy().tobytes() for image in images}


def test_they_are_of_the_training_part_and_train_nothing() -> None:
    """Each image is one of a kind here, so that sets of them tell."""

    def noise(n: int, seed: int) -> torch.Tensor:
        return torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(seed))

    labels = torch.arange(100) % 10
    fold = Fold(noise(100, 1), labels, noise(40, 2), labels[:40], 10)
    parted = set_apart(fold, MEASURES)
    assert parted.held_images is not None
    assert parted.held_labels is not None
    kept, held = rows(parted.train_images), rows(parted.held_images)
    assert (len(kept), len(held)) == (80, 20)
    assert kept | held == rows(fold.train_images)
    assert not held & (kept | rows(parted.test_images))
    assert torch.equal(parted.test_images, fold.test_images)
    by_image = {image.numpy().tobytes(): int(label) for image, label in zip(fold.train_images, labels, strict=True)}
    for image, label in zip(parted.held_images, parted.held_labels, strict=True):
        assert by_image[image.numpy().tobytes()] == int(label)
    assert set_apart(parted, MEASURES) is parted, "what is apart stays apart"


def test_a_schedule_that_measures_nothing_holds_nothing_back(make_fold: MakeFold) -> None:
    fold = make_fold()
    assert set_apart(fold, Setup(schedule="cosine")) is fold
    assert held_count(200, Setup()) == 0
    assert part_that_trains(96, Setup()) == 96


def test_the_draw_is_of_the_order_s_seed_and_of_nothing_else(make_fold: MakeFold) -> None:
    fold = make_fold()
    first, again, other = (set_apart(fold, dataclasses.replace(MEASURES, order_seed=seed)) for seed in (5, 5, 6))
    wider = set_apart(fold, dataclasses.replace(MEASURES, epochs=3, network="mlp", batch_size=7))
    for same in (again, wider):
        assert torch.equal(first.train_images, same.train_images)
    assert not torch.equal(first.train_images, other.train_images)


def test_copies_of_one_original_stay_together() -> None:
    """Else the information would be of images that are trained on, turned a little."""
    dataset = load_dataset("rotated-digits", Path("nowhere"), images=1_000)
    train, test = split(dataset, folds=5, fold=0, seed=3)
    fold = make_fold(dataset, train, test, "cpu")
    assert fold.train_groups is not None
    parted = set_apart(fold, MEASURES)
    assert parted.train_groups is not None
    assert parted.held_labels is not None
    kept = set(parted.train_groups.tolist())
    missing = [group for group in fold.train_groups.tolist() if group not in kept]
    assert len(missing) == len(parted.held_labels), "every copy of a held original is held"
    assert 160 <= len(missing) < 166, "a fifth of 800, and the rest of the last original"
    alone = MiDecay(Lane(0.1, 0.5, "sse", 0), MEASURES, fold)
    assert torch.equal(alone.fold.train_images, parted.train_images)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.25, 1 / 3, 0.5])
def test_every_number_of_images_can_be_trained_on(share: float) -> None:
    setup = Setup(schedule="mi_decay", schedule_settings=(("held", share),))
    counts = [n - held_count(n, setup) for n in range(2, 400)]
    assert set(np.diff(counts)) <= {0, 1}
    for kept in (1, 2, 16, 96, 288):
        n = part_that_trains(kept, setup)
        assert n - held_count(n, setup) == kept
    assert all(1 <= held_count(n, setup) < n for n in range(2, 400))
