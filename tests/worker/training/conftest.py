"""Small folds on which every network learns within an epoch or two."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from worker.training.lanes import Fold
from worker.training.native.build import library

MakeFold = Callable[..., Fold]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Networks that are not compiled are tested once, not twice."""
    items[:] = [item for item in items if not _repeats_torch(item)]


def _repeats_torch(item: pytest.Item) -> bool:
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return parameters.get("backend") == "native" and parameters.get("network", "fig3") != "fig3"


@pytest.fixture(params=["native", "torch"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every promise of stacked training holds on both."""
    chosen: str = request.param
    monkeypatch.setenv("GOLDEN_NATIVE", str(int(chosen == "native")))
    if chosen == "native" and library() is None:
        pytest.skip("no C++ compiler: training goes through torch")
    return chosen


@pytest.fixture
def make_fold() -> MakeFold:
    def make(
        *,
        n_train: int = 200,
        n_test: int = 70,
        shape: tuple[int, int, int] = (1, 8, 8),
        dtype: torch.dtype = torch.float64,
    ) -> Fold:
        generator = torch.Generator().manual_seed(20)
        prototypes = torch.rand(10, *shape, generator=generator, dtype=torch.float64)

        def draw(n: int) -> tuple[torch.Tensor, torch.Tensor]:
            labels = torch.randint(0, 10, (n,), generator=generator)
            noise = torch.rand(n, *shape, generator=generator, dtype=torch.float64)
            return ((prototypes[labels] + 0.3 * noise) / 1.3).to(dtype), labels

        train_images, train_labels = draw(n_train)
        test_images, test_labels = draw(n_test)
        return Fold(train_images, train_labels, test_images, test_labels, classes=10)

    return make
