"""What a study cannot ask of the update rules and schedules of its built-in contexts, each with its reason and a cure.

A claim is about two parameters. The paper's pair, and every claim on its ridge, needs a rule whose eta and alpha are
those of Eq. 4. Any other rule is asked about two of its own parameters, its learning rate among them. A claim about eta
alone is a claim on a line: the procedure judges two parameters, and is not run on one. Fixed points are measured under
every rule (`design.kind = "cross_validation"`): they are compared, and no optimum is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from studies.errors import Problem
from studies.language.claim import Claim
from studies.language.context import Context
from studies.language.design import CrossValidationDesign, Design, FixedPoint
from studies.language.external import AnyContext
from studies.language.parameters import LEARNING_RATES, Axes
from studies.language.parameters import Parameter as Asked
from studies.language.roles import ALPHA, ETA, choices, role, scales, varied
from studies.language.space import Space
from studies.learning import networks
from studies.learning.entry import Parameter, UpdateRule
from studies.learning.naming import listed, shown_name

BUILT_IN = "`eta` (or `lr`, `learning_rate`) on the scale log, then `alpha` (or `momentum`) on the scale log_one_minus"
FIXED = 'measure fixed points instead (`design.kind` = "cross_validation")'
OWN_TRAINER = 'for other parameters describe a trainer of your own, `trainer = "external"`'


class Document(Protocol):
    """What is read of a study document."""

    @property
    def axes(self) -> Axes:
        """The two parameters."""

    @property
    def claim(self) -> Claim:
        """The claim."""

    @property
    def contexts(self) -> Sequence[Any]:
        """The contexts."""

    @property
    def design(self) -> Design:
        """The design."""

    @property
    def space(self) -> Space:
        """The box."""

    def axes_in(self, context: str) -> Axes:
        """The two parameters of the trials of a context."""

    def space_in(self, context: str) -> Space:
        """The box of the trials of a context."""


def rule_faults(spec: Document) -> Iterator[Problem]:
    """What a document asks of its built-in contexts' update rules that they do not have."""
    fixed = isinstance(spec.design, CrossValidationDesign)
    for i, context in enumerate(spec.contexts):
        if not isinstance(context, Context):
            continue
        if not spec.axes.is_paper:
            yield from _by_name(spec.axes, context, i, ridge=spec.axes.ridge and not fixed)
        elif not fixed:
            yield from _of_the_pair(spec, context.rule, i)
    if fixed and spec.axes.is_paper:
        yield from _fixed_points(spec)


def loss_faults(losses: Sequence[str], contexts: Sequence[AnyContext]) -> Iterator[Problem]:
    """Networks that a loss of the study cannot train."""
    for i, context in enumerate(contexts):
        if not isinstance(context, Context):
            continue
        network = networks.by_name(context.choice("network").name)
        others = [loss for loss in losses if network.losses and loss not in network.losses]
        if others:
            alone = f"is {network.name}, which {listed(network.losses)} alone trains"
            text = f"{alone}, and `losses` has {listed(others, 'and')}"
            yield Problem(f"contexts.{i}.network", f"{text}; choose another network, or remove the loss")


def annealing_faults(spec: Document) -> Iterator[Problem]:
    """Schedules whose last momentum weight lies above one that a trial begins with."""
    for i, context in enumerate(spec.contexts):
        if isinstance(context, Context) and context.anneals == ALPHA:
            end, least = float(context.choice("schedule").values["end"]), _least_alpha(spec, context)
            if end > least:
                text = f"is {end:g}, above the momentum weight {least:g} that the study begins with"
                yield Problem(f"contexts.{i}.schedule.end", f"{text}; lower it, or raise the lowest alpha")


def bound(context: AnyContext, axes: Axes) -> AnyContext:
    """A context as one of a study on these axes: what they vary of its update rule has no value in the document."""
    return context.varying(varied(axes, context.rule)) if isinstance(context, Context) else context


def _least_alpha(spec: Document, context: Context) -> float:
    """The smallest momentum weight of a context's points or box."""
    axes = spec.axes_in(context.name)
    roles = [role(name, context.rule) for name in axes.names]
    if ALPHA not in roles:
        return dict(axes.fixed).get(ALPHA, 0.0)
    which = roles.index(ALPHA)
    if isinstance(spec.design, CrossValidationDesign):
        return min(point.place(spec.axes)[which] for point in spec.design.points)
    return spec.space_in(context.name).ends[which][0]


def _of_the_pair(spec: Document, rule: UpdateRule, i: int) -> Iterator[Problem]:
    """A search or a claim in eta and alpha on a rule that does not have both, or not as Eq. 4 has them."""
    field = f"contexts.{i}.update_rule"
    if not rule.eta or not rule.alpha:
        yield Problem(field, f"is {shown_name(rule)}, {_lacks(rule)}; {_cure(rule)}")
    elif not rule.pair and spec.axes.ridge:
        text = f"is the ridge of momentum SGD (Eq. 4), which {rule.name} of contexts.{i} does not have"
        yield Problem("ridge", f'{text}; set it to "none" and state a claim of your own, or {FIXED}')
    elif not rule.pair and spec.claim.curve != "none":
        yield Problem("claim", _not_golden(rule, i))


def _not_golden(rule: UpdateRule, i: int) -> str:
    text = f"is the golden one, in eta and alpha of Eq. 4, which {rule.name} of contexts.{i} does not have"
    return f'{text}; state a point of your own, with `curve` = "none"'


