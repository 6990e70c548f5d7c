"""The last lines of `golden run`: what was lost, and what comes next."""

from __future__ import annotations

import shlex
from pathlib import Path

from own_plans import DESIGN, flat, own_study, work_off

from service.commands.run_end import lost_lines, next_lines
from studies.records import TrialState
from studies.storage.read_models import TrialRow

SPEC = own_study(design={**DESIGN, "confirm_blocks": 4, "confirmation": "fixed"})


def trial(number: int, *, state: TrialState = TrialState.COMPLETE, attempts: int = 1, **more: object) -> TrialRow:
    place = {"sweep": "own@mine", "phase": "map", "arm": "space", "block": number} | more
    rest = {"eta": 0.1, "alpha": 0.9, "value": 0.5, "runs": 1, "runs_diverged": 0, "worker": None}
    times = {"started_at": None, "finished_at": None}
    return TrialRow(number=number, state=state, attempts=attempts, **{"error": None, **place, **rest, **times})  # type: ignore[arg-type]


def test_nothing_is_said_where_nothing_was_lost() -> None:
    assert lost_lines([trial(0), trial(1)]) == []


def test_failed_trials_blocks_without_a_pair_and_retries_are_counted() -> None:
    broke = {"state": TrialState.FAILED, "attempts": 3, "error": "exit status 1\nits last lines:\n..."}
    rows = [
        trial(0, attempts=2),
        trial(7, **broke, phase="confirm", block=3),  # type: ignore[arg-type]
        trial(8, **broke, phase="confirm", block=3),  # type: ignore[arg-type]
        trial(9, **broke, phase="confirm", block=4),  # type: ignore[arg-type]
    ]
    assert lost_lines(rows, Path("own.golden/trials/own")) == [
        "Lost on the way: 3 trials failed for good (trial 7 of own@mine, confirm: exit status 1; see "
        "own.golden/trials/own/own@mine/7), 2 blocks lack a pair, 7 failed attempts were tried again."
    ]
    assert lost_lines(rows[:1]) == ["Lost on the way: 1 failed attempt was tried again."]


def test_what_comes_next_is_a_line_each(tmp_path: Path) -> None:
    found, _ = work_off(SPEC, flat, looks=1)
    assert found.verdict is not None and found.verdict.outcome == "inconclusive"
    look, send, *more = next_lines(SPEC, found.verdict, tmp_path / "a b" / "golden.db")
    command = shlex.split(look.partition(":")[2].partition("   then ")[0])
    assert command == ["golden", "serve", "--database", f"sqlite:///{tmp_path}/a b/golden.db"]
    assert send.startswith(f"send it round: golden report {SPEC.name} --server http://127.0.0.1:8000")
    assert len(more) == 1 and more[0].startswith("go on: ")
