"""The tools of `golden mcp`: verbs of the client as an agent calls them. Nothing here knows the protocol.

A tool takes arguments that a model checks, asks the service through `Ask`, and answers with a JSON object. Answers are
cut to what an agent can use: a verdict's maps and a study's document are not in them unless they are asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from service.client import Client
from service.commands.documents import study_sent
from studies.language.spec import StudySpec
from studies.records import FINAL_STATES

T = TypeVar("T")
POLL_SECONDS = 1.0
MOST_SECONDS = 50.0  # of one wait: many agents give a tool a minute
JSON_STARTS = ("{", "[")
SUMMARY = ("state", "runs_expected", "runs_done", "runs_diverged", "trials_running", "trials_failed", "note")
PHASE = ("phase", "waiting", "running", "complete", "failed", "runs_planned", "runs_done")
WHOLE_VERDICT = ("study", "outcome", "sentence", "objective", "analysis_version", "claimed", "caution")
EXAMPLE = """\
schema_version = 3
name = "my-study"
[claim]
at = { lr = 3e-4, beta1 = 0.9 }
[[parameters]]
name = "lr"
scale = "log"            # or "log_one_minus" (momentum), or "linear" (then claim.tolerance = { name = half-width })
low = 1e-5
high = 0.1
[[parameters]]
name = "beta1"
scale = "log_one_minus"
low = 0.5
high = 0.999
[measure]
name = "val_acc"
direction = "maximize"
kind = "share"           # of test_size cases; or "positive", or "real"
test_size = 1000
[[contexts]]
trainer = "external"
settings = { network = "resnet18" }
[replication]
folds = 1
"""
TABLE_VERDICT = ("outcome", "sentence", "objective", "left_out", "ignored_columns", "notes")
SWEEP_VERDICT = ("sweep", "outcome", "reasons", "sentence", "runs", "needed", "pairs_needed")
PLACES = ("eta", "alpha", "parameters")


class Ask(Protocol):
    """The way to the service: runs a call on a client of its own, where it holds up nobody."""

    def __call__(self, call: Callable[[Client], T]) -> Awaitable[T]:
        """The answer to a call."""


class Arguments(BaseModel):
    """Arguments of a tool. A name that it does not have is refused."""

    model_config = ConfigDict(extra="forbid")


Document = Annotated[
    Any,
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
    Field(
        description="The study: its document as an object, or as TOML or JSON text, or the name of a ready-made study "
        "of the catalogue."
    ),
]
NewName = Annotated[
    str | None, Field(description="Name of the study, if not the document's: lower-case letters, digits, hyphens.")
]
StudyName = Annotated[str, Field(description="The study's name.", min_length=1, max_length=200)]
Full = Annotated[
    bool, Field(description="Everything: confidence regions as maps, every comparison. Large; rarely needed.")
]


class CatalogueArguments(Arguments):
    """Arguments of `catalogue`."""

    name: Annotated[str | None, Field(description="One ready-made study, with its document; none: the list.")] = None


class PreviewArguments(Arguments):
    """Arguments of `preview`."""

    study: Document
    name: NewName = None
    power: Annotated[bool, Field(description="Simulate how likely the design is to decide; takes a minute.")] = False


class SubmitArguments(Arguments):
    """Arguments of `submit`."""

    study: Document
    name: NewName = None


class WatchArguments(Arguments):
    """Arguments of `watch`."""

    study: StudyName
    seconds: Annotated[
        float,
        Field(ge=0, le=MOST_SECONDS, allow_inf_nan=False, description="The longest wait; 0 answers at once."),
    ] = 20.0


class VerdictArguments(Arguments):
    """Arguments of `verdict`."""

    study: StudyName
    objective: Annotated[
        str | None, Field(description="Judge by another measure than the claim's; exploratory.", max_length=100)
    ] = None
    full: Full = False


class TableArguments(Arguments):
    """Arguments of `judge_table`, most of them those of `golden verdict --from`."""

    table: Annotated[
        str,
        Field(
            min_length=1,
            description="The trials as text. CSV with a header, as trackers export it (W&B, MLflow, Ray Tune, Optuna, "
            'scikit-learn), one training a row; or JSON such as {"rows": [{"eta": 0.1, "alpha": 0.9, "value": 0.97}]}, '
            "which states everything itself.",
        ),
    ]
    claim: Annotated[
        str | None,
        Field(max_length=200, description="CSV: the claimed point by its two columns, such as lr=0.1,momentum=0.9."),
    ] = None
    measure: Annotated[
        str | None,
        Field(
            max_length=200,
            description="CSV: column of the values, such as val_acc, or reward:maximize where the name does not say "
            "which way is better.",
        ),
    ] = None
    points: Annotated[
        Literal["fixed", "adaptive"] | None,
        Field(description="CSV: how the points were chosen; fixed: before any value was seen. Not known: adaptive."),
    ] = None
    images: Annotated[
        int | None, Field(ge=2, le=10_000_000, description="CSV: test cases behind each value [10000].")
    ] = None
    looks: Annotated[
        int | None, Field(ge=1, description="CSV: how often these trials were judged, this time included [1].")
    ] = None
    failed_as_diverged: Annotated[
        bool | None, Field(description="CSV: count trials that failed, or have no value, as diverged.")
    ] = None
    full: Full = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what an agent reads about it, its arguments, and what it does."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    run: Callable[[Ask, Any], Awaitable[dict[str, Any]]]
    changes: bool = False


async def catalogue(ask: Ask, given: CatalogueArguments) -> dict[str, Any]:
    """The ready-made studies, or one with its document."""
    name = given.name
    if name is None:
        return {"items": await ask(lambda client: client.json.catalogue())}
    found: dict[str, Any] = await ask(lambda client: client.json.catalogue_study(name))
    return found


async def preview(ask: Ask, given: PreviewArguments) -> dict[str, Any]:
    """Size, rough time and chances of a study; stores nothing."""

    def asked(client: Client) -> dict[str, Any]:
        found: dict[str, Any] = client.json.preview(_spec(given, client), power=given.power)
        return found

    return await ask(asked)


async def submit(ask: Ask, given: SubmitArguments) -> dict[str, Any]:
    """Submit a study; the same document submitted again is the same study."""

    def asked(client: Client) -> dict[str, Any]:
        return progress_of(client.json.submit(_spec(given, client)))

    return await ask(asked)


async def watch(ask: Ask, given: WatchArguments) -> dict[str, Any]:
    """The study's progress once it has ended, or after so many seconds."""
    end = time.monotonic() + given.seconds
    while True:
        found = progress_of(await ask(lambda client: client.json.study(given.study)))
        left = end - time.monotonic()
        if found["ended"] or left <= 0.0:
            return found
        await asyncio.sleep(min(POLL_SECONDS, left))


