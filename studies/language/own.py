"""Documents of the third version in their own words: parameters, measure, titles, losses and names of contexts.

The golden point is a preset: `claim = "golden"`, or a document without `claim` and `parameters`. A document that names
its own parameters gets nothing of it: no title, no primary loss, no controls on a ridge that it does not declare.
`stated` writes out what such a document leaves out (`own_faults` finds what it says that cannot be).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from studies import golden
from studies.errors import Problem
from studies.language.claim import MEASURE, Claim
from studies.language.context import Context
from studies.language.external import OWN, all_external, trained_by
from studies.language.parameters import Parameter, is_paper
from studies.language.ranges import MOST_FLOOR
from studies.language.versions import THIRD, same_number, version_of

if TYPE_CHECKING:
    pass

PRESET = "golden"  # the claim that a document may name in place of its table
GOLDEN_LOSS = Claim.model_fields["primary_loss"].default
MOST_TITLE = 200  # characters

SCHEMAS: tuple[dict[str, Any], ...] = (  # JSON Schema of what `faults` and `stated` ask of a document's tables together
    {
        "if": {"required": ["parameters"]},
        "then": {"required": ["claim"], "properties": {"search_space": False}},
    },
    {
        "if": {
            "required": ["measure"],
            "properties": {
                "measure": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "real"}}}
            },
        },
        "else": {"properties": {"claim": {"properties": {"margin_floor": {"maximum": MOST_FLOOR}}}}},
    },
)


def stated(data: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the defaults of its own words written out; odd values stay for the models to refuse.

    Args:
        data: as it came in, its design with a `kind`.
    """
    found = dict(data)
    trained_by(data.get("contexts"))
    if (version_of(data) or 0) < THIRD:
        return found
    preset = found.get("claim", PRESET) == PRESET
    external = all_external(data.get("contexts"))
    if preset and ("claim" in data or external or data.get("measure") is not None):
        found["claim"] = {}
    if external:
        found.setdefault("losses", [OWN])
    if "contexts" in data:
        found["contexts"] = _named_contexts(data["contexts"])
    box = _paper_box(data.get("parameters"))
    if box is not None:
        found["search_space"] = box
        del found["parameters"]
    elif "parameters" in data:
        found["search_space"] = None
    claim = found.get("claim")
    if isinstance(claim, Mapping):
        found["claim"] = {**_claim_words(found, claim, preset=preset), **_in_place(found, claim)}
    if _is_bare(found) and isinstance(found.get("design"), Mapping):
        found["design"] = {**_no_controls(found["design"]), **found["design"]}
    return found


def _paper_box(parameters: Any) -> dict[str, Any] | None:
    """The search space that the paper's pair stands for where it is written out; None for other parameters."""
    try:
        both = [Parameter.model_validate(each) for each in parameters]
    except (TypeError, ValidationError):
        return None
    return {each.name: {"low": each.low, "high": each.high} for each in both} if is_paper(both) else None


def missing(data: Mapping[str, Any]) -> Iterator[Problem]:
    """What a document with parameters of its own needs beside them, and what it may not have."""
    if "parameters" not in data or (version_of(data) or 0) < THIRD:
        return
    if "claim" not in data:
        yield Problem("claim", "is missing; a document with `parameters` states its own claim, such as `claim.at`")
    if "search_space" in data:
        yield Problem("search_space", "is stated beside `parameters`, whose bounds are the search space; remove it")


def on_ridge(data: Mapping[str, Any]) -> dict[str, Any]:
    """Point and box of a document that declares the ridge for parameters of its own, as eta and alpha would have them.

    Empty for every other document, and for one whose parameters or point are odd.
    """
    claim, at = data.get("claim"), None
    if data.get("ridge") == "effective_rate" and isinstance(claim, Mapping):
        at = claim.get("at")
    try:
        first, second = (Parameter.model_validate(each) for each in data.get("parameters", ()))
    except (TypeError, ValueError):
        return {}
    if not isinstance(at, Mapping) or not {first.name, second.name} <= at.keys():
        return {}
    box = {name: {"low": p.low, "high": p.high} for name, p in (("eta", first), ("alpha", second))}
    return {"eta": at[first.name], "alpha": at[second.name], "search_space": box}


