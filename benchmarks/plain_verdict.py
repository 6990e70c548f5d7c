"""The verdict beside the plain form of the same procedure, on the same simulated studies.

    python benchmarks/plain_verdict.py --scenario A,F,H --studies 100

Plain form: a cubic by ordinary least squares of the zone's map and zoom runs (a quartic where a nested F-test wants
it), Peterson, Cahya and del Castillo's inversion with every point as a challenger, a Gaussian process of the same runs,
paired tests on the blocks, everything at 0.05. What the procedure adds: weights, further degrees, the paired runs in
surface and process, the arm `opposite`, challengers that cannot win left out, a third route to refutation, a share of
the level kept for later looks. Both see the same map, zone and zoom; `opposite` is hidden from the plain form.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from record import conditions, write

from studies.calibration.landscapes import SCENARIOS, Scenario
from studies.calibration.simulation import simulate
from studies.records import Arm
from studies.verdict.adequacy import nested_p_value
from studies.verdict.candidates import fit_zone
from studies.verdict.comparisons import regret_tests
from studies.verdict.findings import gather
from studies.verdict.model import LEVEL, Evidence
from studies.verdict.neighbourhood import SLACK, centre, inside, lattice, on_edge, to_fit
from studies.verdict.region import coefficient_draws, location_p_values
from studies.verdict.rows import located_rows, paired_arms, sample_of
from studies.verdict.rules import EDGE_MASS, REFUTE_INSIDE, SUPPORT_INSIDE, decide
from studies.verdict.surface import Surface, fit_surface
from studies.verdict.zone import find_zone

GRID = (31, 21)
DRAWS = 500
Answer = tuple[str, bool]  # outcome, and whether the region holds the planted optimum
FloatArray = NDArray[np.float64]


def plain(evidence: Evidence, truth: FloatArray, rng: np.random.Generator, margin: float) -> Answer:
    """The plain form's answer."""
    sample = sample_of(evidence)
    zone, rows = find_zone(evidence), located_rows(sample)
    rows = rows.where(zone.contains(rows.points))
    surface = _surface(to_fit(rows.points), rows.y)
    v, u, nodes = lattice(evidence.space, *GRID)
    points = np.vstack([nodes[zone.contains(nodes)], centre(evidence.claim), truth])
    errors = coefficient_draws(surface, count=DRAWS, rng=rng)
    p = location_p_values(surface, to_fit(points), to_fit(points), errors, beta=0.0)
    distance = np.max(np.abs(points - centre(evidence.claim)), axis=1) - math.log(evidence.claim.tolerance_factor)
    p_in = p[:-2][distance[:-2] > SLACK].max(initial=0.0)
    p_out = p[:-1][distance[:-1] <= SLACK].max(initial=0.0)
    draws = fit_zone(rows, zone).draws(to_fit(points[:-2]), count=DRAWS, rng=rng)
    tops = points[np.argmax(draws, axis=1)]
    share = float(inside(evidence.claim, tops).mean())
    edge = float(on_edge(evidence.space, tops, np.array([v[1] - v[0], u[1] - u[0]])).mean())
    tests = regret_tests(paired_arms(sample), evidence.claim, margin, rng=rng, level=LEVEL)
    equivalent, worse, crossed = (1.0 if x is None else x for x in (tests.equivalent, tests.worse, tests.crossed))
    covered = bool(p[-1] > LEVEL and zone.contains(truth)[0])
    if max(p_in, equivalent) <= LEVEL and share >= SUPPORT_INSIDE and edge < EDGE_MASS:
        return "supported", covered
    if 2.0 * min(worse, max(p_out, crossed)) <= LEVEL and share <= REFUTE_INSIDE:
        return "refuted", covered
    return "inconclusive", covered


def _surface(x: FloatArray, y: FloatArray) -> Surface:
    cubic, quartic = fit_surface(x, y, degree=3), fit_surface(x, y, degree=4)
    p = nested_p_value(cubic, quartic)
    return quartic if p is not None and p < LEVEL else cubic


def ours(evidence: Evidence, truth: FloatArray) -> tuple[Answer, float]:
    """The procedure's answer, and its margin."""
    findings = gather(evidence)
    answer = decide(findings, p_support=findings.support(), p_refute=findings.refute())
    p = findings.location.p_at(truth)
    covered = p is not None and bool(p[0] > LEVEL and find_zone(evidence).contains(truth)[0])
    return (str(answer.outcome), covered), findings.margin or 0.0


def judged(scenario: Scenario, studies: int, seed: int) -> Iterator[tuple[Answer, Answer]]:
    """Both answers to each simulated study."""
    truth = np.array([[scenario.v, scenario.u]])
    for i in range(studies):
        rng = np.random.default_rng([seed, ord(scenario.key[0]), i])
        evidence = simulate(scenario, rng)
        answer, margin = ours(evidence, truth)
        yield answer, plain(_hidden(evidence), truth, rng, margin)


def _hidden(evidence: Evidence) -> Evidence:
    return replace(evidence, runs=evidence.runs.where(evidence.runs.arm != Arm.OPPOSITE))


def main() -> None:
    """Print one row per scenario and form."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="A,F,H", help="keys, separated by commas")
    parser.add_argument("--studies", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write the result to this file")
    options = parser.parse_args()
    rows = []
    for key in options.scenario.split(","):
        both = list(judged(SCENARIOS[key], options.studies, options.seed))
        for name, answers in (("procedure", [b[0] for b in both]), ("plain", [b[1] for b in both])):
            counts, covered = Counter(outcome for outcome, _ in answers), sum(hit for _, hit in answers)
            row = {"scenario": key, "form": name, "n": len(answers), **counts, "covered": covered}
            rows.append(row)
            print(row, flush=True)
    write({"rows": rows, "seed": options.seed, **conditions("numpy", "scipy")}, options.json)


if __name__ == "__main__":
    main()
