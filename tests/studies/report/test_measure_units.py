"""A whole study by a real measure: planned, judged and verified alike in every unit of the measure."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from measure_units import assert_same
from own_results import PEAK
from own_trainers import submit, work_off

from studies.judgement import report
from studies.report.document import verify_report
from studies.storage.engine import open_database
from studies.storage.migrate import migrate

ELBO = {"name": "elbo", "direction": "maximize", "kind": "real"}
CLAIM = {"at": {"eta": PEAK[0], "alpha": PEAK[1]}}


def elbo(eta: float, alpha: float, *, order_seed: int, init_seed: int) -> float | None:
    """A planted value; some runs end far below it, and where the rate is high they break."""
    rng = np.random.default_rng([order_seed, init_seed, round(1e9 * eta), round(1e9 * alpha)])
    v, u = math.log(eta / PEAK[0]), math.log((1.0 - alpha) / (1.0 - PEAK[1]))
    if v - u > 3.5:
        return None
    noise, low = float(rng.standard_normal()), float(rng.random()) < 0.04
    return -0.3 * (v - u) ** 2 - 0.2 * u**2 + 0.05 * noise - 4.0 * low


def made(folder: Path, factor: float, shift: float) -> dict[str, Any]:
    """The report of the study whose trainer gives its values in another unit."""
    db = open_database(f"sqlite:///{folder / f'{factor}.db'}")
    migrate(db)

    def scaled(*at: float, **seeds: int) -> float | None:
        value = elbo(*at, **seeds)
        return None if value is None else factor * (value + shift)

    submit(db, measure=ELBO, claim=CLAIM)
    work_off(db, of=scaled)
    found = report(db, "own")
    db.dispose()
    return found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return made(tmp_path_factory.mktemp("units"), 1.0, 0.0)


@pytest.mark.parametrize(("factor", "shift"), [(1000.0, 0.0), (0.37e-9, -11.0)])
def test_a_study_and_its_report_are_the_same_in_every_unit(
    plain: dict[str, Any], tmp_path: Path, factor: float, shift: float
) -> None:
    found = made(tmp_path, factor, shift)
    assert verify_report(found) == verify_report(plain) == []
    runs, expected = (each["sweeps"][0]["runs"] for each in (found, plain))
    assert {name for name in expected if runs[name] != expected[name]} == {"value"}, "the plan is the same"
    assert_same(found["verdict"], plain["verdict"], factor, factor * shift)
    answers = plain["verdict"]["sweeps"][0]["answers"]
    assert answers["outcomes"]["diverged"] > 0 and answers["outcomes"]["collapsed"] > 0
