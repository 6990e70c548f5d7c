"""JSON Schema of what `asked_of` and a context's own check refuse, made from the entries of `studies.learning`.

What depends on the size of two numbers together is left to the program: a point that is the golden one to the last
digit, and the end of an annealing above the momentum weights of the box.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from studies.language.parameters import LEARNING_RATES, MOMENTUMS
from studies.language.roles import scales
from studies.learning import networks, schedules, update_rules
from studies.learning.chosen import DEFAULTS, TABLES
from studies.learning.entry import Kind, UpdateRule

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


def misfit_schemas() -> list[Schema]:
    """Of a context: entries that do not fit the network or the update rule beside them."""
    return [*_networks(), *_layers(), *_schedules(), *_protocol()]


def _networks() -> Iterator[Schema]:
    for kind, entries in TABLES.items():
        for entry in entries:
            if entry.networks:
                yield _if_named(kind, [entry.name], "network", entry.networks)


def _layers() -> Iterator[Schema]:
    """The layers of a network whose derivative may be replaced; `first` is meant where none is stated."""
    known = dict.fromkeys(layer for network in networks.ENTRIES for layer in network.layers)
    for layer in known:
        having = [network.name for network in networks.ENTRIES if layer in network.layers]
        stated: Schema = {"type": "object", "required": ["layer"], "properties": {"layer": {"const": layer}}}
        found: Schema = {"properties": {"network": named(having)}}
        if DEFAULTS["network"] not in having:
            found["required"] = ["network"]
            other: Schema = {"required": ["network"], "properties": {"network": named(having)}}
            sent = {"anyOf": [{"not": named(["substitute"])}, stated]}
            yield {"if": other, "then": {"properties": {"backward_rule": sent}}}
        yield {"if": {"required": ["backward_rule"], "properties": {"backward_rule": stated}}, "then": found}


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
    names = dict.fromkeys(parameter.name for rule in update_rules.ENTRIES for parameter in rule.own)
    return [*asked, *(_not_stated(name) for name in names), *_losses()]


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
    """The ways to ask a rule: by the paper's pair, at fixed points, by parameters that it has."""
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
        bounds = {"low": {"minimum": parameter.lowest}, "high": {"maximum": parameter.highest}}
        item = {"properties": {"name": {"const": parameter.name}, "scale": {"enum": list(scales(parameter))}, **bounds}}
        for both in ([rate, item], [item, rate]):
            free = {"ridge": {"not": {"const": "effective_rate"}}}
            yield {"required": ["parameters"], "properties": {"parameters": {"prefixItems": both}, **free}}


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


def _not_stated(name: str) -> Schema:
    """A parameter that the study varies has no value in a context."""
    varies = {"parameters": {"contains": {"required": ["name"], "properties": {"name": {"const": name}}}}}
    table = {"properties": {"update_rule": {"properties": {name: False}}}}
    return {
        "if": {"required": ["parameters"], "properties": varies},
        "then": {"properties": {"contexts": {"items": table}}},
    }
