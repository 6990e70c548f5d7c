"""Data sets that are drawn: balanced, a function of the seed, and recognisable."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from worker.training import data_generated
from worker.training.dataset import Images, Integers

Loaded = tuple[Images, Integers, Integers]
SEEDED: dict[str, Callable[[int], Loaded]] = {
    "rotated-digits": data_generated.rotated_digits,
    "synthetic-digits": data_generated.synthetic_digits,
}


@cache
def loaded(name: str, seed: int = 0) -> Loaded:
    return data_generated.digits() if name == "digits" else SEEDED[name](seed)


def test_digits_span_the_grey_scale() -> None:
    images, labels, groups = loaded("digits")
    assert images.shape == (1_797, 1, 8, 8)
    assert (int(images.min()), int(images.max())) == (0, 255)
    assert np.array_equal(groups, np.arange(len(labels))), "each is its own original"


@pytest.mark.parametrize("package", [None, SimpleNamespace(origin=None), SimpleNamespace(origin="/elsewhere/init.py")])
def test_digits_are_scikit_learns_wherever_its_file_lies(monkeypatch: pytest.MonkeyPatch, package: Any) -> None:
    images, labels, _ = loaded("digits")
    theirs = load_digits()
    assert np.array_equal(images[:, 0], np.rint(theirs.images * (255.0 / 16.0)))
    assert np.array_equal(labels, theirs.target)
    monkeypatch.setattr(data_generated, "find_spec", lambda name: package)
    for ours, again in zip(loaded("digits"), data_generated.digits(), strict=True):
        assert np.array_equal(ours, again) and ours.dtype == again.dtype


def test_digits_load_no_scikit_learn() -> None:
    code = (
        "import sys; from worker.training.data_generated import digits; digits(); "
        "print(*{'sklearn', 'pandas', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


@pytest.mark.parametrize("name", SEEDED)
def test_generated_sets_are_balanced_and_follow_the_seed(name: str) -> None:
    (images, labels, _), (again, _, _), (other, _, _) = loaded(name), SEEDED[name](0), loaded(name, 1)
    assert np.bincount(labels).tolist() == [1_000] * 10
    assert np.array_equal(images, again)
    assert not np.array_equal(images, other)
    assert 20 < images.mean() < 80
    assert len(np.unique(images, axis=0)) > 9_900


def test_two_gaussians_have_the_means_the_spread_and_the_error_of_their_names() -> None:
    """The best classifier takes the sign of the sum; it errs with probability Phi(-sqrt 2) = 0.0786."""
    points, labels, groups = data_generated.two_gaussians(0)
    flat = points.reshape(len(labels), -1)
    assert flat.shape == (2_000, data_generated.DIMENSIONS)
    for label, mean in ((0, -1.0), (1, 1.0)):
        own = flat[labels == label]
        assert len(own) == 1_000
        np.testing.assert_allclose(own.mean(axis=0), mean, atol=0.12)
        np.testing.assert_allclose(np.cov(own.T), np.eye(2), atol=0.15)
    wrong = ((flat.sum(axis=1) > 0) != (labels == 1)).mean()
    assert wrong == pytest.approx(0.0786, abs=0.02)
    assert np.array_equal(groups, np.arange(2_000))
    assert np.array_equal(points, data_generated.two_gaussians(0)[0])
    assert not np.array_equal(points, data_generated.two_gaussians(1)[0])


def test_rotated_copies_share_the_group_and_label_of_their_original() -> None:
    _, labels, groups = loaded("rotated-digits")
    assert set(groups.tolist()) == set(range(1_797))
    assert np.array_equal(loaded("digits")[1][groups], labels)


@pytest.mark.parametrize("name", ["digits", *SEEDED])
def test_digits_can_be_told_apart(name: str) -> None:
    """Nearest class mean: weak, but far above chance where labels and images belong together."""
    images, labels, _ = loaded(name)
    flat = images.reshape(len(labels), -1).astype(np.float64)
    means = np.stack([flat[::2][labels[::2] == k].mean(axis=0) for k in range(10)])
    gaps = -2.0 * flat[1::2] @ means.T + np.square(means).sum(axis=1)
    assert (gaps.argmin(axis=1) == labels[1::2]).mean() > 0.35


def test_rotation_keeps_labels_and_groups_and_turns_about_the_centre() -> None:
    """A disc about the centre stays where it is, whatever the angle; a bar does not."""
    row, column = np.mgrid[:28, :28] - 13.5
    disc, bar = row**2 + column**2 < 36, np.abs(row) < 2
    labels = np.tile(np.arange(10, dtype=np.int64), 1_100)
    images = np.where((labels % 2 == 0)[:, None, None], disc, bar)[:, None].astype(np.uint8) * 255
    groups = np.arange(11_000, dtype=np.int64)
    turned, kept_labels, kept_groups = data_generated.rotated(images, labels, groups, 0)
    assert np.bincount(kept_labels).tolist() == [1_000] * 10
    assert np.array_equal(labels[kept_groups], kept_labels)
    moved = np.abs(turned.astype(int) - images[kept_groups]).mean(axis=(1, 2, 3))
    assert moved[kept_labels % 2 == 0].max() < 6 < np.median(moved[kept_labels % 2 == 1])
