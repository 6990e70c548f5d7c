"""The report of a comparison: it verifies, and nothing in it can be bent unnoticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from raced import RACE, WIDE, race

from service.commands.results import verify
from service.settings import sqlite_url
from studies.comparing import report
from studies.comparison.exchange import from_json, to_json
from studies.language.spec import canonical_json
from studies.report.document import caution, render_html, verify_report
from studies.report.provenance import provenance
from studies.storage.engine import open_database
from studies.storage.migrate import migrate

Json = dict[str, Any]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of a finished study along an axis of widths, as text."""
    database = open_database(sqlite_url(tmp_path_factory.mktemp("compared") / "golden.db"))
    migrate(database)
    race(database, WIDE)
    made = report(database, "wide")
    text = json.dumps({**made, "provenance": provenance(database, made)}, allow_nan=False)
    database.dispose()
    return text


@pytest.fixture
def made(kept: str) -> Json:
    """The report, to be bent."""
    value: Json = json.loads(kept)
    return value


def signed(sweep: Json) -> None:
    """Make a sweep's checks of its rows fit again, as whoever bends them would."""
    sweep["rows"] = len(sweep["runs"]["trial"])
    sweep["rows_sha256"] = hashlib.sha256(canonical_json(sweep["runs"]).encode()).hexdigest()


def test_a_report_verifies_and_reads_back(made: Json) -> None:
    assert verify_report(made) == []
    assert caution(made) == ""
    assert to_json(from_json(made["comparison"])) == made["comparison"]
    assert "verdict" not in made and "drawer" not in made


def test_the_command_verifies_it(kept: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "wide-report.json"
    file.write_text(kept)
    verify(file)
    assert capsys.readouterr().out.endswith("wide-report.json: the comparison follows from its rows\n")


def _mean(made: Json) -> None:
    made["comparison"]["rows"][1]["results"][1]["mean"] = 0.99


def _arrived(made: Json) -> None:
    times = made["sweeps"][0]["runs"]["epochs_to_target"]
    times[-1] = 2 if times[-1] == 1 else 1
    signed(made["sweeps"][0])


def _moved(made: Json) -> None:
    runs = made["sweeps"][0]["runs"]
    runs["eta"][runs["arm"].index("tuned")] *= 1.1
    signed(made["sweeps"][0])


def _unmeasured(made: Json) -> None:
    sweep = made["sweeps"][0]
    tuning = [i for i, phase in enumerate(sweep["runs"]["phase"]) if phase == "tune"]
    sweep["runs"] = {name: [column[i] for i in tuning] for name, column in sweep["runs"].items()}
    sweep["phases"] = [phase for phase in sweep["phases"] if phase["phase"] == "tune"]
    sweep["phases_done"] = ["tune"]
    signed(sweep)


def _seed(made: Json) -> None:
    made["provenance"]["seeds"][made["sweeps"][0]["name"]]["init_seed"][0] += 1


def _paper(made: Json) -> None:
    made["comparison"]["rows"][0]["results"][1]["paper"]["mean"] = 2.0


@pytest.mark.parametrize(
    ("bend", "said"),
    [
        (_mean, "comparison.rows.1.results.1.mean: stated 0.99"),
        (_arrived, "comparison.rows."),
        (_moved, "sweeps.cross_entropy@digits-8-sgd.runs.eta."),
        (_unmeasured, "sweeps.cross_entropy@digits-8-sgd.phases.measure: states 0 trials, the replayed plan has 10"),
        (_seed, "provenance.seeds.cross_entropy@digits-8-sgd.0: stated"),
        (_paper, "comparison.rows.0.results.1.paper.mean: stated 2.0"),
        (lambda made: made.update(verdict={}), "verdict: no report has this field"),
        (lambda made: made.pop("comparison"), "not a report of this program: KeyError: 'comparison'"),
        (lambda made: made["sweeps"][0].update(context="else"), "not a report of this program: KeyError"),
    ],
)
def test_what_is_bent_is_named(made: Json, bend: Callable[[Json], object], said: str) -> None:
    bend(made)
    assert any(line.startswith(said) for line in verify_report(made)), verify_report(made)


def test_the_page_has_tables_figures_and_no_markup_of_the_users(made: Json) -> None:
    page = render_html(made)
    assert "4 arms compared" in page and "Smallest width that works" in page
    assert "&lt;b&gt;SGD&lt;/b&gt;" in page
    shown, _, figures = page.partition('<script type="application/json" id="figures">')
    assert "<b>SGD" not in shown
    names = json.loads(figures.partition("</script>")[0])
    assert sorted(names) == ["along-0", "arms-0", "arms-1"]
    assert all(f'id="{name}"' in shown for name in names)


ABOUT_WIDTHS = (
    WIDE.replace('name = "wide"', 'name = "about-widths"')
    .replace('objective = "epochs_to_target"\n', 'objective = "smallest_width"\n')
    .replace('context = "digits-8", objective = "accuracy"', 'context = "digits", objective = "smallest_width"')
    .replace("mean = 0.9, sd = 0.01", 'mean = 9.5, sd = 0.5, differs = "more epochs"')
)


def test_a_study_about_smallest_widths_leads_with_them_and_the_papers_numbers(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "golden.db"))
    migrate(database)
    race(database, ABOUT_WIDTHS)
    made = json.loads(json.dumps(report(database, "about-widths"), allow_nan=False))
    database.dispose()
    assert verify_report(made) == []
    found = made["comparison"]
    assert (found["widths_first"], found["objective"]) == (True, "epochs_to_target")
    assert found["widths"][0]["result"]["paper"] == {"mean": 9.5, "sd": 0.5, "n": 5, "differs": "more epochs"}
    page = render_html(made)
    assert "9.5 ± 0.5 units" in page and "more epochs" in page
    assert page.index("Smallest width along digits") < page.index("Epochs to target accuracy")
    found["widths"][0]["result"]["paper"]["mean"] = 8.0
    assert verify_report(made) == ["comparison.widths.0.result.paper.mean: stated 8.0, recomputed 9.5"]


def test_a_study_that_still_runs_has_a_report_that_verifies(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "golden.db"))
    migrate(database)
    for limit in (0, 5, 20, 30):
        text = RACE.replace('name = "arms-on-digits"', f'name = "race-{limit}"')
        race(database, text, limit=limit)
        made = json.loads(json.dumps(report(database, f"race-{limit}"), allow_nan=False))
        assert verify_report(made) == [], limit
        assert "not complete" in render_html(made)
    database.dispose()
