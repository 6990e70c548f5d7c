"""What an objective suggests and returns, held against the plan; each fault is one sentence."""

from __future__ import annotations

import math

from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import FrozenTrial

from golden_study.optuna_trials import end_of_trial, is_at
from studies.errors import Problem, SpecError, cut
from studies.external.attempts import RunKey
from studies.external.measured import Results, own_measure
from studies.external.wanted import Wanted
from studies.external.watching import MAP, NoNoiseError
from studies.external.watching import fault_of as fault_of_results
from studies.language.parameters import Parameter
from studies.language.spec import StudySpec
from studies.verdict.sameness import Seen

EDGE = 1e-9  # relative: rounding at a bound


def fault_of(spec: StudySpec, parameter: Parameter | None, name: str, asked: BaseDistribution) -> str | None:
    """Why a parameter cannot be suggested so; None where it can."""
    if parameter is None:
        known = " and ".join(spec.axes.names)
        return (
            f"the objective suggests {cut(name, 40)}, and the claim's parameters are {known}; suggest these two alone"
        )
    if not isinstance(asked, FloatDistribution) or asked.step is not None:
        return f"{name} takes any value of its range; suggest it with trial.suggest_float, without a step"
    due = parameter.low, parameter.high
    if not all(map(_alike, (asked.low, asked.high), due)):
        return (
            f"the objective suggests {name} from {asked.low:g} to {asked.high:g}, and the claim's space is "
            f"{due[0]:g} to {due[1]:g}; make them the same"
        )
    return None


def inside(parameter: Parameter, value: float) -> float:
    """A planned value, without what rounding put beyond a bound; a widened box goes beyond the bounds."""
    for bound in (parameter.low, parameter.high):
        if _alike(value, bound):
            return bound
    return value


def _alike(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=EDGE, abs_tol=1e-12)


def check(spec: StudySpec, found: Wanted, key: RunKey, ended: FrozenTrial) -> None:
    """Refuse a result that is none of the measure, or that belongs to another point.

    Raises:
        SpecError: in one sentence.
    """
    plan = found.plans[key[0]]
    if not is_at(spec, plan, ended.params):
        due = " and ".join(spec.axes.names)
        raise SpecError(
            [Problem("", f"the objective did not suggest {due} by trial.suggest_float; it must, once each")]
        )
    end = end_of_trial(spec, ended)
    if end.failed is not None:
        raise SpecError([Problem("", end.failed)])


def require_noise(spec: StudySpec, found: Wanted, results: Results) -> None:
    """See that results vary.

    Raises:
        NoNoiseError: they do not vary with the seed, or at all.
    """
    seen = []
    for (number, run), result in results.items():
        if number >= len(found.plans) or run >= len(found.plans[number].replicates):
            continue
        plan = found.plans[number]
        assert plan.eta is not None and plan.alpha is not None  # no sampler is asked
        value = None if result.diverged else result.value
        seen.append(Seen((plan.eta, plan.alpha), value, seed=plan.replicates[run], part=run))
    mapped = any(plan.phase.value != MAP for plan in found.plans)
    fault = fault_of_results(seen, spec.axes.names, own_measure(spec), mapped=mapped)
    if fault is not None:
        cure = "take the seeds from trial.user_attrs, or say accept_no_noise=True to the sampler if that is meant"
        raise NoNoiseError(f"{fault}; {cure}")
