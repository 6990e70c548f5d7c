"""The study language: one strict, versioned, bounded document that says everything a study is.

`parse` is the only way in: TOML or JSON text, or a mapping, validated once. Nothing later checks again.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from studies.errors import SpecError
from studies.golden import ridge_mate
from studies.language.claim import FOLKLORE, STRICT, Claim
from studies.language.context import DATASET_SHAPES, SLUG, Context, Loss, Slug
from studies.language.design import CrossValidationDesign, Design, LocateDesign
from studies.language.sizes import runs_per_sweep
from studies.language.space import SearchSpace

SCHEMA_VERSION = 2
FIRST_VERSION_BLOCKS = 35  # of a locate design that names none, in a document of version 1
MAX_BYTES = 262_144  # a study file; far above any honest one
MAX_RUNS = 200_000  # the rows of a study are planned in one transaction: seconds and 300 MB at this size
MAX_IMAGE_PASSES = 10**13  # runs x images x epochs: about a year of one large GPU
SAFE_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*$"


_PATTERNS = {
    SLUG: "must be 1 to 63 lower-case letters, digits and inner hyphens",
    SAFE_TEXT: "must not hold control characters, zero-width marks or text-direction overrides",
}


class Replication(BaseModel):
    """How runs of one point differ: k-fold splits and seeds."""

    model_config = STRICT

    folds: Annotated[int, Field(ge=2, le=100)] = 10


class Limits(BaseModel):
    """When to give up on a trial or a study."""

    model_config = STRICT

    max_attempts: Annotated[
        int, Field(ge=1, le=20, description="claims of a trial before it is given up as failed")
    ] = 3
    trial_seconds: Annotated[int, Field(ge=10, le=604_800, description="wall-clock limit of one claim")] = 86_400
    max_failed_share: Annotated[
        float, Field(ge=0.0, le=1.0, description="share of failed trials that fails the study")
    ] = 0.2


class StudySpec(BaseModel):
    """A study as submitted. `losses` x `contexts` are its sweeps."""

    model_config = STRICT

    schema_version: Literal[1, 2] = 2
    name: Slug
    title: Annotated[str, Field(max_length=200, pattern=SAFE_TEXT)] = ""
    description: Annotated[str, Field(max_length=4000, pattern=SAFE_TEXT)] = ""
    claim: Claim = Claim()
    losses: Annotated[list[Loss], Field(min_length=1, max_length=5)] = ["golden", "sse", "cross_entropy"]
    contexts: Annotated[list[Context], Field(min_length=1, max_length=64)] = [Context()]
    search_space: SearchSpace = SearchSpace()
    design: Design = LocateDesign()
    replication: Replication = Replication()
    limits: Limits = Limits()
    priority: Annotated[int, Field(ge=-100, le=100, description="higher is claimed first")] = 0
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 20200607

    @model_validator(mode="before")
    @classmethod
    def _of_version_1(cls, data: Any) -> Any:
        """Documents that say version 1 keep its meaning, so that studies frozen then are planned and judged as then."""
        if not isinstance(data, dict) or data.get("schema_version") != 1:
            return data
        design = data.get("design", {"kind": "locate"})
        if not isinstance(design, dict) or design.get("kind") != "locate":
            return data
        return {**data, "design": {"confirm_blocks": FIRST_VERSION_BLOCKS, "opposite": None, **design}}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [*_version(self), *_uniqueness(self), *_containment(self), *_claimed(self), *_folds(self)]
        problems += _size(self)
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def claim_hash(self) -> str:
        """SHA-256 of everything that could bend a verdict: the whole document but its name, texts and priority."""
        frozen = self.model_dump(mode="json", exclude={"name", "title", "description", "priority", "limits"})
        return hashlib.sha256(canonical_json(frozen).encode()).hexdigest()

    @property
    def spec_hash(self) -> str:
        """SHA-256 of the whole document; equal documents are the same study."""
        return hashlib.sha256(canonical_json(self.model_dump(mode="json")).encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no white space: the form that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _version(spec: StudySpec) -> list[str]:
    if not isinstance(spec.design, LocateDesign):
        return []
    if spec.schema_version == 1 and spec.design.opposite is not None:
        return ["`design.opposite` is not known in `schema_version` 1; set that to 2"]
    if spec.schema_version > 1 and spec.design.opposite is None:
        return ["`design.opposite` is null; set it to true or false"]
    return []


def _uniqueness(spec: StudySpec) -> list[str]:
    problems = []
    if len(set(spec.losses)) < len(spec.losses):
        problems.append("`losses` names a loss twice; name each once")
    names = [context.name for context in spec.contexts]
    if len(set(names)) < len(names):
        problems.append("`contexts` uses a name twice; give each context its own `name`")
    primary = spec.claim.primary_loss
    if primary is not None and primary not in spec.losses:
        problems.append(f"`claim.primary_loss` is {primary!r}, which is not among `losses`; add it or set it to null")
    return problems


def _containment(spec: StudySpec) -> list[str]:
    points = [("claim", spec.claim.eta, spec.claim.alpha)]
    if isinstance(spec.design, CrossValidationDesign):
        points += [(f"design.points.{i}", p.eta, p.alpha) for i, p in enumerate(spec.design.points)]
        points += [
            (f"design.points.{i}.loss", p.eta, p.alpha)
            for i, p in enumerate(spec.design.points)
            if p.loss is not None and p.loss not in spec.losses
        ]
    else:
        points += [(f"design.mates ({alpha})", ridge_mate(alpha), alpha) for alpha in spec.design.mates]
        if spec.design.folklore:
            points.append(("design.folklore", *FOLKLORE))
    problems = [
        f"`{path}` ({eta:.6g}, {alpha:.6g}) lies outside `search_space`; widen the space or move the point"
        for path, eta, alpha in points
        if not path.endswith(".loss") and not spec.search_space.contains(eta, alpha)
    ]
    problems += [f"`{path}` is not among `losses`; add it there" for path, _, _ in points if path.endswith(".loss")]
    return problems


def _claimed(spec: StudySpec) -> list[str]:
    """Every study measures its claim's point, under every loss."""
    if not isinstance(spec.design, CrossValidationDesign):
        return []
    measured = {p.loss for p in spec.design.points if p.lies_at(spec.claim.eta, spec.claim.alpha)}
    lacking = [loss for loss in spec.losses if not measured & {None, loss}]
    point = f"({spec.claim.eta:.6g}, {spec.claim.alpha:.6g})"
    return [f"`design.points` lacks the claim's point {point} for {', '.join(lacking)}; add it"] if lacking else []