def _lacks(rule: UpdateRule) -> str:
    """The part of the pair that a rule does not have, as a clause."""
    if not rule.eta:
        return "which has neither a learning rate nor a momentum weight"
    if not rule.own:
        return (
            "which has a learning rate alone: a claim about one parameter is a claim on a line, "
            "and the procedure judges two"
        )
    return "which has no momentum weight alpha"


def _cure(rule: UpdateRule) -> str:
    if len(choices(rule)) < 2:
        return f"choose a rule that has two parameters, or {FIXED}"
    return f"name eta and another of its parameters in `parameters` ({listed(choices(rule), 'and')}), or {FIXED}"


def _fixed_points(spec: Document) -> Iterator[Problem]:
    """Points of a fixed-points study, and its claim, with an eta or alpha that a rule does not have."""
    design = spec.design
    assert isinstance(design, CrossValidationDesign)
    tables: list[tuple[str, Claim | FixedPoint]] = [("claim", spec.claim)]
    tables += [(f"design.points.{j}", point) for j, point in enumerate(design.points)]
    rules = [(i, context.rule) for i, context in enumerate(spec.contexts) if isinstance(context, Context)]
    for field, table in tables:
        at = table.at if table.at is not None else {ETA: table.eta, ALPHA: table.alpha}
        eta, alpha = at.get(ETA), at.get(ALPHA)
        inside = field if table.at is None else f"{field}.at"
        for i, rule in rules:
            if not rule.alpha and alpha not in (0.0, None):  # a point without one is refused for that
                text = f"is {alpha:g}, and {rule.name} of contexts.{i} has no momentum weight; set it to 0"
                yield Problem(f"{inside}.{ALPHA}", text)
            if not rule.eta and eta not in (1.0, None):
                text = f"is {eta:g}, and {rule.name} of contexts.{i} has no learning rate; set it to 1"
                yield Problem(f"{inside}.{ETA}", text)
    for i, rule in rules:
        if rule.alpha and not rule.pair and spec.claim.curve != "none":
            yield Problem("claim", _not_golden(rule, i))


def _by_name(axes: Axes, context: Context, i: int, *, ridge: bool) -> Iterator[Problem]:
    """Parameters of a study that a context's rule does not have, or not so."""
    rule, field = context.rule, f"contexts.{i}"
    roles = [role(name, rule) for name in axes.names]
    if roles == [ETA, ALPHA]:
        if not axes.takes_ridge:
            yield Problem(field, _asked_otherwise(rule))
        elif ridge and not rule.pair:
            text = f"is that of momentum SGD (Eq. 4), which {rule.name} of {field} does not have"
            yield Problem("ridge", f"{text}; leave it out")
        return
    if None in roles or roles[0] == roles[1] or ETA not in roles or set(roles) == {ETA, ALPHA}:
        yield Problem(field, _asked_otherwise(rule))
        return
    if ridge:
        text = f"is a line of equal eta / (1 - alpha), and the study varies {listed(axes.names, 'and')}; leave it out"
        yield Problem("ridge", text)
    parameters = {parameter.name: parameter for parameter in rule.own}
    for j, (asked, name) in enumerate(zip(axes.both, roles, strict=True)):
        yield from ranges(asked, parameters.get(str(name)), f"parameters.{j}", rule)
    for name in sorted(context.stated & varied(axes, rule)):
        text = "is stated here, and the study varies it (`parameters`); remove it from one of the two"
        yield Problem(f"{field}.{context.place_of[name]}.{name}", text)


def _asked_otherwise(rule: UpdateRule) -> str:
    """The parameters that a rule is asked about, for a study that names others."""
    if not rule.own and rule.alpha:
        return f"is built in and trains by a learning rate and a momentum, {BUILT_IN}; {OWN_TRAINER}"
    if len(choices(rule)) < 2 or not rule.eta:
        return f"is built in and trains by {rule.name}, {_lacks(rule)}; {_cure(rule)}"
    names = listed([f"`{name}`" for name in choices(rule)], "and")
    text = f"is built in and trains by {rule.name}, whose parameters are {names}; name two of them, `eta` (or"
    return f"{text} {', '.join(f'`{name}`' for name in LEARNING_RATES[1:])}) among them; {OWN_TRAINER}"


def ranges(asked: Asked, parameter: Parameter | None, field: str, rule: UpdateRule) -> Iterator[Problem]:
    """Scale and bounds of a study's parameter that a rule's does not have; None: it is a learning rate or momentum."""
    if parameter is None:
        scale = "log" if asked.name in LEARNING_RATES else "log_one_minus"
        if asked.scale != scale:
            yield Problem(f"{field}.scale", f"is {asked.scale}, and {asked.name} varies on the scale {scale}; set that")
        return
    if asked.scale not in scales(parameter):
        cure = listed(scales(parameter))
        yield Problem(f"{field}.scale", f"is {asked.scale}, and {rule.name}'s {asked.name} varies on {cure}; set that")
    for end, value in (("low", asked.low), ("high", asked.high)):
        if not parameter.lowest <= value <= parameter.highest:
            text = f"is {value:g}, and {rule.name}'s {asked.name} lies between {parameter.lowest:g} and"
            yield Problem(f"{field}.{end}", f"{text} {parameter.highest:.12g}; move it there")
