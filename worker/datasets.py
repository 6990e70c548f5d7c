"""A cache of data sets and folds, so that a context is loaded and split once, not once per batch."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch

from studies.language.context import Context
from studies.records import Replicate
from worker.training.data import load_dataset, make_fold, official_split, split
from worker.training.dataset import Dataset
from worker.training.lanes import Fold

KEPT_FOLDS = 4  # confirmation takes a fresh split per block; a few serve the losses that share one
KEPT_DATASETS = 2


class DatasetCache:
    """Least-recently-used data sets and folds on one device. Threads may share it."""

    def __init__(self, data_dir: Path, device: torch.device) -> None:
        self._data_dir = data_dir
        self._device = device
        self._datasets: OrderedDict[tuple[str, int | None], Dataset] = OrderedDict()
        self._folds: OrderedDict[tuple[object, ...], Fold] = OrderedDict()
        self._lock = threading.RLock()

    def fold(self, context: Context, replicate: Replicate, *, folds: int) -> Fold:
        """The fold that a replicate trains and tests on.

        Raises:
            DatasetMissing: the context's data set has no files here.
        """
        cut = split if context.split == "folds" else official_split
        seed = 0 if cut is official_split and replicate.fold == 0 else replicate.split  # which that split does not use
        key = (context.dataset, context.images, context.split, seed, replicate.fold, folds)
        with self._lock:
            if key not in self._folds:
                dataset = self._dataset(context)
                train, test = cut(dataset, folds=folds, fold=replicate.fold, seed=replicate.split)
                self._folds[key] = make_fold(dataset, train, test, self._device)
                _trim(self._folds, KEPT_FOLDS)
            self._folds.move_to_end(key)
            return self._folds[key]

    def prepare(self, context: Context, replicate: Replicate, *, folds: int) -> None:
        """Loads ahead what `fold` will need, from another thread than the one that trains; same errors.

        On a CUDA device that is the data set alone: only the training thread may copy to the device, because it may
        be recording a graph at that moment.
        """
        if self._device.type == "cpu":
            self.fold(context, replicate, folds=folds)
        else:
            with self._lock:
                self._dataset(context)

    def _dataset(self, context: Context) -> Dataset:
        key = (context.dataset, context.images)
        if key not in self._datasets:
            self._datasets[key] = load_dataset(context.dataset, self._data_dir, images=context.images)
            _trim(self._datasets, KEPT_DATASETS)
        self._datasets.move_to_end(key)
        return self._datasets[key]


def _trim(kept: OrderedDict[Any, Any], limit: int) -> None:
    while len(kept) > limit:
        kept.popitem(last=False)
