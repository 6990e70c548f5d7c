"""The losses against 40-digit reference values, and their closed-form gradients against autograd."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.training.lanes import LOSSES
from worker.training.losses import (
    floor,
    golden_terms,
    logit_gradient,
    per_example,
    value_at_uniform,
    values_and_gradient,
)

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}

# y and t of one class; Eq. 21 and its derivative (Eq. 22); Eq. 24, its true derivative and the literal reading.
# Evaluated once with 40 digits (mpmath).
ONE_CLASS = [
    (0.1, 0, 0.58852419670122, 0.054828798958829, 0.25283150087325, 0.056920912524225, 0.021627734145055),
    (0.9, 1, 0.58852419670122, -0.054828798958829, 0.25283150087325, -0.056920912524225, -0.021627734145055),
    (0.3, 0, 0.61070249654448, 0.16826956393731, 0.27657072754218, 0.18560962367701, 0.078330834450605),
    (0.5, 1, 0.65676972946555, -0.29624836510673, 0.33064676397697, -0.36933555228772, -0.19234068926689),
    (0.75, 0, 0.75696121278266, 0.53044098407689, 0.47296937867746, 0.85169549272416, 0.67986040635709),
    (0.1, 1, 0.85745804836015, -0.87274257960088, 0.65553929607428, -1.7819827344832, -2.1139646680529),
    (0.01, 1, 0.9685396282398, -2.1551298117899, 0.91409019488554, -5.6789391356848, -10.154137029039),
    (1e-6, 1, 0.99995178793673, -34.089433273672, 0.99986364306428, -96.409053148629, -192.78524186182),
]


def two_class_logits(y: float, t: int, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Two classes of which the first has output y; both classes then lie at the same distance from their targets."""
    logits = torch.tensor([[math.log(y) - math.log1p(-y), 0.0]], dtype=dtype)
    return logits, torch.tensor([0 if t == 1 else 1])


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("row", ONE_CLASS, ids=lambda row: f"y={row[0]},t={row[1]}")
def test_one_class_matches_reference_values(row: tuple[float, ...], dtype: torch.dtype) -> None:
    y, t, unsquared, d_unsquared, golden, d_golden, d_literal = row
    gap = torch.tensor(1.0 - abs(y - t), dtype=dtype)
    expected = {
        "golden_unsquared": (unsquared, d_unsquared),
        "golden": (golden, d_golden),
        "golden_literal": (golden, d_literal),
    }
    for loss, (value, derivative) in expected.items():
        term, rate = golden_terms(loss, gap)
        assert float(term) == pytest.approx(value, rel=TOLERANCE[dtype])
        assert float(rate) == pytest.approx(abs(derivative), rel=TOLERANCE[dtype])


@pytest.mark.parametrize("row", ONE_CLASS, ids=lambda row: f"y={row[0]},t={row[1]}")
def test_two_symmetric_classes_match_reference_values(row: tuple[float, ...]) -> None:
    y, t, unsquared, d_unsquared, golden, d_golden, d_literal = row
    logits, label = two_class_logits(y, int(t), torch.float64)
    for loss, value, derivative in (
        ("golden_unsquared", unsquared, d_unsquared),
        ("golden", golden, d_golden),
        ("golden_literal", golden, d_literal),
    ):
        assert float(per_example(loss, logits, label)) == pytest.approx(2 * value, rel=1e-10)
        gradient = float(logit_gradient(loss, logits, label)[0, 0])  # 2 dLoss/dy * y (1 - y)
        assert gradient == pytest.approx(2 * derivative * y * (1 - y), rel=1e-9)


THREE_CLASSES = [
    ("golden", 0.8046339056772, (-0.075589231977863, 0.059980794887785, 0.015608437090078)),
    ("sse", 0.18476920331796, (-0.24352623083518, 0.19329793067279, 0.050228300162389)),
    ("cross_entropy", 0.41703001627783, (0.65900113888597 - 1.0, 0.24243297070471, 0.098565890409318)),
]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("loss", "value", "gradient"), THREE_CLASSES)
def test_three_class_example_matches_reference(
    loss: str, value: float, gradient: tuple[float, ...], dtype: torch.dtype
) -> None:
    logits, label = torch.tensor([[2.0, 1.0, 0.1]], dtype=dtype), torch.tensor([0])
    assert float(per_example(loss, logits, label)) == pytest.approx(value, rel=TOLERANCE[dtype])
    assert logit_gradient(loss, logits, label)[0].tolist() == pytest.approx(gradient, rel=TOLERANCE[dtype])


def test_batch_of_two_sums_classes_and_averages_examples() -> None:
    logits = torch.tensor([[2.0, 1.0, 0.1], [0.0, 0.0, 0.0]], dtype=torch.float64)
    values = per_example("golden", logits, torch.tensor([0, 2]))
    assert values.tolist() == pytest.approx([0.8046339056772, 0.9781880395911], rel=1e-12)
    assert float(values.mean()) == pytest.approx(0.8914109726342, rel=1e-12)


UNIFORM_TEN = [
    ("golden", 2.9310228039335, -0.16550132823067, 0.018389036470074),
    ("sse", 0.9, -0.18, 0.02),
    ("cross_entropy", math.log(10.0), -0.9, 0.1),
]


