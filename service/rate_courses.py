"""The mean course of DLR's rates over the measured runs of an arm: which runs count, and its forms as text."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from studies.comparison.rows import FAIREST, MEASURE
from studies.language.context import Context
from studies.language.roles import pair_of
from studies.language.spec import StudySpec
from studies.learning.mean_course import MeanCourse, mean_course, parts_of_an_epoch
from studies.learning.schedules import LAYERS
from studies.storage.read_models import RunRow
from studies.storage.stored_curves import RATES

RULE = "dlr"  # whose weights have rates of their own
TIMES = RATES[0]
LINE = 130  # characters of a line of TOML


@dataclass(frozen=True, slots=True)
class ArmCourses:
    """The mean courses of one arm in one context.

    Attributes:
        study, context, arm: their names, as the document has them.
        how: the way its runs were measured: tuned, plain or published.
        weighted: whether each weight's rate counts by use; see `worker.training.mean_rate`.
        layers: a course for each layer.
        left_out: runs that failed.
        epochs: the most that a training of the context has.
    """

    study: str
    context: str
    arm: str
    how: str
    weighted: bool
    layers: tuple[MeanCourse, ...]
    left_out: int
    epochs: int

    @property
    def title(self) -> str:
        """What is shown, in a line."""
        mean = "mean rate weighted by use" if self.weighted else "mean rate"
        return f"{self.study}, {self.context}, {self.arm} ({self.how}): {mean}, {self.layers[0].runs} runs"

    @property
    def per_epoch(self) -> int:
        """Numbers of a table in an epoch: as many as there were looks."""
        return parts_of_an_epoch(self.layers[0].times)

    @property
    def schedule(self) -> dict[str, Any]:
        """The `table` that replays the courses, its eta at 1."""
        rows = {each.layer: list(each.shares(self.epochs, self.per_epoch)) for each in self.layers}
        return {"name": "table", "per_epoch": self.per_epoch, **rows}


def arm_context(spec: StudySpec, context: str | None, arm: str | None) -> Context:
    """The context of an arm that trains by DLR at a constant eta; the first that fits where a name is left out.

    Raises:
        ValueError: there is none; the message names the option and what fits.
    """
    if not spec.compares:
        raise ValueError(f"study {spec.name} compares no arms; its trainings lie at many points, without a mean course")
    every = [each for each in spec.built_in if each.arm is not None]
    fits = [each for each in every if each.rule.name == RULE and each.schedule == "constant"]
    if not fits:
        raise ValueError(f"study {spec.name} has no arm that trains by {RULE} at a constant eta; choose another study")
    for option, given, of in (("--context", context, "context"), ("--arm", arm, "name")):
        known = dict.fromkeys(getattr(each.arm, of) for each in fits)
        if given is not None and given not in known:
            what = f"{option} {given!r} names none that trains by {RULE} at a constant eta"
            raise ValueError(f"{what}; choose {' or '.join(known)}")
        fits = [each for each in fits if given is None or getattr(each.arm, of) == given]
    if not fits:
        raise ValueError(f"arm {arm!r} does not train in context {context!r}; leave one of the two out")
    return fits[0]


def courses(spec: StudySpec, context: Context, rows: Iterable[RunRow], *, weighted: bool) -> ArmCourses:
    """The mean courses over the measured runs of a context of an arm, as tuned where it is.

    Args:
        spec: of the study.
        context: as `arm_context` finds it.
        rows: runs of its sweep; those of other phases are left out.
        weighted: by use.

    Raises:
        CourseError: no run has recorded rates.
        ValueError: nothing is measured yet.
    """
    assert context.arm is not None
    measured = [row for row in rows if row.phase == MEASURE and row.result is not None]
    how = next((each for each in FAIREST if any(row.arm == each for row in measured)), None)
    if how is None:
        raise ValueError(f"arm {context.arm.name} of study {spec.name} has no measured run yet; wait until it has")
    own = [row for row in measured if row.arm == how]
    sound = [row for row in own if not row.cause]
    layers = [layer for layer in LAYERS if any(_curve(row, f"{layer}_rate") for row in sound)] or list(LAYERS)
    mean = "used_rate" if weighted else "rate"
    return ArmCourses(
        study=spec.name,
        context=context.arm.context,
        arm=context.arm.name,
        how=how,
        weighted=weighted,
        layers=tuple(
            mean_course(layer, [_rates(spec, context, r, f"{layer}_{mean}") for r in sound]) for layer in layers
        ),
        left_out=len(own) - len(sound),
        epochs=context.epochs,
    )


def _curve(row: RunRow, name: str) -> Sequence[float | None]:
    curve: Sequence[float | None] = getattr(row.result, f"{name}_curve")
    return curve


def _rates(
    spec: StudySpec, context: Context, row: RunRow, name: str
) -> tuple[Sequence[float | None], list[float | None]]:
    """Times and rates of a run: the shares that were recorded, times its eta."""
    eta, _ = pair_of(spec.axes_in(context.name), row.eta, row.alpha)
    return _curve(row, TIMES), [None if share is None else share * eta for share in _curve(row, name)]


def to_json(found: ArmCourses) -> dict[str, Any]:
    """Every number, for programs."""
    names = ("study", "context", "arm", "how", "weighted", "left_out")
    return {
        **{name: getattr(found, name) for name in names},
        "runs": found.layers[0].runs,
        "layers": [_layer_json(each) for each in found.layers],
        "schedule": found.schedule,
    }


def _layer_json(layer: MeanCourse) -> dict[str, Any]:
    course, fitted = layer.course, layer.fitted
    return {
        "layer": layer.layer,
        "times": layer.times.tolist(),
        "rates": layer.rates.tolist(),
        "fitted": None if fitted is None else fitted.tolist(),
        "course": None if course is None else {n: getattr(course, n) for n in ("a", "b", "c", "d", "deviation")},
        "fault": layer.fault,
    }


def to_csv(found: ArmCourses) -> str:
    """A line for each layer and time: epochs, mean rate, fit, residual; the last two are empty without a fit."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(("layer", "epochs", "rate", "fitted", "residual"))
    for layer in found.layers:
        fitted = [None] * len(layer.times) if layer.fitted is None else layer.fitted.tolist()
        for time, rate, fit in zip(layer.times.tolist(), layer.rates.tolist(), fitted, strict=True):
            writer.writerow((layer.layer, time, rate, fit, None if fit is None else rate - fit))
    return buffer.getvalue()


def to_toml(found: ArmCourses) -> str:
    """A schedule to paste into an arm of a document, whose eta then multiplies the rates; at 1 it replays them."""
    lines = [f"# {found.title}.", *(f"# {layer.layer}: {fit_words(layer)}" for layer in found.layers)]
    rows = found.schedule
    parts = [f"{layer.layer} = [\n{_wrapped(rows[layer.layer])}\n]" for layer in found.layers]
    head = f'schedule = {{ name = "table", per_epoch = {rows["per_epoch"]}, '
    return "\n".join(lines) + f"\n{head}{', '.join(parts)} }}\n"


def fit_words(layer: MeanCourse) -> str:
    """The fit of a layer in a line, or why there is none."""
    if layer.course is None:
        return layer.fault
    c = layer.course
    numbers = f"a = {c.a:.6g}, b = {c.b:.6g}, c = {c.c:.6g}, d = {c.d:.6g}"
    return f"a exp(b t^(1/3) + c t) + d, t in epochs: {numbers}; root mean square of the residuals {c.deviation:.2g}"


def _wrapped(numbers: Sequence[float]) -> str:
    return textwrap.fill(
        ", ".join(f"{number:g}" for number in numbers), LINE, initial_indent="  ", subsequent_indent="  "
    )
