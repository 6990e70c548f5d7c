"""The lease keeper: renews while it can, gives up in time when it cannot, and never raises into training."""

import threading
import time

import pytest

from studies.errors import StorageUnavailableError
from studies.records import Replicate
from studies.storage.records import Beat, ClaimedTrial
from studies.storage.workers import ALIVE_SECONDS
from worker import lease
from worker.lease import LeaseKeeper

NOTHING = Beat(lost=frozenset(), stop=frozenset(), drain=False)
LEASE = 0.6  # seconds


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


def keeper(beat: object, *trials: ClaimedTrial, lease_seconds: float = LEASE) -> LeaseKeeper:
    return LeaseKeeper(beat, trials, lease_seconds=lease_seconds, claimed_at=time.monotonic())  # type: ignore[arg-type]


def test_leases_are_renewed_with_their_tokens_every_third_of_a_lease() -> None:
    seen: list[dict[int, int]] = []

    def beat(held: dict[int, int]) -> Beat:
        seen.append(dict(held))
        return NOTHING

    with keeper(beat, trial(1), trial(2)) as held:
        time.sleep(3 * LEASE)
        assert held.state().lost == frozenset()
    assert len(seen) >= 4
    assert all(held == {1: 7, 2: 7} for held in seen)


def test_long_leases_are_renewed_before_their_worker_looks_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ALIVE_SECONDS / 3 >= lease.LONGEST_PAUSE
    monkeypatch.setattr(lease, "LONGEST_PAUSE", 0.05)
    beaten = threading.Event()

    def beat(held: dict[int, int]) -> Beat:
        beaten.set()
        return NOTHING

    with keeper(beat, trial(1), lease_seconds=86_400):
        assert beaten.wait(20)


def test_released_trials_are_renewed_no_more() -> None:
    seen: list[set[int]] = []

    def beat(held: dict[int, int]) -> Beat:
        seen.append(set(held))
        return NOTHING

    with keeper(beat, trial(1), trial(2)) as held:
        held.release([1])
        time.sleep(LEASE)
        assert held.state().lost == frozenset()
    assert seen
    assert all(ids == {2} for ids in seen)


def test_what_the_storage_takes_away_is_lost_and_what_it_calls_off_is_stopped() -> None:
    answer = Beat(lost=frozenset({1}), stop=frozenset({2}), drain=True)
    with keeper(lambda held: answer, trial(1), trial(2), trial(3)) as held:
        time.sleep(LEASE)
        state = held.state()
    assert (state.lost, state.stop, state.drain) == (frozenset({1}), frozenset({2}), True)


def test_a_short_outage_loses_nothing() -> None:
    until = time.monotonic() + 0.5 * LEASE

    def beat(held: dict[int, int]) -> Beat:
        if time.monotonic() < until:
            raise StorageUnavailableError("the database is away")
        return NOTHING

    with keeper(beat, trial(1)) as held:
        time.sleep(1.5 * LEASE)
        assert held.state().lost == frozenset()


def test_a_long_outage_expires_the_leases_before_they_can_have_run_out_and_loses_nothing() -> None:
    def beat(held: dict[int, int]) -> Beat:
        raise StorageUnavailableError("the database is away")

    started = time.monotonic()
    with keeper(beat, trial(1), trial(2), lease_seconds=3.0) as held:  # its margin is longer than a busy machine dozes
        while not held.state().expired:
            time.sleep(0.005)
        elapsed = time.monotonic() - started
        assert held.state().lost == frozenset(), "the storage decides, when it is back"
    assert elapsed < 3.0


def test_a_stalled_heartbeat_counts_from_when_it_was_sent() -> None:
    """An answer that comes after the lease ran out renews nothing on this side."""
    stall = threading.Event()

    def beat(held: dict[int, int]) -> Beat:
        stall.wait(1.5 * LEASE)
        return NOTHING

    with keeper(beat, trial(1)) as held:
        time.sleep(1.1 * LEASE)
        assert held.state().expired
        stall.set()
