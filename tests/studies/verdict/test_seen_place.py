from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from studies.language.claim import Claim
from studies.language.space import SearchSpace
from studies.verdict.findings import Findings
from studies.verdict.location import Location
from studies.verdict.model import RegionMap
from studies.verdict.neighbourhood import centre, lattice, open_sides
from studies.verdict.seen_place import Place, place_of

CLAIM, SPACE = Claim(), SearchSpace()
TOLERANCE = math.log(CLAIM.tolerance_factor)


def _location(keep: object = None, **tests: float) -> Location:
    """A region of the nodes that `keep` selects by their offsets from the claim."""
    v, u, nodes = lattice(SPACE, 61, 41)
    offsets = nodes - centre(CLAIM)
    held = keep(offsets) if callable(keep) else np.zeros(len(nodes), dtype=bool)
    p = np.where(held, 0.5, 0.01).reshape(len(u), len(v))
    region = RegionMap(tuple(v.tolist()), tuple(u.tolist()), tuple(map(tuple, p.tolist())), ((None,),))
    members = nodes[held]
    step = np.array([v[1] - v[0], u[1] - u[0]])
    found = Location(
        p_claim=0.01,
        p_in=0.01,
        p_out=0.01,
        region=region,
        region_nodes=members,
        open_sides=open_sides(SPACE, members, step),
    )
    return replace(found, **tests)


def _place(location: Location) -> Place:
    found = place_of(location, CLAIM, SPACE)
    assert found is not None
    return found


def test_distances_are_those_of_the_members() -> None:
    location = _location(lambda x: np.max(np.abs(x), axis=1) < 0.6)
    found, distances = _place(location), np.max(np.abs(location.region_nodes - centre(CLAIM)), axis=1)
    assert (found.nearest, found.farthest) == (
        pytest.approx(math.exp(distances.min())),
        pytest.approx(math.exp(distances.max())),
    )
    assert found.is_inside(CLAIM)
    assert not found.is_outside(CLAIM)
    assert (found.identifiable, found.open_sides) == (True, ())


def test_a_region_beyond_the_neighbourhood_is_outside() -> None:
    found = _place(_location(lambda x: (x[:, 0] > 1.5) & (x[:, 0] < 2.0) & (np.abs(x[:, 1]) < 0.5)))
    assert found.is_outside(CLAIM)
    assert not found.is_inside(CLAIM)


def test_points_between_nodes_count() -> None:
    inside = _location(lambda x: np.max(np.abs(x), axis=1) < 0.6)
    assert _place(replace(inside, p_claim=0.2)).nearest == 1.0
    assert not _place(replace(inside, p_in=0.2)).is_inside(CLAIM), "N's border is in the region, so more may be"
    outside = _location(lambda x: (x[:, 0] > 1.0) & (x[:, 0] < 2.0) & (np.abs(x[:, 1]) < 0.5))
    assert not _place(replace(outside, p_out=0.2)).is_outside(CLAIM)


def test_the_edges_of_the_tolerance_belong_to_the_neighbourhood() -> None:
    edge = Place(nearest=2.0, farthest=2.0, identifiable=True, open_sides=())
    assert edge.is_inside(CLAIM)
    assert not edge.is_outside(CLAIM)
    assert Place(2.0 + 1e-6, 3.0, identifiable=True, open_sides=()).is_outside(CLAIM)


def test_a_region_from_end_to_end_is_not_identifiable_and_names_the_sides_it_leaves_by() -> None:
    ridge = _place(_location(lambda x: np.abs(x[:, 0] + x[:, 1]) < 0.3))
    assert (ridge.identifiable, ridge.open_sides) == (False, ("alpha high",)), "alpha = 0 is no side but an end"
    right = _place(_location(lambda x: (x[:, 0] > 3.0) & (np.abs(x[:, 1]) < 0.5)))
    assert (right.identifiable, right.open_sides) == (True, ("eta high",))


def test_no_region_is_no_place(findings5: Findings) -> None:
    assert place_of(_location(), CLAIM, SPACE) is None
    assert place_of(Location(), CLAIM, SPACE) is None
    assert place_of(findings5.location, CLAIM, SPACE) is not None
