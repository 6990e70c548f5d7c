"""JSON Schema of what `asked_of` and a context's own check refuse, made from the entries of `studies.learning`.

What depends on the size of two numbers together is left to the program: a point that is the golden one to the last
digit, the end of an annealing above the momentum weights of the box, and bounds of a schedule the wrong way round.
"""

from __future__ import annotations

import json
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

    One alternative a network, not one condition a field: programs that make documents multiply conditions out.

    Args:
        sizes: the smaller of height and width of each data set's images, pixels.
    """
    alike: dict[str, tuple[Schema, list[str]]] = {}
    for network in networks.ENTRIES:
        # One alternative more is too much for programs that make documents, so the program alone refuses the rest here.
        beside = _beside(networks.by_name("softmax") if network.one_class else network, sizes)
        alike.setdefault(json.dumps(beside), (beside, []))[1].append(network.name)
    return [{"anyOf": [_of_networks(*found) for found in alike.values()]}, *_schedules(), _official()]


def _of_networks(beside: Schema, names: list[str]) -> Schema:
    """Contexts of networks that have the same beside them."""
    found: Schema = {"properties": {"network": named(names), **beside}}
    return found if DEFAULTS["network"] in names else {"required": ["network"], **found}


def _beside(network: networks.Network, sizes: Mapping[str, int]) -> Schema:
    """What the fields of a context may be beside a network; fields that every network takes are left out."""
    found: Schema = {"backward_rule": _backward_of(network)}
    for kind in ("initialisation", "schedule"):
        fitting = [e.name for e in TABLES[kind] if not e.networks or network.name in e.networks]
        found |= {} if len(fitting) == len(TABLES[kind]) else {kind: named(fitting)}
    large = [name for name, size in sizes.items() if size >= network.least]
    found |= {} if len(large) == len(sizes) else {"dataset": {"enum": large}}
    found |= {} if network.stacked else {"precision": {"const": "fp32"}}
    return found | ({} if network.outputs == "logistic" else {"targets": {"const": "zero_one"}})


def _backward_of(network: networks.Network) -> Schema:
    """The backward rules of a network, and the layers that those with a choice of one may name."""
    fitting = [e for e in backward_rules.ENTRIES if not e.networks or network.name in e.networks]
    layered = [e.name for e in fitting if any(p.name == "layer" for p in e.parameters)]
    found = named(e.name for e in fitting if e.name not in layered)
    usual = "first" in network.layers  # the layer that is meant where none is stated
    if layered:
        required = ["name"] if usual else ["name", "layer"]
        fields = {"name": {"enum": layered}, "layer": {"enum": list(network.layers)}}
        found["anyOf"] += [{"enum": layered}] if usual else []
        found["anyOf"] += [{"type": "object", "required": required, "properties": fields}]
    return found


def _official() -> Schema:
    """The data sets that have a test part of their own."""
    return {
        "if": {"required": ["split"], "properties": {"split": {"const": "official"}}},
        "then": {"required": ["dataset"], "properties": {"dataset": {"enum": list(OFFICIAL)}}},
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
