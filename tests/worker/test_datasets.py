"""The cache of data sets and folds: what is loaded once, what is forgotten, and which device is left alone."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
import torch

from studies.language.context import Context
from studies.records import Replicate
from worker.datasets import KEPT_DATASETS, KEPT_FOLDS, DatasetCache
from worker.training.data import load_dataset, make_fold, split
from worker.training.dataset import Dataset, DatasetMissing


def context(**fields: Any) -> Context:
    return Context.model_validate({"dataset": "digits", "images": 300, **fields})


def replicate(number: int = 0, fold: int = 0) -> Replicate:
    return Replicate(split=number, fold=fold, order_seed=0, init_seed=0)


@pytest.fixture
def cache(tmp_path: Path) -> DatasetCache:
    return DatasetCache(tmp_path, torch.device("cpu"))


def test_a_fold_is_that_of_the_replicates_split(cache: DatasetCache, tmp_path: Path) -> None:
    dataset = load_dataset("digits", tmp_path, images=300)
    expected = make_fold(dataset, *split(dataset, folds=3, fold=1, seed=7), "cpu")
    found = cache.fold(context(), replicate(7, fold=1), folds=3)
    assert torch.equal(found.train_images, expected.train_images)
    assert torch.equal(found.test_labels, expected.test_labels)


@functools.cache
def generated(dataset: str, images: int) -> Dataset:
    """A set that needs no folder, made once for all numbers of folds."""
    return load_dataset(dataset, Path("/nowhere"), images=images)


@pytest.mark.parametrize("images", [100, 301, 1797, 4000])
@pytest.mark.parametrize("dataset", ["digits", "rotated-digits", "synthetic-digits"])
@pytest.mark.parametrize("folds", [3, 5, 10])
def test_folds_differ_by_no_more_than_the_context_says(dataset: str, images: int, folds: int) -> None:
    loaded = generated(dataset, min(images, 1797) if dataset == "digits" else images)
    for seed in range(4):
        sizes = [len(split(loaded, folds=folds, fold=fold, seed=seed)[1]) for fold in range(folds)]
        assert max(sizes) - min(sizes) <= context(dataset=dataset).fold_spread


def test_what_shares_data_and_split_shares_the_fold(cache: DatasetCache) -> None:
    first = cache.fold(context(), replicate(), folds=3)
    assert cache.fold(context(epochs=1, name="other"), replicate(), folds=3) is first
    for other in (
        cache.fold(context(images=200), replicate(), folds=3),
        cache.fold(context(), replicate(1), folds=3),
        cache.fold(context(), replicate(fold=1), folds=3),
        cache.fold(context(), replicate(), folds=4),
    ):
        assert other is not first


def test_the_least_recently_used_fold_and_data_set_are_forgotten(cache: DatasetCache) -> None:
    first = cache.fold(context(), replicate(0), folds=3)
    for number in range(1, KEPT_FOLDS):
        cache.fold(context(), replicate(number), folds=3)
    assert cache.fold(context(), replicate(0), folds=3) is first, "now the most recently used"
    cache.fold(context(), replicate(KEPT_FOLDS), folds=3)
    assert cache.fold(context(), replicate(0), folds=3) is first
    assert len(cache._folds) == KEPT_FOLDS
    for images in (100, 200, 250):
        cache.fold(context(images=images), replicate(0), folds=3)
    assert [images for _, images in cache._datasets] == [200, 250]
    assert len(cache._datasets) == KEPT_DATASETS


def test_what_is_prepared_is_there(cache: DatasetCache) -> None:
    cache.prepare(context(), replicate(), folds=3)
    (prepared,) = cache._folds.values()
    assert cache.fold(context(), replicate(), folds=3) is prepared


def test_nothing_is_put_on_a_cuda_device_ahead(tmp_path: Path) -> None:
    cache = DatasetCache(tmp_path, torch.device("cuda"))
    cache.prepare(context(), replicate(), folds=3)
    assert len(cache._datasets) == 1
    assert len(cache._folds) == 0


def test_missing_files_are_raised(cache: DatasetCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.training.data_torchvision._download", _no_network)
    with pytest.raises(DatasetMissing, match=str(tmp_path)):
        cache.fold(context(dataset="kmnist"), replicate(), folds=3)


def _no_network(name: str, data_dir: Path, missing: DatasetMissing) -> None:
    raise missing
