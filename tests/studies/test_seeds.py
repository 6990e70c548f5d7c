"""Seeds are stable across versions, distinct across purposes, and fit a JSON number."""

from hypothesis import given
from hypothesis import strategies as st

from studies.seeds import derive


def test_a_seed_never_changes_between_versions() -> None:
    assert derive(20200607, "points", "map") == 7330036725788879


@given(seed=st.integers(0, 2**53 - 1), purpose=st.lists(st.text(max_size=8), max_size=3))
def test_seeds_fit_53_bits(seed: int, purpose: list[str]) -> None:
    assert 0 <= derive(seed, *purpose) < 2**53


def test_purposes_and_studies_do_not_share_seeds() -> None:
    seeds = {derive(s, p, i) for s in range(20) for p in ("order", "init") for i in range(50)}
    assert len(seeds) == 2000


def test_parts_are_not_run_together() -> None:
    assert derive(1, "ab", "c") != derive(1, "a", "bc")
    assert derive(1, 23) != derive(12, 3)
