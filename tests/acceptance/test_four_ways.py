"""One study through HTTP, a command, a function and Optuna's loop: the same rows and verdict, but for the times."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import forked_programs
import optuna
import pytest
from invariants import VOLATILE
from one_study import STUDY, loss
from processes import BIN, environment
from serving import serving

import golden_study
from service.app import create_app
from service.export import to_json_list
from service.settings import load
from studies.judgement import report
from studies.language.spec import canonical_json
from studies.storage import listing
from studies.storage.engine import open_database
from studies.storage.migrate import migrate

PROGRAM = Path(__file__).parents[1] / "support" / "one_study.py"
TIMES = ("seconds",)  # columns of an export
AROUND = ("provenance", "drawer")  # fields of a service's report: what it knows of other studies and of its workers
WORDS = ("parts", "caution", "claimed")  # fields that a service adds to a verdict and to its sweeps, for pages
CLAIMS = {  # each with whether it is decided at the first look
    "refuted": ({"lr": 0.1, "width": 100.0}, True),
    "undecided": ({"lr": 0.013, "width": 44.0}, False),  # where another look might decide
}
ENDED = 409  # the status by which the protocol says that a study hands out no more


@dataclass(frozen=True)
class Found:
    """What came of a study, as it is compared.

    Attributes:
        verdict: as JSON.
        report: as canonical JSON, without the time of its submission: rows, plan and verdict.
        rows: as exported, without times; None where there is no database.
    """

    verdict: str
    report: str
    rows: str | None


def through_http(folder: Path, study: Mapping[str, Any]) -> Found:
    """A trainer that knows the protocol alone, and a real service."""
    url = f"sqlite:///{folder / 'service.db'}"
    db = open_database(url)
    migrate(db)
    with serving(create_app(load({}, database_url=url, tick_seconds=0.1), db)) as port:
        ask = partial(_ask, f"http://127.0.0.1:{port}/api/v1")
        ask("/studies", study)
        while (batch := _leased(ask)) != ENDED:
            if batch is not None:
                ask("/leases/finish", {"worker": "w", "trials": [_finished(trial) for trial in batch["trials"]]})
        verdict, made = ask("/studies/one/verdict"), ask("/studies/one/report.json")
        rows = ask("/studies/one/export.json")
    db.dispose()
    return Found(_wordless(verdict), _comparable(made), _timeless(rows))


def through_a_command(folder: Path, study: Mapping[str, Any]) -> Found:
    """`golden run`, a process for each training."""
    file = folder / "one.json"
    file.write_text(json.dumps(study))
    words = [sys.executable, "-I", str(PROGRAM), "{lr}", "{width}", "{order_seed}", "{seed}"]
    command = [str(BIN / "golden"), "run", str(file), "--json", "--jobs", "2", "--", *words]
    done = forked_programs.run(command, env=environment("sqlite://"), cwd=folder)
    assert done.returncode == 0, done.stderr
    return _kept(folder / "one.golden" / "golden.db", json.loads(done.stdout))


def through_a_function(folder: Path, study: Mapping[str, Any]) -> Found:
    """`golden_study.locate`, several trainings at once."""

    def train(trial: golden_study.Trial) -> float:
        return loss(trial["lr"], trial["width"], trial.order_seed, trial.seed)

    verdict = golden_study.locate(train, study=study, folder=folder, jobs=3)
    return _kept(folder / "golden.db", verdict.to_dict())


def through_optuna(folder: Path, study: Mapping[str, Any]) -> Found:
    """Optuna's own loop with a `LocateSampler`."""

    def objective(trial: optuna.Trial) -> float:
        lr, width = trial.suggest_float("lr", 1e-4, 1.0, log=True), trial.suggest_float("width", 8.0, 128.0)
        return loss(lr, width, trial.user_attrs["order_seed"], trial.user_attrs["init_seed"])

    loop = optuna.create_study(direction="minimize", sampler=golden_study.LocateSampler(study=study))
    loop.optimize(objective)
    verdict = golden_study.judge(loop)
    made = json.loads(verdict.report(folder / "optuna.json").read_text())
    return Found(canonical_json(verdict.to_dict()), _comparable(made), None)


WAYS: dict[str, Callable[[Path, Mapping[str, Any]], Found]] = {
    "http": through_http,
    "command": through_a_command,
    "function": through_a_function,
    "optuna": through_optuna,
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_each_way_gives_the_same_rows_and_the_same_verdict(claim: str, tmp_path: Path) -> None:
    point, decided = CLAIMS[claim]
    study = {**STUDY, "claim": {**STUDY["claim"], "at": point}}
    found = {}
    for name, way in WAYS.items():
        (tmp_path / name).mkdir()
        found[name] = way(tmp_path / name, study)
    outcome = json.loads(found["http"].verdict)["outcome"]
    assert (outcome != "inconclusive") is decided
    assert '"diverged_at":0' in str(found["http"].rows), "some trainings break"
    for name, each in found.items():
        assert each.verdict == found["http"].verdict, name
        assert each.report == found["http"].report, name
        assert each.rows in (None, found["http"].rows), name


def _kept(path: Path, verdict: Mapping[str, Any]) -> Found:
    """What a database of its own holds."""
    db = open_database(f"sqlite:///{path}")
    rows = json.loads(b"".join(to_json_list(listing.iter_runs(db, "one"), ("lr", "width"))))
    found = Found(canonical_json(verdict), _comparable(report(db, "one")), _timeless(rows))
    db.dispose()
    return found


def _comparable(made: Mapping[str, Any]) -> str:
    return canonical_json({name: value for name, value in made.items() if name not in (*VOLATILE, *AROUND)})


def _wordless(verdict: Mapping[str, Any]) -> str:
    sweeps = [{name: value for name, value in sweep.items() if name not in WORDS} for sweep in verdict["sweeps"]]
    assert verdict["trends"] == []  # over HTTP it is always there, in reports and elsewhere with an axis alone
    plain = {name: value for name, value in verdict.items() if name not in {*WORDS, "trends"}}
    return canonical_json({**plain, "sweeps": sweeps})


def _timeless(rows: list[dict[str, Any]]) -> str:
    return canonical_json([{name: value for name, value in row.items() if name not in TIMES} for row in rows])


def _finished(trial: Mapping[str, Any]) -> dict[str, Any]:
    at = trial["parameters"]
    runs = []
    for run in trial["runs"]:
        value = loss(at["lr"], at["width"], run["order_seed"], run["init_seed"])
        result = {"value": value, "outcome": "trained"} if value == value else {"value": None, "outcome": "diverged"}
        runs.append({"run": run["run"], **result})
    return {"id": trial["id"], "token": trial["token"], "runs": runs}


def _leased(ask: Callable[..., Any]) -> Any:
    """Trials of the study; None where none waits, ENDED once it has ended, whenever that is."""
    try:
        return ask("/leases", {"worker": "w", "trials": 7, "seconds": 600, "study": "one", "wait": 5})
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != ENDED:
            raise
        return ENDED


def _ask(base: str, path: str, body: Any = None) -> Any:
    """The JSON that a service answers; None where it answers with nothing."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or "null")
