"""Processor time of simulated studies and of published reports, and whether their answers are those of another version.

    python benchmarks/judging.py --json before.json                       # at one commit; two minutes
    python benchmarks/judging.py --json after.json --against before.json  # at another; exit status 1 if answers differ

One study of each scenario of every kind is simulated by the design as shipped, planned and judged under analysis 5,
three under analysis 4, three looked at again; and each report of docs/results is verified. What is kept of a study is a
digest of its runs, of its verdict with every number as it is, and of what the calibration counts.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

from record import conditions, write

from studies.calibration.judging import generator, judge
from studies.calibration.scenarios import every_scenario
from studies.calibration.simulation import shipped, simulate_looks
from studies.report.document import verify_report
from studies.verdict.decide import decide_sweep
from studies.verdict.exchange import to_json

ROOT = Path(__file__).resolve().parents[1]
FOURTH, AGAIN = ("A", "tie", "J"), ("D", "random-in", "blocks-in")
Row = dict[str, Any]


def studies(keys: list[str], seed: int) -> Iterator[tuple[str, Row]]:
    """The rows of the simulated studies by name."""
    cases = [(key, 5, 1) for key in keys]
    cases += [(key, 4, 1) for key in keys if key in FOURTH] + [(key, 5, 2) for key in keys if key in AGAIN]
    for key, analysis, looks in cases:
        start = time.process_time()
        row = studied(key, seed, analysis, looks)
        yield f"{key}, analysis {analysis}, looks {looks}", {**row, "seconds": time.process_time() - start}


def studied(key: str, seed: int, analysis: int, looks: int) -> Row:
    """One simulated study at its last look."""
    scenario = every_scenario()[key]
    landscape = scenario.study(seed, 0)
    simulated = simulate_looks(landscape, generator(scenario, seed, 0), shipped(analysis))
    evidence = list(islice(simulated, looks))[-1]
    verdict = to_json(decide_sweep(evidence))
    return {
        "runs": digest(*(getattr(evidence.runs, field.name).tolist() for field in fields(evidence.runs))),
        "verdict": digest(verdict),
        "counted": digest(repr(judge(landscape, evidence))),
        "outcome": verdict["outcome"],
        "trainings": len(evidence.runs),
    }


def reports() -> Iterator[tuple[str, Row]]:
    """The rows of the published reports by file name."""
    for path in sorted((ROOT / "docs" / "results").glob("*.json*")):
        text = path.read_bytes()
        report = json.loads(gzip.decompress(text) if path.suffix == ".gz" else text)
        start = time.process_time()
        found = verify_report(report)
        yield path.name, {"differences": found, "seconds": time.process_time() - start}


def digest(*values: Any) -> str:
    """Digest of values by their texts, in which every number is whole."""
    return hashlib.blake2b("\n".join(map(repr, values)).encode(), digest_size=16).hexdigest()


def compared(rows: dict[str, Row], before: dict[str, Row]) -> list[str]:
    """Names of the rows that both have and whose answers differ."""
    both = [name for name in rows if name in before]
    return [name for name in both if _answers(rows[name]) != _answers(before[name])]


def _answers(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "seconds"}


def main() -> None:
    """Print a row for each study and report, and what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default=",".join(every_scenario()), help="keys, separated by commas")
    parser.add_argument("--seed", type=int, default=977)
    parser.add_argument("--json", type=Path, help="write the result to this file")
    parser.add_argument("--against", type=Path, help="a result of another version, to compare with")
    options = parser.parse_args()
    rows: dict[str, Row] = {}
    for part in (studies(options.scenario.split(","), options.seed), reports()):
        for name, row in part:
            rows[name] = row
            print(f"{name}: {row['seconds']:.2f} s {row.get('outcome', row.get('differences'))}", flush=True)
    write({"rows": rows, "seed": options.seed, **conditions("numpy", "scipy")}, options.json)
    if options.against:
        before = json.loads(options.against.read_text("utf-8"))["rows"]
        differ, ratios = (
            compared(rows, before),
            [before[n]["seconds"] / rows[n]["seconds"] for n in rows if n in before],
        )
        print(
            f"{len(ratios)} compared, answers of {len(differ)} differ: {differ}; "
            f"median of the times before over now {statistics.median(ratios):.2f}"
        )
        raise SystemExit(bool(differ))


if __name__ == "__main__":
    main()