@pytest.mark.parametrize(("loss", "value", "true_class", "other"), UNIFORM_TEN)
def test_uniform_softmax_of_ten_classes(loss: str, value: float, true_class: float, other: float) -> None:
    gradient = logit_gradient(loss, torch.zeros(1, 10, dtype=torch.float64), torch.tensor([3]))[0]
    assert value_at_uniform(loss, 10) == pytest.approx(value, rel=1e-12)
    assert float(gradient[3]) == pytest.approx(true_class, rel=1e-12)
    assert float(gradient[0]) == pytest.approx(other, rel=1e-12)


def test_nearly_fitted_example_matches_reference() -> None:
    y = torch.tensor([[0.99] + [0.01 / 9] * 9], dtype=torch.float64)
    expected = {"golden": -6.1980186e-5, "sse": -2.2e-4, "cross_entropy": -1e-2}
    for loss, value in expected.items():
        assert float(logit_gradient(loss, y.log(), torch.tensor([0]))[0, 0]) == pytest.approx(value, rel=2e-2)


@pytest.mark.parametrize(
    ("loss", "lowest"), [("golden", 2.5), ("golden_unsquared", 10 * (2 - math.sqrt(2))), ("sse", 0.0)]
)
def test_floor_is_the_loss_of_a_perfect_prediction(loss: str, lowest: float) -> None:
    logits = torch.zeros(1, 10, dtype=torch.float64)
    logits[0, 4] = 40.0
    assert floor(loss, 10) == pytest.approx(lowest, rel=1e-15)
    assert float(per_example(loss, logits, torch.tensor([4]))) == pytest.approx(lowest, abs=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0, 200.0, 1e4])
def test_closed_form_gradient_equals_autograd(loss: str, dtype: torch.dtype, scale: float) -> None:
    logits = scale * torch.randn(3, 40, 10, generator=torch.Generator().manual_seed(1), dtype=dtype)
    labels = torch.arange(40) % 10
    leaf = logits.clone().requires_grad_()
    per_example(loss, leaf, labels).sum().backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None
    closed = logit_gradient(loss, logits, labels)
    # Where y is 1 to rounding its gap is noise of size eps, and a gap's share of the gradient goes as gap^0.707.
    eps = torch.finfo(dtype).eps
    torch.testing.assert_close(closed, leaf.grad, rtol=1e3 * eps, atol=3 * eps**0.7)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("true_logit", [-1e30, -1e4, -120.0, -30.0, 0.0, 30.0, 120.0, 1e4, 1e30])
def test_value_and_gradient_are_finite_at_the_corners(loss: str, dtype: torch.dtype, true_logit: float) -> None:
    logits = torch.zeros(1, 10, dtype=dtype)
    logits[0, 0] = true_logit
    leaf = logits.clone().requires_grad_()
    value = per_example(loss, leaf, torch.tensor([0]))
    value.sum().backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None
    assert torch.isfinite(value).all()
    assert torch.isfinite(leaf.grad).all()
    assert torch.isfinite(logit_gradient(loss, logits, torch.tensor([0]))).all()


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss != "golden_literal"])
def test_gradcheck(loss: str) -> None:
    logits = torch.randn(2, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64).requires_grad_()
    labels = torch.tensor([1, 3])
    assert torch.autograd.gradcheck(lambda z: per_example(loss, z, labels), (logits,))


@pytest.mark.parametrize("loss", LOSSES)
def test_values_agree_in_both_layouts(loss: str) -> None:
    logits = torch.randn(4, 6, 10, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 3, 4, 5])
    is_true = torch.nn.functional.one_hot(labels, 10).T.bool()
    values, gradient = values_and_gradient(loss, logits.mT.contiguous(), is_true, class_dim=-2)
    torch.testing.assert_close(values, per_example(loss, logits, labels), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(gradient.mT, logit_gradient(loss, logits, labels), rtol=1e-12, atol=1e-14)


@given(y=st.floats(1e-5, 1 - 1e-5))
@settings(max_examples=100, deadline=None)
def test_literal_gradient_is_the_true_one_times_sigma_squared_one_plus_sigma(y: float) -> None:
    logits, label = two_class_logits(y, 1, torch.float64)
    sigma_squared = float(per_example("golden", logits, label)) / 2
    ratio = sigma_squared * (1 + math.sqrt(sigma_squared))
    true, literal = (logit_gradient(loss, logits, label) for loss in ("golden", "golden_literal"))
    torch.testing.assert_close(literal, ratio * true, rtol=1e-8, atol=1e-14)


@given(first=st.floats(0.0, 1.0), second=st.floats(0.0, 1.0))
@settings(max_examples=100, deadline=None)
def test_golden_rises_with_distance_and_stays_within_its_range(first: float, second: float) -> None:
    def value(distance: float) -> float:
        gap = min(max(1.0 - distance, 1e-12), 1 - 1e-12)
        logits, label = two_class_logits(gap, 1, torch.float64)
        return float(per_example("golden", logits, label)) / 2

    near, far = sorted((first, second))
    assert 0.25 - 1e-12 <= value(near) <= value(far) + 1e-12 < 1.0 + 1e-12


@pytest.mark.parametrize("loss", ["hinge", "golden ", ""])
def test_unknown_loss_is_refused(loss: str) -> None:
    with pytest.raises(ValueError, match="loss"):
        per_example(loss, torch.zeros(1, 3), torch.tensor([0]))
