"""Answers as tables for a terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

from fastapi.testclient import TestClient
from filled_answers import NO, UNDECIDED, filled_answers
from rich.console import Console
from rich.table import Table

from service.client import Client
from service.schemas import PreviewOut
from service.tables import catalogue_table, memory, preview_table, study_table, sweep_table, verdict_table, worker_table
from studies.calibration.chances import Assumptions, Chance, Power, Share
from studies.records import Preview
from studies.storage.read_models import WorkerRow
from studies.verdict.model import Comparison, Interval, Outcome, Reason

SEEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
WORKER = WorkerRow(
    name="host-1-cpu",
    host="host",
    pid=1,
    device="cpu x2",
    version="0.1.0",
    state="training",
    alive=True,
    started_at=SEEN,
    last_seen_at=SEEN,
    study="quickstart",
    lanes=48,
    stack_limit=64,
    runs_done=1234,
    trainings_per_second=12.345,
    memory_bytes=700 * 2**20,
    images_per_second=None,
    speeds={},
)
COST = Preview(
    sweeps=2,
    trials=100,
    runs=1200,
    runs_by_phase={"map": 1000, "zoom": 200},
    images=1.5e7,
    paper_images=1e6,
    images_per_second=30_000.0,
    rate_measured=False,
    seconds=4_000.0,
    runs_if_widened=50,
)


def shown(table: Table, width: int = 160) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_worker_shows_stack_speed_and_memory() -> None:
    text = shown(worker_table([WORKER]))
    for part in ("training", "48/64", "12.3", "700 MiB", "1,234", "2026-11-20"):
        assert part in text


def test_workers_and_sweeps_fit_80_columns_without_a_broken_word(api: TestClient, measured: str) -> None:
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        study = client.study(measured)
    sweep = replace(study.sweeps[0], name="cross_entropy@digits")
    text = shown(sweep_table(replace(study, sweeps=(sweep,))), width=80)
    text += shown(worker_table([WORKER]), width=80)
    assert max(map(len, text.splitlines())) <= 80
    for part in ("cross_entropy", "28/28", "host-1-cpu", "quickstart", "training ", "48/64", "2026-11-20 "):
        assert part in text


def test_runs_that_learn_too_slowly_are_called_untrained_and_fit_80_columns(api: TestClient, slow: str) -> None:
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        listed, study = list(client.studies()), client.study(slow)
    text = shown(sweep_table(study), width=80) + shown(study_table(listed), width=80)
    assert max(map(len, text.splitlines())) <= 80
    assert "4 untrained" in shown(study_table(listed)) and "untrained" in text
    assert "diverged" not in text
    mixed = replace(listed[0], causes={"diverged": 2, "chance": 1, "untrained": 1})
    lines = [line for line in shown(study_table([mixed])).splitlines() if line.split()]
    assert [line.split()[-2:] for line in lines[-2:]] == [["1", "untrained"], ["at", "chance"]]


def test_a_worker_that_is_gone_has_no_stack_and_one_that_measured_nothing_no_speed() -> None:
    text = shown(worker_table([replace(WORKER, alive=False, trainings_per_second=None, memory_bytes=None, study=None)]))
    assert "gone" in text
    assert "48" not in text
    assert text.count("–") == 4


def test_memory_says_what_it_is() -> None:
    assert memory(WORKER) == "700 MiB peak"
    assert memory(replace(WORKER, device="cuda:0 NVIDIA H100")) == "700 MiB"
    assert memory(replace(WORKER, memory_bytes=None)) == "–"


def test_a_preview_names_phases_time_and_the_source_of_its_rate() -> None:
    text = shown(preview_table(PreviewOut(study="s", claim_hash="abc", cost=COST)))
    assert "1,200 (map 1,000, zoom 200); up to 50 more if the box widens" in text
    assert "67 min at 30,000 images/s (assumed, no worker has measured it)" in text
    assert "optimum" not in text


def test_a_preview_with_power_gives_each_chance_its_interval() -> None:
    chances = (
        Chance("at the claim's point", Outcome.SUPPORTED, Share(0.9, 9, 10, 0.555, 0.997)),
        Chance("at an effective rate 4.5 times higher", Outcome.REFUTED, Share(None, 0, 0, None, None)),
    )
    power = Power(Assumptions(sigma=0.12, across=0.35, along=0.2), chances)
    text = shown(preview_table(PreviewOut(study="s", claim_hash="abc", cost=COST, power=power)))
    assert "9 of 10 supported (56 to 100 %)" in text
    assert "optimum at an effective rate 4.5 times higher" in text
    assert "0 of 0 refuted" in text
    assert "σ 0.12, curvatures 0.35 and 0.2 (assumed)" in text


def test_sizes_are_said_to_be_upper_bounds_where_they_are() -> None:
    def table(at_most: bool) -> str:
        cost = replace(COST, at_most=at_most)
        return shown(preview_table(PreviewOut(study="s", claim_hash="abc", cost=cost, power=None)))

    assert "at most 1,200 (map 1,000, zoom 200)" in table(True)
    assert "at most" not in table(False)


def test_studies_sweeps_and_the_catalogue_of_a_real_service(api: TestClient, measured: str) -> None:
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        studies, study, items = list(client.studies()), client.study(measured), client.catalogue()
    (line,) = [line for line in shown(study_table(studies)).splitlines() if line.split()[:1] == ["measured"]]
    assert "complete" in line
    assert "56 of 56" in line
    assert f"{studies[0].created_at:%Y-%m-%d %H:%M}" in line
    text = shown(sweep_table(study))
    assert "28/28" in text
    best = study.sweeps[0].best
    assert best is not None
    assert f"{100 * best.value:.2f} %" in text
    catalogue = shown(catalogue_table(items))
    assert all(item.name in catalogue for item in items)
    bounds = {item.name: f"at most {item.cost.runs:,}" in catalogue for item in items}
    assert bounds == {item.name: item.cost.at_most for item in items}
    assert bounds["quickstart"] and not bounds["table-1"]


def test_a_verdict_has_its_intervals_below_their_estimates_and_fits_80_columns(api: TestClient, measured: str) -> None:
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        verdict = client.verdict(measured)
    first = replace(
        verdict.sweeps[0],
        eta=Interval(0.0159, 0.01, 0.025),
        alpha=Interval(0.874, None, None),
        degree=2,
        reasons=(),
        comparisons=(
            Comparison("best", 0.02, 0.9, 6, Interval(0.1, 0.0, 0.2), Interval(0.25, -0.1, 0.6), None, None, None),
        ),
    )
    table = verdict_table(replace(verdict, sweeps=(first,)))
    text = shown(table, width=120)
    parts = ("measured: by accuracy", "? inconclusive", "0.0159", "[0.0100, 0.0250]", "0.25 points", "[−0.10, 0.60]")
    for part in parts:
        assert part in text
    assert max(map(len, shown(table, width=80).splitlines())) <= 80
    for rough in ({"degree": None}, {"reasons": (Reason("adaptive", "Adaptive points."),)}):
        text = shown(verdict_table(replace(verdict, sweeps=(replace(first, **rough),))), width=120)
        assert "0.0159" in text and "[0.0100" not in text, "a rough posterior is no 95 % region"


def test_a_refuted_sweep_shows_the_arm_that_refutes_it_beside_the_claim(api: TestClient, measured: str) -> None:
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        verdict = client.verdict(measured)
    gaps = {"best": Interval(0.49, 0.4, 0.6), "default": Interval(1.61, 1.5, 1.7)}
    compared = tuple(
        Comparison(arm, 0.02, 0.9, 6, Interval(0.1, 0.0, 0.2), gap, None, None, None) for arm, gap in gaps.items()
    )
    first = replace(verdict.sweeps[0], comparisons=compared)
    good = replace(NO.as_good, arm="default")
    refuted = replace(first, answers=filled_answers(replace(NO, as_good=good)))
    text = shown(verdict_table(replace(verdict, sweeps=(refuted,))), width=120)
    assert "1.6 points" in text and "0.49 points" not in text
    assert "arm − claim" in text and "default − claim" in text
    undecided = replace(first, answers=filled_answers(UNDECIDED))
    text = shown(verdict_table(replace(verdict, sweeps=(undecided,))), width=120)
    assert "best − claim" in text and "0.49 points" in text


def test_a_narrow_table_breaks_no_word(api: TestClient, measured: str) -> None:
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        verdict = client.verdict(measured)
        studies = list(client.studies())
    reasons = (Reason("as_good", "x"), Reason("diverged", "y"))
    changed = replace(verdict.sweeps[0], sweep="golden@small-batches", reasons=reasons)
    text = shown(verdict_table(replace(verdict, sweeps=(changed,))), width=80)
    assert {"golden@", "small-batches", "as_good", "diverged"} <= set(text.split())
    assert not [line for line in text.splitlines() if line.strip().startswith(",")]
    assert f"{studies[0].created_at:%Y-%m-%d %H:%M}" in shown(study_table(studies), width=80)