def _named_contexts(contexts: Any) -> Any:
    """Contexts of our own engine that name themselves after their data."""
    if not isinstance(contexts, list):
        return contexts
    return [named_context(context) if isinstance(context, Mapping) else context for context in contexts]


def named_context(context: Mapping[str, Any]) -> dict[str, Any]:
    """The context with its name: one of our own engine is named after its data."""
    if "trainer" in context:
        return dict(context)
    return {"name": context.get("dataset", Context.model_fields["dataset"].default), **context}


def _claim_words(data: Mapping[str, Any], claim: Mapping[str, Any], *, preset: bool) -> dict[str, Any]:
    """Title, curve, primary loss and floor of a claim that does not state them, in the document's own words."""
    found: dict[str, Any] = {}
    measure = data.get("measure")
    if isinstance(measure, Mapping):
        found["objective"] = MEASURE
        if measure.get("kind") == "real" and not {"margin_points", "margin_error_share"} & claim.keys():
            found["margin_floor"] = 0.0
    losses = data.get("losses")
    alone = losses[0] if isinstance(losses, list) and len(losses) == 1 else None
    if not preset and not _is_golden(data, claim):
        found |= {"curve": "none", "primary_loss": alone, "title": _title(data, claim)}
    elif all_external(data.get("contexts")) and isinstance(losses, list) and GOLDEN_LOSS not in losses:
        found["primary_loss"] = alone
    return found


def _is_golden(data: Mapping[str, Any], claim: Mapping[str, Any]) -> bool:
    """True for a claim of the paper's pair that states no point, or the golden one."""
    at = claim.get("at", claim)
    at = at if isinstance(at, Mapping) else {}
    golden_point = {"eta": golden.ETA, "alpha": golden.ALPHA}
    return "parameters" not in data and all(same_number(at.get(n, x), x) for n, x in golden_point.items())


def _title(data: Mapping[str, Any], claim: Mapping[str, Any]) -> str:
    """The claimed point in the document's words: "lr = 0.0003, beta1 = 0.9"."""
    at = claim.get("at", {"eta": golden.ETA, "alpha": golden.ALPHA, **claim})
    parameters = data.get("parameters", [{"name": "eta"}, {"name": "alpha"}])
    names = (
        [each.get("name") for each in parameters if isinstance(each, Mapping)] if isinstance(parameters, list) else []
    )
    values = [(name, at.get(name)) for name in names if isinstance(at, Mapping) and isinstance(name, str)]
    said = [f"{name} = {value:.12g}" for name, value in values if isinstance(value, int | float)]
    return ", ".join(said)[:MOST_TITLE] or "claim"


def _in_place(data: Mapping[str, Any], claim: Mapping[str, Any]) -> dict[str, Any]:
    """The claim with its point in one form: `eta` and `alpha` where the pair is the paper's table, else `at`."""
    found, at = dict(claim), claim.get("at")
    paper = "parameters" not in data
    if paper and isinstance(at, Mapping) and set(at) == {"eta", "alpha"} and not {"eta", "alpha"} & claim.keys():
        del found["at"]
        return {**found, **at}
    if not paper and at is None and {"eta", "alpha"} & claim.keys():
        found["at"] = {name: found.pop(name) for name in ("eta", "alpha") if name in claim}
    return found


def _is_bare(data: Mapping[str, Any]) -> bool:
    """True where no ridge is declared for what may not be the paper's pair."""
    return data.get("ridge") == "none" or ("parameters" in data and data.get("ridge") is None)


def _no_controls(design: Mapping[str, Any]) -> dict[str, Any]:
    """Controls of a design without a ridge: none."""
    return {"mates": [], "folklore": False} if design.get("kind") in ("locate", "search") else {}
