"""From a study to the engine: every choice of a context, and a trial's two values by name."""

from __future__ import annotations

from typing import Any

from studies.language.context import Context
from studies.language.spec import StudySpec, parse
from studies.storage.read_models import ClaimedTrial
from worker.lanes_of import lane_of, setup_of
from worker.training.lanes import Lane, Setup

RATE = {"name": "lr", "scale": "log", "low": 1e-4, "high": 0.1}
BETA = {"name": "beta1", "scale": "log_one_minus", "low": 0.0, "high": 0.99}


def context(**fields: Any) -> Context:
    return Context.model_validate(fields)


def lane(spec: StudySpec, first: float, second: float) -> Lane:
    trial = ClaimedTrial(1, 1, "s", "golden@x", "golden", 0, 1, "map", "point", first, second, ())
    return lane_of(spec.axes, spec.built_in[0], trial, init_seed=7)


def test_a_usual_context_is_the_usual_set_up() -> None:
    assert setup_of(context(), 5) == Setup(order_seed=5)
    assert setup_of(context(network="mlp"), 0) == Setup(network="mlp", width=64)


def test_what_a_context_names_reaches_the_engine_with_every_value() -> None:
    found = setup_of(
        context(
            network={"name": "mlp", "width": 96},
            update_rule={"name": "dlr", "side": "post"},
            schedule={"name": "anneal_eta", "share": 0.5},
            backward_rule={"name": "substitute", "derivative": "tanh"},
        ),
        0,
    )
    assert (found.network, found.width, found.update_rule) == ("mlp", 96, "dlr")
    assert found.rule_settings == (("side", "post"), ("a", 0.4), ("warm_start", True))
    assert (found.schedule, found.schedule_settings) == ("anneal_eta", (("end", 0.0), ("share", 0.5)))
    assert (found.backward_rule, found.backward_settings) == (
        "substitute",
        (("layer", "first"), ("derivative", "tanh")),
    )
    assert isinstance(hash(found), int)


def test_a_trials_values_go_to_its_lane_by_name() -> None:
    assert lane(parse({"name": "s"}), 0.1, 0.9) == Lane(0.1, 0.9, "golden", 7)
    for parameters, values in (([RATE, BETA], (0.01, 0.5)), ([BETA, RATE], (0.5, 0.01))):
        names = [parameter["name"] for parameter in parameters]
        claim = {"at": dict(zip(names, values, strict=True))}
        adam = parse({"name": "s", "contexts": [{"update_rule": "adam"}], "parameters": parameters, "claim": claim})
        assert lane(adam, *values) == Lane(0.01, 0.0, "golden", 7, own=(("beta1", 0.5),))
        assert ("beta2", 0.999) in setup_of(adam.built_in[0], 0).rule_settings


def test_a_weight_of_the_backward_rule_goes_to_the_lane_and_lists_to_the_set_up() -> None:
    w1 = {"name": "w1", "scale": "linear", "low": 0.0, "high": 8.0}
    contexts = [{"backward_rule": "substitute_network", "schedule": {"name": "table", "last": [1] * 30}}]
    claim = {"at": {"lr": 0.01, "w1": 2.0}, "tolerance": {"w1": 1.0}}
    spec = parse({"name": "s", "contexts": contexts, "parameters": [RATE, w1], "claim": claim})
    assert lane(spec, 0.01, 3.0) == Lane(0.01, 0.0, "golden", 7, own=(("w1", 3.0),))
    found = setup_of(spec.built_in[0], 0)
    assert found.backward_settings == (("layer", "first"), ("w1", 1.0), ("w2", 1.0))
    assert found.schedule_settings == (("shares", ()), ("first", ()), ("last", (1.0,) * 30), ("per_epoch", 1))
    assert isinstance(hash(found), int)
