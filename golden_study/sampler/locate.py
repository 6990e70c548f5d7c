"""An Optuna sampler that follows a study's plan: map, zoom, paired blocks, and more looks where asked for.

    study = optuna.create_study(direction="maximize", sampler=LocateSampler(
        claim="lr=3e-4,beta1=0.9", space="lr=1e-5..0.1,beta1=0.5..0.999", measure="val_acc:share:1000"))
    study.optimize(objective)
    golden_study.judge(study)

Which objective trains is not noted: a function has no text to be told by, so give another one a study of its own.
The objective suggests the two parameters within the stated ranges and takes its seeds from `trial.user_attrs`. Workers
on one storage share the plan; they need nothing else. `attempts` has the rule by which a run is somebody's.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from golden_study.documents import Document, spec_of
from golden_study.optuna_trials import (
    DIVERGED,
    DOCUMENT,
    INTERRUPTED,
    LOOKS,
    RUN,
    SPARE,
    advanced,
    attempts_of,
    attributes_of,
    document_text,
    is_dead,
    is_settled,
    kept_document,
    kept_looks,
    key_of,
    patience_of,
    point_of,
)
from golden_study.sampler.endings import is_nan, told_by
from golden_study.sampler.suggested import check, fault_of, inside, require_noise
from studies.errors import GoldenError, Problem, SpecError, cut
from studies.external.attempts import AttemptState, RunKey, Standing, rivals
from studies.external.brief import Point, Range
from studies.external.measured import runs_of
from studies.external.wanted import Wanted, wanted
from studies.language.spec import StudySpec

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0  # seconds between looks while every run is held
WAITS = "Every run of this phase is held by another trial; the next phase follows from their results."
WIDENED = (
    "The optimum presses on the edge of the space, so it was widened, to %s and %s; `widen = false` in the design "
    "keeps to the ranges that the objective states."
)
_logger = optuna.logging.get_logger("optuna.golden_study")


class NothingWantedError(GoldenError, RuntimeError):
    """No trial can be asked for: the plan is finished, or every run of its phase is held and has not been told."""


@dataclass
class _Plan:
    """What a process knows of the plan of one Optuna study."""

    spec: StudySpec
    found: Wanted


class LocateSampler(BaseSampler):
    """Samples the trials that a claim needs, until it is decided or cannot be; then it stops the study.

    Args:
        claim: the claimed point, in words or as a mapping.
        space: the ranges around it; the objective suggests within the same ones.
        measure: what the objective returns, such as "val_acc:share:1000" or "loss"; its direction is the study's. Left
            out: a real number where it is maximised, a positive one where it is minimised.
        study: a document (a mapping, or a TOML or JSON file) in place of these three.
        patience: seconds after which a trial that has not ended counts as dead: its run is taken over, and what it may
            still report is left out. None: ten times the longest training so far, at least ten minutes, and a day
            while fewer than three trainings have ended.
        looks: the most analyses of complete data, at most 4. 1: the study ends where it would anywhere else, decided or
            not. A sampler with more goes on with a study that is not decided, for as long as more of the same may
            decide it: the fourth look has eight times the data of the first.
        accept_no_noise: go on although the results do not vary with the seed, or at all.
        fields: further fields of the document, such as `design`, `seed` or `tolerance`.
    """

    def __init__(
        self,
        *,
        claim: str | Point | None = None,
        space: str | Mapping[str, Range] | None = None,
        measure: str | Mapping[str, Any] | None = None,
        study: Document | None = None,
        patience: float | None = None,
        looks: int = 1,
        accept_no_noise: bool = False,
        **fields: Any,
    ) -> None:
        self._asked: dict[str, Any] = {"claim": claim, "space": space, "measure": measure, "study": study}
        self._fields = fields
        self._patience = patience
        self._looks = looks
        self._accepts = accept_no_noise
        self._plans: dict[tuple[int, str], _Plan] = {}
        self._over: set[int] = set()  # ids of trials that came when nothing was wanted
        self._lock = threading.RLock()
        for maximised in (True, False):  # faults that do not hang on the direction are told here
            problems = self._problems(maximised)
            if not problems:
                return
        raise SpecError(problems)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_lock": None, "_plans": {}, "_over": set()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({"_accepts": False, **state}, _lock=threading.RLock())  # earlier releases had none

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Take a run for a new trial, and tell it its seeds; waits while others hold the last ones of a phase.

        Raises:
            SpecError: the claim cannot be tested in this study; the message says why.
            NothingWantedError: outside `optimize`, no run is free.
        """
        if "fixed_params" in trial.system_attrs and key_of(trial.user_attrs) is None:
            return  # a point that a user enqueued: no part of the plan
        try:
            self._begin(study, trial)
        except BaseException:
            study._storage.set_trial_state_values(trial._trial_id, state=TrialState.FAIL)
            raise

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Nothing: every parameter comes from the plan."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing, as `infer_relative_search_space`."""
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> float:
        """The value of a parameter at the planned point.

        Raises:
            SpecError: the objective suggests another parameter, or another range, than the claim has.
            optuna.TrialPruned: nothing is wanted any more.
        """
        if trial._trial_id in self._over:
            raise optuna.TrialPruned("nothing more is wanted")
        plan = self._plan(study)
        key = key_of(trial.user_attrs)
        parameter = next((each for each in plan.spec.axes.both if each.name == param_name), None)
        fault = fault_of(plan.spec, parameter, param_name, param_distribution)
        if fault is None and key is None:
            fault = f"the enqueued trial {trial.number} states no {cut(param_name, 40)}; enqueue both parameters"
        if fault is not None or key is None:
            _stop(study)
            raise SpecError([Problem("", fault or "")])
        assert parameter is not None
        return inside(parameter, point_of(plan.spec, plan.found.plans[key[0]])[param_name])

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """Note how a run ended, and stop the study where it was the last.

        Raises:
            SpecError: the value is none of the measure, or the objective did not suggest the planned point.
            NoNoiseError: the results so far do not vary with the seed, or at all.
        """
        self._over.discard(trial._trial_id)
        key = key_of(trial.user_attrs)
        if key is None or trial.user_attrs.get(SPARE) is True:
            return
        self._note_cause(study, trial, state, told_by(sys._getframe(1)))
        ended = copy(study._storage.get_trial(trial._trial_id))
        ended.state, ended.values = state, values
        with self._lock:
            plan = self._plan(study)
            if state is TrialState.COMPLETE:
                check(plan.spec, plan.found, key, ended)
            self._settle(study, plan, ended)

    def _begin(self, study: Study, trial: FrozenTrial) -> None:
        pause, waits = FIRST_PAUSE, False
        while True:
            with self._lock:
                found, free = self._take(study, trial)
            if free:
                return
            in_loop = study._thread_local.in_optimize_loop
            if found.finished or (in_loop and study._stop_flag):
                if not in_loop:
                    raise NothingWantedError(f"nothing more is wanted: {found.sentence}")
                self._over.add(trial._trial_id)
                _stop(study)
                return
            if not in_loop and pause > LONGEST_PAUSE:
                raise NothingWantedError("every run of this phase is held by a trial; tell their results first")
            if pause > LONGEST_PAUSE and not waits:
                _logger.info(WAITS)
                waits = True
            time.sleep(min(pause, LONGEST_PAUSE))
            pause *= 1.5

    def _take(self, study: Study, trial: FrozenTrial) -> tuple[Wanted, bool]:
        """The plan, and True where the trial holds a run of it now."""
        plan = self._plan(study)
        own = key_of(trial.user_attrs)  # of a trial that one of Optuna's callbacks has begun again
        if trial.user_attrs.get(SPARE) is True:
            _set(study, trial, SPARE, False)
        while True:
            others = self._others(study, trial)
            stand = self._advance(plan, others)
            free = [] if plan.found.finished else stand.free(plan.found.plans, plan.found.given_up)
            if own is not None and own not in free and "fixed_params" in trial.system_attrs:
                _set(study, trial, RUN, [])  # somebody else has made the run meanwhile
                return plan.found, True
            if not free:
                return plan.found, False
            key = own if own in free else free[_rank(others, trial) % len(free)]
            _set(study, trial, RUN, [*key, time.time(), False])
            if self._is_ours(plan, self._others(study, trial), trial, key):
                _set(study, trial, RUN, [*key, time.time(), True])
                for name, value in attributes_of(plan.found.plans[key[0]], key).items():
                    _set(study, trial, name, value)
                return plan.found, True
            _set(study, trial, RUN, [])

    def _others(self, study: Study, trial: FrozenTrial) -> list[FrozenTrial]:
        """All trials but one; those with which the patience has run out are marked, so that all know of it."""
        trials = study._storage.get_all_trials(study._study_id, deepcopy=False)
        patience = patience_of(trials) if self._patience is None else self._patience
        others = [each for each in trials if each.number != trial.number]
        dead = [each for each in others if is_dead(each, now=time.time(), patience=patience)]
        for each in dead:
            with suppress(optuna.exceptions.UpdateFinishedTrialError):  # it has ended this very moment
                study._storage.set_trial_user_attr(each._trial_id, SPARE, True)
        return self._others(study, trial) if dead else others

    def _is_ours(self, plan: _Plan, others: Sequence[FrozenTrial], trial: FrozenTrial, key: RunKey) -> bool:
        """False where another trial got a run first: it is done or settled, or has a lower number."""
        settled = {each.number for each in others if is_settled(each.user_attrs)}
        attempts = attempts_of(plan.spec, plan.found.plans, others)
        return not any(
            each.state is AttemptState.COMPLETE or each.holder in settled or each.holder < trial.number
            for each in rivals(attempts, key, trial.number)
        )

    def _advance(self, plan: _Plan, trials: Sequence[FrozenTrial]) -> Standing:
        """What has become of the runs; the plan goes on where a phase is over."""
        before = plan.found.space
        plan.found, stand = advanced(plan.spec, plan.found, trials, looks=self._looks)
        if plan.found.space is not None and before is None:
            _logger.warning(WIDENED, *(f"{low:.4g} to {high:.4g}" for low, high in plan.found.space.ends))
        return stand

    def _settle(self, study: Study, plan: _Plan, ended: FrozenTrial) -> None:
        """Give way to a result that is there already; stop the study where nothing more is wanted."""
        others = self._others(study, ended)
        key = key_of(ended.user_attrs)
        theirs = attempts_of(plan.spec, plan.found.plans, others)
        if any(each.key == key and each.state is AttemptState.COMPLETE for each in theirs):
            _set(study, ended, SPARE, True)
            return
        stand = self._advance(plan, [*others, ended])
        if plan.found.finished:
            _stop(study)
        elif not self._accepts:
            require_noise(plan.spec, plan.found, stand.results)

    def _note_cause(self, study: Study, trial: FrozenTrial, state: TrialState, told: Any) -> None:
        """Mark a run that diverged, and an attempt that its user broke off."""
        if state is TrialState.FAIL and isinstance(told, KeyboardInterrupt):
            _set(study, trial, INTERRUPTED, True)
        elif state is TrialState.FAIL and is_nan(told):
            _set(study, trial, DIVERGED, True)

    def _problems(self, maximised: bool) -> list[Problem]:
        try:
            spec_of(**self._asked, maximised=maximised, fields=self._fields)
        except SpecError as error:
            return list(error.problems)
        return []

    def _plan(self, study: Study) -> _Plan:
        """The plan of a study; at first the document is kept with it, or held against the one that is.

        Raises:
            SpecError: the study has several objectives, another direction or another document.
        """
        key = study._study_id, study.study_name
        with self._lock:
            if key not in self._plans:
                spec = self._bound(study)
                self._plans[key] = _Plan(spec, wanted(spec, runs_of(spec, (), {}), looks=self._looks))
            return self._plans[key]

    def _bound(self, study: Study) -> StudySpec:
        if len(study.directions) != 1:
            text = f"the study has {len(study.directions)} objectives; a claim is about one"
            raise SpecError([Problem("measure", text)])
        maximised = study.direction is StudyDirection.MAXIMIZE
        spec = spec_of(**self._asked, maximised=maximised, fields=self._fields)
        kept = kept_document(study.user_attrs)
        if kept is None:
            study.set_user_attr(LOOKS, self._looks)
            study.set_user_attr(DOCUMENT, document_text(spec))
        elif kept.claim_hash != spec.claim_hash or kept_looks(study.user_attrs) > self._looks:
            text = f"study {cut(study.study_name, 60)!r} was begun with another claim or plan; give it the same again"
            raise SpecError([Problem("claim", f"{text}, or begin another study")])
        elif kept_looks(study.user_attrs) < self._looks:
            study.set_user_attr(LOOKS, self._looks)
        return spec


def _set(study: Study, trial: FrozenTrial, name: str, value: Any) -> None:
    study._storage.set_trial_user_attr(trial._trial_id, name, value)
    trial.user_attrs[name] = value  # which the objective may have read from the storage already


def _stop(study: Study) -> None:
    """End the running `optimize`; outside of it there is nothing to end."""
    if study._thread_local.in_optimize_loop:
        study.stop()


def _rank(others: Sequence[FrozenTrial], trial: FrozenTrial) -> int:
    """Trials that began before this one and have not taken a run yet: each takes the free run of its rank."""
    return sum(
        each.state is TrialState.RUNNING and each.number < trial.number and key_of(each.user_attrs) is None
        for each in others
    )