async def verdict(ask: Ask, given: VerdictArguments) -> dict[str, Any]:
    """The verdict on a study of the service."""
    found = await ask(lambda client: client.json.verdict(given.study, objective=given.objective))
    return found if given.full else brief_verdict(found, WHOLE_VERDICT)


async def judge_table(ask: Ask, given: TableArguments) -> dict[str, Any]:
    """The verdict on trials measured elsewhere."""
    options = given.model_dump(exclude={"table", "full"}, exclude_none=True)
    form: Literal["json", "csv"] = "json" if given.table.lstrip("\ufeff \t\r\n").startswith(JSON_STARTS) else "csv"
    found = await ask(lambda client: client.json.judge(given.table.encode(), form, **options))
    return found if given.full else brief_verdict(found, TABLE_VERDICT)


def progress_of(study: Mapping[str, Any]) -> dict[str, Any]:
    """A study's state and how far it is, phase by phase, from the service's answer on it."""
    summary = study["summary"]
    sweeps = [
        {
            "sweep": sweep["name"],
            "phases": [_part(phase, PHASE) for phase in sweep["phases"]],
            "best_so_far": sweep.get("best"),
        }
        for sweep in study["sweeps"]
    ]
    ended = summary["state"] in FINAL_STATES
    return {"study": summary["name"], "ended": ended, **_part(summary, SUMMARY), "sweeps": sweeps}


def brief_verdict(found: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """A verdict without the numbers that stand behind its sentences, `names` and its sweeps alone."""
    return {**_part(found, names), "sweeps": [_brief_sweep(sweep) for sweep in found["sweeps"]]}


def _brief_sweep(sweep: Mapping[str, Any]) -> dict[str, Any]:
    answers = sweep.get("answers") or {}
    statements = {"statements": answers["statements"]} if answers.get("statements") else {}
    return {**_part(sweep, SWEEP_VERDICT), **statements, **_part(sweep, PLACES)}


def _part(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _spec(given: PreviewArguments | SubmitArguments, client: Client) -> StudySpec:
    return study_sent(given.study, client=client, name=given.name)


TOOLS = (
    Tool(
        "catalogue",
        "Ready-made studies",
        "List the ready-made studies, or show one with its document (`toml` has comments that explain each field): "
        "the pattern for a document of your own.",
        CatalogueArguments,
        catalogue,
    ),
    Tool(
        "preview",
        "Preview a study",
        "Check a study document and show its trials, runs and rough time. Stores nothing; do this before `submit`.",
        PreviewArguments,
        preview,
    ),
    Tool(
        "submit",
        "Submit a study",
        "Submit a study to the service, whose workers then train it. Costs computing time. What it claims is fixed "
        "from then on; the same document submitted again is the same study.",
        SubmitArguments,
        submit,
        changes=True,
    ),
    Tool(
        "watch",
        "Watch a study",
        "Wait until a study has ended, at most `seconds`, and show its state and how far it is. Call it again while "
        "`ended` is false.",
        WatchArguments,
        watch,
    ),
    Tool(
        "verdict",
        "Verdict on a study",
        "Say whether the optimum lies where the claim says: supported, refuted or inconclusive, with a sentence per "
        "sweep and, where undecided, what would decide it.",
        VerdictArguments,
        verdict,
    ),
    Tool(
        "judge_table",
        "Judge a table of trials",
        "Judge trials that were measured elsewhere: where the optimum lies and how the claimed point compares. Stores "
        "nothing. Without paired fresh runs the verdict stays inconclusive and says what is missing.",
        TableArguments,
        judge_table,
    ),
)
