"""The lease keeper: renews while it can, gives up in time when it cannot, and never raises into training.

Its clock is turned by hand, and the pauses between its renewals are noted rather than waited for.
"""

from __future__ import annotations

import threading

import pytest
from waiting import CEILING, wait_until

from studies.errors import StorageUnavailableError
from studies.records import Replicate
from studies.storage.read_models import Beat, ClaimedTrial
from studies.storage.workers import ALIVE_SECONDS
from worker.lease import LONGEST_PAUSE, RETRY_SECONDS, LeaseKeeper

NOTHING = Beat(lost=frozenset(), stop=frozenset(), drain=False)
LEASE = 6.0  # seconds of the keeper's clock


def trial(number: int) -> ClaimedTrial:
    return ClaimedTrial(
        id=number,
        token=7,
        study="study",
        sweep="golden@paper",
        loss="golden",
        number=number,
        attempt=1,
        phase="map",
        arm="point",
        eta=0.1,
        alpha=0.5,
        replicates=(Replicate(split=1, fold=0, order_seed=2, init_seed=3),),
    )


class Clock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        """Let so much time pass."""
        self.now += seconds


class Pauses(threading.Event):
    """The keeper's pauses, noted and cut short."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.asked.append(timeout)
        return super().wait(0.001)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


def keeper(
    clock: Clock, pauses: Pauses, beat: object, *trials: ClaimedTrial, lease_seconds: float = LEASE
) -> LeaseKeeper:
    made = LeaseKeeper(beat, trials, lease_seconds=lease_seconds, claimed_at=clock.now, clock=clock)  # type: ignore[arg-type]
    made._over = pauses
    return made


def test_leases_are_renewed_with_their_tokens_every_third_of_a_lease(clock: Clock, pauses: Pauses) -> None:
    seen: list[dict[int, int]] = []

    def beat(held: dict[int, int]) -> Beat:
        seen.append(dict(held))
        return NOTHING

    with keeper(clock, pauses, beat, trial(1), trial(2)) as held:
        wait_until(lambda: len(seen) >= 4, what="four renewals")
        assert held.state().lost == frozenset()
    assert all(held == {1: 7, 2: 7} for held in seen)
    assert set(pauses.asked) == {LEASE / 3}


def test_long_leases_are_renewed_before_their_worker_looks_dead(clock: Clock, pauses: Pauses) -> None:
    assert ALIVE_SECONDS / 3 >= LONGEST_PAUSE
    with keeper(clock, pauses, lambda held: NOTHING, trial(1), lease_seconds=86_400):
        wait_until(lambda: len(pauses.asked) >= 3, what="pauses")
    assert set(pauses.asked) == {LONGEST_PAUSE}


def test_released_trials_are_renewed_no_more(clock: Clock, pauses: Pauses) -> None:
    seen: list[set[int]] = []

    def beat(held: dict[int, int]) -> Beat:
        seen.append(set(held))
        return NOTHING

    with keeper(clock, pauses, beat, trial(1), trial(2)) as held:
        wait_until(lambda: seen, what="a renewal")
        held.release([1])
        known = len(seen)
        wait_until(lambda: len(seen) >= known + 3, what="renewals")
        assert held.state().lost == frozenset()
    assert all(ids == {2} for ids in seen[known + 1 :]), "one may have been under way"


def test_what_the_storage_takes_away_is_lost_and_what_it_calls_off_is_stopped(clock: Clock, pauses: Pauses) -> None:
    answer = Beat(lost=frozenset({1}), stop=frozenset({2}), drain=True)
    with keeper(clock, pauses, lambda held: answer, trial(1), trial(2), trial(3)) as held:
        wait_until(lambda: held.state().lost, what="the answer")
        state = held.state()
    assert (state.lost, state.stop, state.drain) == (frozenset({1}), frozenset({2}), True)


def test_a_short_outage_loses_nothing(clock: Clock, pauses: Pauses) -> None:
    away, failed, renewed = threading.Event(), threading.Event(), threading.Event()
    away.set()

    def beat(held: dict[int, int]) -> Beat:
        if away.is_set():
            failed.set()
            raise StorageUnavailableError("the database is away")
        renewed.set()
        return NOTHING

    with keeper(clock, pauses, beat, trial(1)) as held:
        assert failed.wait(CEILING)
        clock.turn(0.5 * LEASE)
        away.clear()
        assert renewed.wait(CEILING)
        wait_until(lambda: held._good_until > clock.now + 0.5 * LEASE, what="the renewal to count")
        clock.turn(0.8 * LEASE)  # past the first lease, not past the renewed one
        assert not held.state().expired
        assert held.state().lost == frozenset()
    assert set(pauses.asked) == {LEASE / 3, min(RETRY_SECONDS, LEASE / 10)}


def test_a_long_outage_expires_the_leases_before_they_can_have_run_out_and_loses_nothing(
    clock: Clock, pauses: Pauses
) -> None:
    tried = threading.Event()

    def beat(held: dict[int, int]) -> Beat:
        tried.set()
        raise StorageUnavailableError("the database is away")

    with keeper(clock, pauses, beat, trial(1), trial(2)) as held:
        assert tried.wait(CEILING)
        clock.turn(0.8 * LEASE)
        assert not held.state().expired
        clock.turn(0.15 * LEASE)
        assert held.state().expired, "before the storage's clock says so"
        assert held.state().lost == frozenset(), "the storage decides, when it is back"


def test_a_stalled_heartbeat_counts_from_when_it_was_sent(clock: Clock, pauses: Pauses) -> None:
    """An answer that comes after the lease ran out renews nothing on this side."""
    answered, over = threading.Event(), threading.Event()
    sent: list[float] = []

    def beat(held: dict[int, int]) -> Beat:
        sent.append(clock.now)
        if len(sent) == 1:
            clock.turn(1.1 * LEASE)
        else:
            answered.set()
            over.wait(CEILING)
        return NOTHING

    with keeper(clock, pauses, beat, trial(1)) as held:
        assert answered.wait(CEILING)
        assert held.state().expired
        over.set()
