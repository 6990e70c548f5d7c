"""JSON Schema of what `asked_of` and a context's own check refuse, made from the entries of `studies.learning`.

What depends on the size of two numbers together is left to the program: a point that is the golden one to the last
digit, the end of an annealing above the momentum weights of the box, and bounds of a schedule the wrong way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from studies.language.parameters import LEARNING_RATES, MOMENTUMS
from studies.language.roles import scales
from studies.learning import backward_rules, networks, schedules, update_rules
from studies.learning.chosen import DEFAULTS, TABLES
from studies.learning.entry import Entry, Kind, Parameter, UpdateRule

Schema = dict[str, Any]
# Images of the training part, of data sets that come as a training and a test part; the rest is the test part.
OFFICIAL: dict[str, int] = {"mnist": 60_000, "fashion-mnist": 60_000, "kmnist": 60_000, "cifar10": 50_000}


def named(names: Iterable[str]) -> Schema:
    """A field that names one of these entries, bare or in a table."""
    allowed = list(names)
    return {
        "anyOf": [
            {"enum": allowed},
            {"type": "object", "required": ["name"], "properties": {"name": {"enum": allowed}}},
        ]
    }


def misfit_schemas(sizes: Mapping[str, int]) -> list[Schema]:
    """Of a context: entries that do not fit the network or the update rule beside them.

    Args:
        sizes: the smaller of height and width of each data set's images, pixels.
    """
    return [*_networks(), *_layers(), *_schedules(), *_modules(), *_images(sizes), *_protocol()]


def _networks() -> Iterator[Schema]:
    for kind, entries in TABLES.items():
        for fitting in dict.fromkeys(entry.networks for entry in entries if entry.networks):
            yield _if_named(kind, [entry.name for entry in entries if entry.networks == fitting], "network", fitting)


def _layers() -> Iterator[Schema]:
    """The layers of a network whose derivative may be replaced; networks with the same layers together."""
    for layers in dict.fromkeys(network.layers for network in networks.ENTRIES if network.layers):
        having = [network.name for network in networks.ENTRIES if network.layers == layers]
        stated: Schema = {"properties": {"layer": {"enum": list(layers)}}}
        if layers[0] != "first":  # the layer that is meant where none is stated
            bare = named(["substitute", "substitute_network"])
            stated = {"anyOf": [{"not": bare}, {"type": "object", "required": ["layer"], **stated}]}
        found: Schema = {"properties": {"network": named(having)}}
        if DEFAULTS["network"] not in having:
            found["required"] = ["network"]
        yield {"if": found, "then": {"properties": {"backward_rule": stated}}}


def _modules() -> Iterator[Schema]:
    """The precision of networks that are ordinary modules."""
    yield {
        "if": {"required": ["network"], "properties": {"network": named(networks.MODULES)}},
        "then": {"properties": {"precision": {"const": "fp32"}}},
    }


def _images(sizes: Mapping[str, int]) -> Iterator[Schema]:
    """The networks that fit images of a data set's size."""
    for size in sorted({*sizes.values()}):
        fitting = [network.name for network in networks.ENTRIES if network.least <= size]
        if len(fitting) < len(networks.ENTRIES):
            then: Schema = {"properties": {"network": named(fitting)}}
            if DEFAULTS["network"] not in fitting:
                then["required"] = ["network"]
            small = {"enum": [name for name in sizes if sizes[name] == size]}
            yield {"if": {"required": ["dataset"], "properties": {"dataset": small}}, "then": then}


def _protocol() -> Iterator[Schema]:
    """Splits that a data set has, and targets that a network has."""
    yield {
        "if": {"required": ["split"], "properties": {"split": {"const": "official"}}},
        "then": {"required": ["dataset"], "properties": {"dataset": {"enum": list(OFFICIAL)}}},
    }
    yield {
        "if": {"required": ["targets"], "properties": {"targets": {"const": "offset"}}},
        "then": {
            "required": ["network"],
            "properties": {"network": named(n.name for n in networks.ENTRIES if n.outputs == "logistic")},
        },
    }


def _schedules() -> Iterator[Schema]:
    for moves in ("eta", "alpha"):
        having = [rule.name for rule in update_rules.ENTRIES if getattr(rule, moves)]
        yield _if_named("schedule", [s.name for s in schedules.ENTRIES if s.moves == moves], "update_rule", having)


def _if_named(kind: Kind, names: list[str], other: Kind, allowed: Iterable[str]) -> Schema:
    """Where a field names one of some entries, another names an allowed one; the other's default is allowed."""
    return {
        "if": {"required": [kind], "properties": {kind: named(names)}},
        "then": {"properties": {other: named(allowed)}},
    }


def rule_schemas() -> list[Schema]:
    """Of a document: what each update rule of its built-in contexts can be asked."""
    asked = [{"if": _has(rule), "then": {"anyOf": list(_questions(rule))}} for rule in update_rules.ENTRIES]
    tables: tuple[tuple[Kind, Sequence[Entry]], ...] = (
        ("update_rule", update_rules.ENTRIES),
        ("backward_rule", backward_rules.ENTRIES),
    )
    names = dict.fromkeys((kind, p.name) for kind, entries in tables for entry in entries for p in entry.own)
    return [{"anyOf": [*_backward(), {"allOf": asked}]}, *(_not_stated(*each) for each in names), *_losses()]