def _folds(spec: StudySpec) -> list[str]:
    return [
        f"`contexts.{i}.batch_size` {c.batch_size} exceeds a fold's {_training_images(spec, c)} images; lower it"
        for i, c in enumerate(spec.contexts)
        if c.batch_size > _training_images(spec, c)
    ]


def _training_images(spec: StudySpec, context: Context) -> int:
    folds = spec.replication.folds
    return context.image_count * (folds - 1) // folds


def _size(spec: StudySpec) -> list[str]:
    per_sweep = runs_per_sweep(spec.design, spec.replication.folds)
    runs = per_sweep * len(spec.losses) * len(spec.contexts)
    passes = per_sweep * len(spec.losses) * sum(c.image_count * c.epochs for c in spec.contexts)
    problems = []
    if runs > MAX_RUNS:
        problems.append(f"the study would take {runs:,} runs, more than the {MAX_RUNS:,} allowed; shrink `design`")
    if passes > MAX_IMAGE_PASSES:
        problems.append(f"the study would take {passes:.3g} image passes, more than {MAX_IMAGE_PASSES:.0e}; shrink it")
    return problems


def parse(document: str | bytes | Mapping[str, Any], *, form: Literal["json", "toml"] = "json") -> StudySpec:
    """Turn a study document into a `StudySpec`.

    Args:
        document: text in the given form, or a mapping already read from such text.
        form: "json" or "toml"; ignored for mappings.

    Raises:
        SpecError: the document is not well-formed or not acceptable; `problems` name each field and the cure.
    """
    if isinstance(document, Mapping):
        data: Any = dict(document)
    else:
        data = _read(document, form)
    try:
        return StudySpec.model_validate_json(json.dumps(data, allow_nan=True, default=_refuse))
    except ValidationError as error:
        raise SpecError([(_path(e["loc"]), _text(dict(e))) for e in error.errors()]) from None
    except (RecursionError, ValueError) as error:
        raise SpecError([("", f"not a study document: {error}")]) from None


def _refuse(value: object) -> str:
    """What TOML knows and JSON does not: dates and times."""
    raise ValueError(f"{str(value)[:60]} is a {type(value).__name__}, which no field takes; write text in quotes")


def _read(document: str | bytes, form: str) -> Any:
    size = len(document)
    if size > MAX_BYTES:
        raise SpecError([("", f"the document has {size:,} bytes, more than {MAX_BYTES:,}; a study needs far less")])
    try:
        text = document.decode("utf-8-sig") if isinstance(document, bytes) else document.removeprefix("\ufeff")
        return tomllib.loads(text) if form == "toml" else json.loads(text, object_pairs_hook=_no_duplicates)
    except UnicodeDecodeError:
        raise SpecError([("", "the document is not UTF-8 text; save it as UTF-8")]) from None
    except RecursionError:
        raise SpecError([("", "the document is nested too deeply")]) from None
    except ValueError as error:
        raise SpecError([("", f"not well-formed {form.upper()}: {error}")]) from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return result


def _path(location: tuple[str | int, ...]) -> str:
    """Field path without the discriminator tags that pydantic adds."""
    tags = {"locate", "search", "cross_validation"}
    return ".".join(
        str(part) for i, part in enumerate(location) if not (part in tags and i and location[i - 1] == "design")
    )


def _text(error: dict[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if error["type"] == "extra_forbidden":
        return "unknown field; remove it or check its spelling"
    if error["type"] in {"value_error", "missing"}:
        return message
    if error["type"] == "string_pattern_mismatch":
        message = _PATTERNS[error["ctx"]["pattern"]]
    if error["type"] == "union_tag_not_found":
        return "`kind` is missing; set it to locate, search or cross_validation"
    shown = ascii(error.get("input"))
    return f"{message}, got {shown if len(shown) <= 60 else shown[:57] + '...'}"


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a study document, for editors and forms."""
    schema = StudySpec.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "golden-study study", **schema}


def describe_dataset(name: str) -> str:
    """One line about a data set, e.g. "1,797 images of 8x8, 10 classes"."""
    count, channels, height, width, classes = DATASET_SHAPES[name]
    colour = "colour " if channels == 3 else ""
    return f"{count:,} {colour}images of {height}x{width}, {classes} classes"
