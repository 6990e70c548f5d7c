"""The squared error of logistic outputs: values, gradient, and what a softmax of their logarithms is."""

from __future__ import annotations

import pytest
import torch

from worker.training.squared_error import TARGETS, log_outputs, per_example, value_at_zero, values_and_gradient

LABELS = torch.tensor([0, 2, 1, 2])
LOGITS = torch.tensor(
    [[0.0, 1.0, -3.0], [40.0, -40.0, 0.5], [800.0, -800.0, 2.0], [-1.0, 0.1, 9.0]], dtype=torch.float64
)


@pytest.mark.parametrize("targets", TARGETS)
def test_the_gradient_is_that_of_autograd(targets: str) -> None:
    logits = LOGITS.clone().requires_grad_()
    expected = per_example(logits, LABELS, targets)
    expected.sum().backward()
    is_true = torch.arange(3).unsqueeze(1) == LABELS
    values, error, gradient = values_and_gradient(LOGITS.T.unsqueeze(0), is_true, targets)
    torch.testing.assert_close(values[0], expected.detach())
    assert logits.grad is not None
    torch.testing.assert_close(gradient[0].T, logits.grad)
    low, high = TARGETS[targets]
    torch.testing.assert_close(
        error[0].T, LOGITS.sigmoid() - torch.where(is_true.T, high, low).double(), atol=1e-8, rtol=0
    )


def test_the_factor_is_one_half() -> None:
    assert float(per_example(torch.zeros(1, 10), torch.tensor([3]), "zero_one")) == pytest.approx(10 * 0.25 / 2)


@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("classes", [2, 10])
def test_a_network_that_has_not_begun_pays_the_value_at_zero(targets: str, classes: int) -> None:
    zeros = torch.zeros(1, classes, dtype=torch.float64)
    assert value_at_zero(targets, classes) == pytest.approx(float(per_example(zeros, torch.tensor([1]), targets)))


def test_probabilities_are_the_outputs_by_their_sum() -> None:
    moderate = LOGITS[[0, 3]]
    outputs = moderate.sigmoid()
    torch.testing.assert_close(log_outputs(moderate).softmax(dim=1), outputs / outputs.sum(dim=1, keepdim=True))
    assert log_outputs(LOGITS).isfinite().all()
