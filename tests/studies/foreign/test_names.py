"""Names of columns: prefixes of tools, and the two that are the claim's parameters."""

from __future__ import annotations

import pytest

from studies.errors import SpecError
from studies.foreign.names import Column, column_of, parameters_of

NAMES = {
    "params_lr": ("lr", True),
    "config/lr": ("lr", True),
    "config.lr": ("lr", True),
    "params.lr": ("lr", True),
    "param_momentum": ("momentum", True),
    "param_clf__momentum": ("momentum", True),
    "hparams/lr": ("lr", True),
    "hyperparameters/values/learning_rate": ("learning_rate", True),
    "config/optimizer/lr": ("lr", True),
    "Learning Rate": ("learning_rate", False),
    "metrics.val_acc": ("val_acc", False),
    "user_attrs_seed": ("seed", False),
    "η": ("η", False),
    "train/loss": ("loss", False),
    "value_accuracy": ("accuracy", False),
}


@pytest.mark.parametrize("written", NAMES)
def test_a_plain_name_has_no_prefix(written: str) -> None:
    found = column_of(3, written)
    assert (found.index, found.written) == (3, written)
    assert (found.plain, found.is_setting) == NAMES[written]


def parameters(names: str, claimed: tuple[str, str] | None = None, *, same: bool = False) -> tuple[str, str]:
    columns = [column_of(i, name) for i, name in enumerate(names.split())]
    eta, alpha = parameters_of(columns, claimed, lambda one, other: same, "line 1")
    return eta.written, alpha.written


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("eta alpha value", ("eta", "alpha")),
        ("η α accuracy", ("η", "α")),
        ("lr momentum", ("lr", "momentum")),
        ("params_momentum params_lr", ("params_lr", "params_momentum")),
        ("lr config/lr config/momentum", ("config/lr", "config/momentum")),
        ("param_alpha param_momentum param_learning_rate_init", ("param_learning_rate_init", "param_momentum")),
        ("eta alpha lr momentum", ("eta", "alpha")),
    ],
)
def test_parameters_are_found_by_their_usual_names(names: str, found: tuple[str, str]) -> None:
    assert parameters(names) == found


@pytest.mark.parametrize(
    ("names", "claimed", "found"),
    [
        ("rate decay lr momentum", ("rate", "decay"), ("rate", "decay")),
        ("config/rate config/decay", ("rate", "decay"), ("config/rate", "config/decay")),
        ("params_lr params_momentum", ("params_lr", "params_momentum"), ("params_lr", "params_momentum")),
        ("η α", ("lr", "momentum"), ("η", "α")),
        ("learning_rate adam_beta1 momentum", ("lr", "beta1"), ("learning_rate", "adam_beta1")),
    ],
)
def test_a_claim_names_columns_whatever_they_are_called(
    names: str, claimed: tuple[str, str], found: tuple[str, str]
) -> None:
    assert parameters(names, claimed) == found


def test_one_of_two_columns_must_be_named_unless_they_agree() -> None:
    assert parameters("config/lr params/lr momentum", same=True)[0] == "config/lr"
    with pytest.raises(SpecError, match="column eta: could be config/lr, params/lr; name the one that is meant"):
        parameters("config/lr params/lr momentum")


def test_a_missing_parameter_is_guessed_and_all_numbers_are_named() -> None:
    with pytest.raises(SpecError) as caught:
        parameters("learning_rat depth")
    eta, alpha = caught.value.problems
    assert (eta.field, alpha.field) == ("line 1, column eta", "line 1, column alpha")
    assert eta.text.startswith("is missing; name the two columns of the claim, such as --claim lr=0.1,momentum=0.9")
    assert eta.text.endswith("columns with numbers are learning_rat, depth")
    with pytest.raises(SpecError, match="did you mean `momentums`"):
        parameters("lr momentums", ("lr", "momentum"))


@pytest.mark.parametrize("beta", ["beta1", "beta_1", "config/beta1", "adam_beta1"])
def test_a_weight_of_a_running_mean_is_no_momentum(beta: str) -> None:
    with pytest.raises(SpecError, match=f"`{beta}` weighs a running mean.*such as --claim lr=3e-4,{beta}=0.9"):
        parameters(f"lr {beta}")


def test_columns_are_values() -> None:
    assert column_of(0, "lr") == Column(0, "lr", "lr", False)
