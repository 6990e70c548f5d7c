"""A first study from five answers: claim, ranges, who trains, what trainings are judged by, and how many there may be.

Each answer is checked as soon as it is there, against those before it, by the rules of the language itself: the answers
so far are made into a document, with anything acceptable in place of the later ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from studies.errors import Problem, SpecError, cut
from studies.external.brief import claim_of, document_of, measure_of, space_of
from studies.foreign.own_words import usual_scale
from studies.language.claim import OBJECTIVES
from studies.language.context import datasets_for
from studies.language.parameters import LEARNING_RATES, MOMENTUMS
from studies.language.sizes import runs_per_sweep
from studies.language.spec import StudySpec, parse
from studies.learning import networks
from studies.learning.chosen import DEFAULTS

OWN = "own"
SHARES = re.compile(r"(^|[^a-z])(acc|accuracy|err|error|error_rate|top1|top5|top_1|top_5)($|[^a-z])")  # usual names
DATASETS = tuple(datasets_for(networks.by_name(DEFAULTS["network"]).least))  # of images that the usual network takes
TRAINERS = (OWN, *DATASETS)
SIZES: Mapping[str, Mapping[str, int]] = {
    "small": {"map_points": 32, "claim_replicates": 8, "zoom_points": 32, "confirm_blocks": 20},
    "standard": {"map_points": 64, "claim_replicates": 8, "zoom_points": 128, "confirm_blocks": 40},
    "large": {"map_points": 128, "claim_replicates": 16, "zoom_points": 256, "confirm_blocks": 80},
}
TOLERANCE_FACTOR = 2.0
LINEAR_SHARE = 0.1  # of a linear range, which is near the claim on either side
ANY_MEASURE = {"name": "score", "direction": "maximize", "kind": "real"}  # while none is named
LOSS = "cross_entropy"  # that the built-in trainer trains
TYPICAL_EPOCHS = 30
TYPICAL_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known so far; None: not asked yet."""

    name: str
    claim: str | None = None
    space: str | None = None
    trainer: str | None = None
    measure: str | None = None
    size: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One of the five questions.

    Attributes:
        name: field of `Answers`, and option of the command line.
        text: the question.
        example: of an answer.
        usual: the answer that is taken where somebody gives none; None where there is none.
    """

    name: str
    text: str
    example: Callable[[Answers], str]
    usual: Callable[[Answers], str | None]


def document_from(answers: Answers) -> dict[str, Any]:
    """The document of all answers so far, with something acceptable where there is none.

    Raises:
        SpecError: an answer cannot be read; `problems` say which.
    """
    point = claim_of(answers.claim or "")
    ranges: Any = _around(point) if answers.space is None else space_of(answers.space)
    measure = ANY_MEASURE if answers.measure is None or _is_built_in(answers) else measure_of(answers.measure)
    document = document_of(point, ranges, measure, name=answers.name, context={"name": "mine", "settings": {}})
    document["claim"] |= _nearness(document["parameters"])
    document["design"] = {"kind": "locate", **SIZES[answers.size or "standard"]}
    return _built_in(document, ranges, answers) if _is_built_in(answers) else document


def with_answer(answers: Answers, name: str, answer: str) -> Answers:
    """The answers with one more, which is checked.

    Raises:
        SpecError: it is not acceptable; each problem is a sentence about it.
    """
    answer = answer.strip() if name in ("claim", "space", "measure") else answer.strip().lower()
    _check_word(name, answer)
    found = replace(answers, **{name: answer})
    parse(document_from(found))
    return found


def usual_space(answers: Answers) -> str | None:
    """Ranges around the claim: a factor of 30 either way, of a momentum a factor of 10 in 1 - x.

    None where a claim of 0 or below says nothing of its scale, so that its range has to be stated.
    """
    try:
        space = ",".join(f"{name}={_usual_range(name, value)}" for name, value in claim_of(answers.claim or "").items())
        with_answer(answers, "space", space)
    except SpecError:
        return None
    return space


def bare_share(spec: StudySpec) -> str:
    """A note on a measure that is called as shares are and is none, with how to write one; "" for any other."""
    measures = [measure for context in spec.contexts if (measure := spec.measure_of(context.name)) is not None]
    for measure in measures:
        if not measure.is_share and SHARES.search(measure.name.lower()):
            return (
                f"{measure.name} counts as any {measure.kind} number; if it is a share of test cases, say of how many: "
                f"{measure.name}:{measure.direction}:share:500"
            )
    return ""


def ranges_hint(claim: str | None, space: str | None) -> str:
    """The end of a sentence that names the usual ranges where a claim is stated without any; "" elsewhere."""
    usual = usual_space(Answers("study", claim=claim)) if claim is not None and space is None else None
    return f"; `golden init` would take --space {usual}" if usual else ""


def trainings(answers: Answers, size: str) -> int:
    """The most trainings that a study of a size takes."""
    spec = parse(document_from(replace(answers, size=size)))
    return runs_per_sweep(spec.design, spec.replication.folds)


def _space_example(answers: Answers) -> str:
    return ",".join(f"{name}=LOW..HIGH" for name in claim_of(answers.claim or ""))


def _measure_text(answers: Answers) -> str:
    if _is_built_in(answers):
        return f"one of {', '.join(OBJECTIVES)}"
    return "val_acc:maximize:share:1000 (of 1000 test cases), val_loss:minimize or reward:maximize"


def _sizes(answers: Answers) -> str:
    return ", ".join(f"{size} (at most {trainings(answers, size):,} trainings)" for size in SIZES)


QUESTIONS = (
    Question("claim", "Which point is claimed to be best?", lambda _: "such as lr=3e-4,beta1=0.9", lambda _: None),
    Question("space", "Which ranges are searched?", _space_example, usual_space),
    Question(
        "trainer",
        "Who trains?",
        lambda _: f"own (your program), or the built-in SGD on one of {', '.join(DATASETS)}",
        lambda _: OWN,
    ),
    Question(
        "measure",
        "What is a training judged by?",
        _measure_text,
        lambda answers: "accuracy" if _is_built_in(answers) else None,
    ),
    Question("size", "How large is the study?", _sizes, lambda _: "standard"),
)


def _check_word(name: str, answer: str) -> None:
    words = {"trainer": TRAINERS, "size": tuple(SIZES)}.get(name)
    if words is not None and answer not in words:
        listed = f"{', '.join(words[:-1])} or {words[-1]}"
        raise SpecError([Problem(name, f"{cut(answer, 40)!r} is not known; write {listed}")])


def _is_built_in(answers: Answers) -> bool:
    return answers.trainer is not None and answers.trainer != OWN


def _built_in(document: Mapping[str, Any], ranges: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    """The document for the built-in trainer, whose parameters have scales and a ridge of their own."""
    objective = answers.measure or OBJECTIVES[0]
    if objective not in OBJECTIVES:
        listed = f"{', '.join(OBJECTIVES[:-1])} or {OBJECTIVES[-1]}"
        text = f"{cut(objective, 40)!r} is nothing that built-in trainings report; write {listed}"
        raise SpecError([Problem("measure", text)])
    first, second = document["claim"]["at"]
    if first not in LEARNING_RATES or second not in MOMENTUMS:
        text = (
            f"{answers.trainer} is trained by SGD with a learning rate and a momentum, so the claim must name these, "
        )
        raise SpecError([Problem("trainer", text + f"such as lr=0.1,momentum=0.9; for {first} and {second} write own")])
    scales = {first: "log", second: "log_one_minus"}
    for parameter in document["parameters"]:
        if len(ranges[parameter["name"]]) == 2:  # none was stated
            parameter["scale"] = scales[parameter["name"]]
    claim = {"at": document["claim"]["at"], **_nearness(document["parameters"]), "objective": objective}
    kept = {key: value for key, value in document.items() if key not in ("measure", "contexts")}
    return {
        **kept,
        "ridge": "effective_rate",
        "losses": [LOSS],
        "claim": claim,
        "contexts": [{"name": answers.trainer, "dataset": answers.trainer, "epochs": TYPICAL_EPOCHS}],
        "replication": {"folds": TYPICAL_FOLDS},
    }


def _nearness(parameters: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What is near the claim: a factor of 2 on logarithmic scales, a tenth of the range on linear ones."""
    linear = {p["name"]: _rounded(LINEAR_SHARE * (p["high"] - p["low"])) for p in parameters if p["scale"] == "linear"}
    factor = {"tolerance_factor": TOLERANCE_FACTOR} if len(linear) < len(parameters) else {}
    return {**factor, **({"tolerance": linear} if linear else {})}


def _around(point: Mapping[str, float]) -> dict[str, tuple[float, float, str]]:
    """Ranges that hold a point, whatever it is, for the check of a claim whose ranges nobody has stated."""
    return {name: (value - abs(value) - 1.0, value + abs(value) + 1.0, "linear") for name, value in point.items()}


def _usual_range(name: str, value: float) -> str:
    if usual_scale(name, value, value) == "log_one_minus":
        rest = 1.0 - value
        low, high = max(0.0, 1.0 - _rounded(10.0 * rest)), 1.0 - _rounded(rest / 10.0)
        return f"{low:.12g}..{high:.12g}"
    if value <= 0.0:
        raise SpecError([Problem("space", f"a range for {name} has to be stated")])
    return f"{_rounded(value / 30.0):.12g}..{_rounded(30.0 * value):.12g}"


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")
