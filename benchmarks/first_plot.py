"""How soon a reader sees something: the first useful picture of a finished study, and of one that has just begun.

    python benchmarks/first_plot.py [--rounds 5] [--json out.json]

It needs chromium and playwright (of the development environment). Times are the browser's own clock.

- *finished*: a study of about 2,400 trials, its results made up around a planted optimum, is opened by a fresh profile
  of the browser. Seconds from the start of the navigation to the frame in which the picture of the answer, and the
  landscape, lie in the page: once by the first look after the service's start (`cold`), then once a round (`opened`).
- *begun*: the page of a study that has no result yet lies open, and a worker process starts. Seconds from the first
  result in the database (the database's clock, on the same machine) to the frame with the first picture that shows it,
  once a round, each with a study of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

import sqlalchemy as sa
from browser_pages import CHROMIUM
from dashboard import ours, spread
from planted_worker import Planted
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from processes import environment
from record import conditions, write
from waiting import exit_code, wait_until

from studies.language.spec import parse
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import schema, studies
from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate

SIZE: ViewportSize = {"width": 1280, "height": 900}
FINISHED = {
    "name": "finished",
    "losses": ["golden", "sse", "cross_entropy"],
    "contexts": [{"name": f"batch-{size}", "batch_size": size} for size in (32, 64, 128)],
}
BEGUN = {"losses": ["golden"], "contexts": [{"name": "digits", "dataset": "digits", "epochs": 3, "batch_size": 50}]}
GOALS = {"opened_answer": 1.0, "opened_landscape": 1.0, "begun": 5.0}  # seconds
WATCH = """
  const seen = (window.seen = {});
  const wanted = { answer: ".answer-panel", landscape: ".landscape-picture", dots: ".landscape-picture .dots" };
  const look = () => {
    for (const [name, selector] of Object.entries(wanted)) {
      const found = document.querySelector(selector);
      if (!(name in seen) && found && found.getBoundingClientRect().height > 0) {
        requestAnimationFrame(() => { seen[name] ??= [performance.now() / 1000, Date.now() / 1000]; });
      }
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="of each kind")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    figures: dict[str, Any] = {"conditions": conditions("playwright", "sqlalchemy"), "n": options.rounds}
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        url = f"sqlite:///{folder}/first.db"
        figures |= finished(url, browser, options.rounds) | begun(url, browser, options.rounds)
    figures["goals_met"] = {key: figures[key]["median"] <= goal for key, goal in GOALS.items()}
    print(json.dumps(figures, indent=1))
    write(figures, options.json)
    return 0


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """A page in a fresh profile, on its way."""
    context = browser.new_context(viewport=SIZE)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address, wait_until="commit")
    yield page
    context.close()


def seen(page: Page, name: str) -> list[float]:
    """When a picture was there: seconds since the navigation began, and on the clock."""
    return list(wait_until(lambda: page.evaluate(f"window.seen && window.seen[{name!r}]"), what=name))


def finished(url: str, browser: Browser, rounds: int) -> dict[str, Any]:
    """Figures of a finished study."""
    db = open_database(url)
    migrate(db)
    submitted(db, FINISHED)
    done = Planted((0.016, 0.874)).work_off(db)
    db.dispose()
    found: list[dict[str, float]] = []
    with ours(url) as here:
        for _ in range(rounds + 1):
            with opened(browser, f"{here.client.base_url}/studies/finished") as page:
                found.append({name: seen(page, name)[0] for name in ("answer", "landscape")})
    cold, *rest = found
    figures = {f"opened_{name}": spread([each[name] for each in rest]) for name in cold}
    return {"trials": done, "cold": cold, **figures}


def begun(url: str, browser: Browser, rounds: int) -> dict[str, Any]:
    """Seconds from the first result to the first picture that shows it."""
    db = open_database(url)
    found = []
    with ours(url) as here:
        for number in range(rounds):
            name = f"begun-{number}"
            submitted(db, {**BEGUN, "name": name})
            with opened(browser, f"{here.client.base_url}/studies/{name}") as page:
                page.wait_for_load_state()
                command = [sys.executable, "-m", "worker.main", "--device", "cpu", "--study", name]
                worker = subprocess.Popen(command, env=environment(url), stderr=subprocess.DEVNULL)
                _, at = seen(page, "dots")
                found.append(at - first_result(db, name))
                worker.terminate()
                exit_code(worker)
    db.dispose()
    return {"begun": spread(found)}


def submitted(db: Database, document: dict[str, Any]) -> None:
    """A study of this document, in the queue."""
    spec = parse(document)
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))


def first_result(db: Database, study: str) -> float:
    """When a study's first trial was finished, on the clock."""
    joined = schema.trials.join(schema.studies, schema.trials.c.study_id == schema.studies.c.id)
    first = sa.select(sa.func.min(schema.trials.c.finished_at)).select_from(joined)
    with db.read() as connection:
        return float(connection.execute(first.where(schema.studies.c.name == study)).scalar_one().timestamp())


if __name__ == "__main__":
    sys.exit(main())