def _backward() -> Iterator[Schema]:
    """The learning rate beside a parameter of the backward rule that every built-in context has."""
    rate, no_rate = _item(LEARNING_RATES, "log"), [rule.name for rule in update_rules.ENTRIES if not rule.eta]
    for entry in backward_rules.ENTRIES:
        if not entry.own:
            continue
        item = {"anyOf": [_own_item(parameter) for parameter in entry.own]}
        fields = {"backward_rule": named([entry.name]), "update_rule": {"not": named(no_rate)}}
        trained = {"required": ["backward_rule"], "properties": fields}
        contexts = {"items": {"anyOf": [{"required": ["trainer"]}, trained]}}
        both = [{"prefixItems": [rate, item]}, {"prefixItems": [item, rate]}]
        yield {
            "required": ["parameters", "contexts"],
            "properties": {"parameters": {"anyOf": both}, "contexts": contexts, "ridge": _NO_RIDGE},
        }


def _own_item(parameter: Parameter) -> Schema:
    """A parameter of a rule's own as a study may vary it."""
    bounds = {"low": {"minimum": parameter.lowest}, "high": {"maximum": parameter.highest}}
    return {"properties": {"name": {"const": parameter.name}, "scale": {"enum": list(scales(parameter))}, **bounds}}


def _losses() -> Iterator[Schema]:
    """The losses of a document that has a network which not every loss trains."""
    for network in networks.ENTRIES:
        if network.losses:
            built_in: Schema = {"not": {"required": ["trainer"]}, "required": ["network"]}
            built_in["properties"] = {"network": named([network.name])}
            yield {
                "if": {"required": ["contexts"], "properties": {"contexts": {"contains": built_in}}},
                "then": {
                    "required": ["losses"],
                    "properties": {"losses": {"items": {"enum": list(network.losses)}}},
                },
            }


def _has(rule: UpdateRule) -> Schema:
    """A document one of whose built-in contexts has a rule."""
    built_in: Schema = {"not": {"required": ["trainer"]}, "properties": {"update_rule": named([rule.name])}}
    if rule.name != DEFAULTS["update_rule"]:
        built_in["required"] = ["update_rule"]
    stated = {"properties": {"contexts": {"contains": built_in}}}
    return stated if rule.name == DEFAULTS["update_rule"] else {"required": ["contexts"], **stated}


def _questions(rule: UpdateRule) -> Iterator[Schema]:
    """The ways to ask a rule: in arms, by the paper's pair, at fixed points, by parameters that it has."""
    yield _COMPARES
    if rule.pair:
        yield _PAPER
    elif rule.eta and rule.alpha:
        yield {
            **_PAPER,
            "required": ["ridge", "claim"],
            "properties": {"ridge": {"const": "none"}, "claim": _OWN_CLAIM},
        }
    if not rule.pair:
        yield {**_PAPER, "required": ["design", "claim"], "properties": _fixed(rule)}
    rate, momentum = (_item(LEARNING_RATES, "log"), _item(MOMENTUMS, "log_one_minus"))
    if rule.eta and rule.alpha:
        ridge: Schema = {} if rule.pair else {"ridge": {"not": {"const": "effective_rate"}}}
        pair: Schema = {
            "required": ["parameters"],
            "properties": {"parameters": {"prefixItems": [rate, momentum]}, **ridge},
        }
        yield pair if rule.pair else {"allOf": [pair, {"not": _PAPER}]}
    for parameter in rule.own if rule.eta else ():
        item = _own_item(parameter)
        for both in ([rate, item], [item, rate]):
            yield {"required": ["parameters"], "properties": {"parameters": {"prefixItems": both}, "ridge": _NO_RIDGE}}


def _item(names: tuple[str, ...], scale: str) -> Schema:
    return {"properties": {"name": {"enum": list(names)}, "scale": {"const": scale}}}


_PAPER: Schema = {  # the paper's pair, whether or not it is written out
    "anyOf": [
        {"not": {"required": ["parameters"]}},
        {
            "properties": {
                "parameters": {"prefixItems": [_item(LEARNING_RATES[:1], "log"), _item(MOMENTUMS[:1], "log_one_minus")]}
            }
        },
    ]
}
_COMPARES: Schema = {
    "required": ["design"],
    "properties": {"design": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "compare"}}}},
}
_NO_RIDGE: Schema = {"not": {"const": "effective_rate"}}
_OWN_CLAIM: Schema = {"type": "object", "anyOf": [{"required": [name]} for name in ("eta", "alpha", "at")]}


def _fixed(rule: UpdateRule) -> Schema:
    """Design and claim of a study of fixed points under a rule without an eta, an alpha, or both as Eq. 4 has them."""
    values: Schema = {} if rule.eta else {"eta": {"const": 1}}
    values |= {} if rule.alpha else {"alpha": {"const": 0}}
    point: Schema = {"properties": {**values, "at": {"properties": values}}} if values else {}
    design: Schema = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"const": "cross_validation"}, "points": {"items": point}},
    }
    stated = {"anyOf": [{"required": ["at"]}, {"required": list(values)}]} if values else _OWN_CLAIM
    return {"design": design, "claim": {"type": "object", **point, **stated}}


def _not_stated(kind: Kind, name: str) -> Schema:
    """A parameter that the study varies has no value in a context."""
    varies = {"parameters": {"contains": {"required": ["name"], "properties": {"name": {"const": name}}}}}
    table = {"properties": {kind: {"properties": {name: False}}}}
    return {
        "if": {"required": ["parameters"], "properties": varies},
        "then": {"properties": {"contexts": {"items": table}}},
    }
