"""Points from an adaptive Optuna sampler that learns from our own rows.

The sampler works on a study in memory that is built afresh for each batch: finished trials as COMPLETE, trials under
way as RUNNING (the samplers assume a poor value there, or the model's own, so that a batch spreads out). It sees the
coordinates of every fit, with a ridge s and u, in which the good region is a box rather than a diagonal. The bounding
rectangle of the box in (s, u) is larger than the box; points outside are reported as FAIL, which samplers ignore, and
asked for again.

Equal arguments give equal points. Fixed designs (sobol, grid, random) are not asked for here: see
`studies.plan.points`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Literal

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import FrozenTrial, TrialState

from studies.language.space import Space

AdaptiveSampler = Literal["tpe", "gp", "cmaes"]
Point = tuple[float, float]  # (eta, alpha)

MAX_ASKS = 40  # of one point before it is drawn uniformly; about two in three asks fall inside the default box
GP_HISTORY = 400  # trials; fitting a Gaussian process grows with their cube
CMA_START = 10  # finished trials; a warm start takes the best tenth of them

optuna.logging.set_verbosity(optuna.logging.WARNING)  # its chatter names storages


def ask(
    space: Space,
    sampler: str,
    *,
    seed: int,
    history: Sequence[tuple[float, float, float]],
    running: Sequence[Point],
    count: int,
    maximise: bool,
) -> list[Point]:
    """The next `count` points to try.

    Args:
        sampler: "tpe", "gp" (imports torch) or "cmaes" (warm-started from the history at each call).
        seed: of this batch; give every batch its own.
        history: (eta, alpha, value) of finished trials, oldest first.
        running: (eta, alpha) of trials whose value is not known yet.
        maximise: whether larger values are better.

    Returns:
        (eta, alpha) pairs inside the box.

    Raises:
        ValueError: the sampler is not an adaptive one.
    """
    bounds = _bounds(space)
    past = [_trial(space, bounds, point[:2], value=point[2]) for point in history]
    study = optuna.create_study(
        direction="maximize" if maximise else "minimize", sampler=_sampler(sampler, seed=seed, past=past)
    )
    study.add_trials(past[-GP_HISTORY:] if sampler == "gp" else past)
    study.add_trials([_trial(space, bounds, point, value=None) for point in running])
    spare = np.random.default_rng(seed)
    return [_ask_one(study, space, bounds, spare) for _ in range(count)]


def _ask_one(
    study: optuna.Study, space: Space, bounds: dict[str, BaseDistribution], spare: np.random.Generator
) -> Point:
    for _ in range(MAX_ASKS):
        trial = study.ask(bounds)
        inside = _inside(space, trial.params["s"], trial.params["u"])
        if inside is not None:
            return inside
        study.tell(trial, state=TrialState.FAIL)
    eta, alpha = space.from_unit(spare.random((1, 2)))
    return float(eta[0]), float(alpha[0])


def _inside(space: Space, s: float, u: float) -> Point | None:
    """The point by its values if it lies in the box."""
    low, high = space.v_bounds
    v = s - u if space.axes.ridge else s
    if not low <= v <= high:
        return None
    eta, alpha = space.from_unit(np.array([[_share(v, (low, high)), _share(u, space.u_bounds)]]))
    return float(eta[0]), float(alpha[0])


def _share(at: float, ends: tuple[float, float]) -> float:
    """The place of a coordinate between two ends, from 0 to 1; 0 where the box has one value of it."""
    low, high = ends
    return (at - low) / (high - low) if high > low else 0.0


def _bounds(space: Space) -> dict[str, BaseDistribution]:
    (v_low, v_high), (u_low, u_high) = space.v_bounds, space.u_bounds
    across = (v_low + u_low, v_high + u_high) if space.axes.ridge else (v_low, v_high)
    return {"s": FloatDistribution(*across), "u": FloatDistribution(u_low, u_high)}


def _trial(space: Space, bounds: dict[str, BaseDistribution], point: Point, *, value: float | None) -> FrozenTrial:
    s, u = space.axes.to_fit(space.axes.points(*point))[0]
    params = {name: _clipped(bounds[name], float(x)) for name, x in (("s", s), ("u", u))}
    state = TrialState.RUNNING if value is None else TrialState.COMPLETE
    return optuna.trial.create_trial(state=state, value=value, params=params, distributions=bounds)


def _clipped(bound: BaseDistribution, x: float) -> float:
    assert isinstance(bound, FloatDistribution)
    return min(max(x, bound.low), bound.high)


def _sampler(name: str, *, seed: int, past: list[FrozenTrial]) -> optuna.samplers.BaseSampler:
    seed %= 2**32  # numpy's legacy generator, which Optuna seeds, takes no more
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if name == "tpe":
            return optuna.samplers.TPESampler(seed=seed)
        if name == "gp":
            return optuna.samplers.GPSampler(seed=seed, deterministic_objective=False)
        if name == "cmaes" and len(past) < CMA_START:
            return optuna.samplers.RandomSampler(seed=seed)
        if name == "cmaes":
            return optuna.samplers.CmaEsSampler(seed=seed, source_trials=past)
    raise ValueError(f"expected tpe, gp or cmaes but got {name!r}; fixed designs are made by studies.plan.points")
