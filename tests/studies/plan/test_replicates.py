"""Replicates: what runs of a phase share and what is fresh in each."""

from __future__ import annotations

from planted_study import make

from studies.language.phases import Phase
from studies.plan.replicates import confirm_replicate, cv_replicate, map_replicate

SPEC = make()
CONTEXT = SPEC.contexts[0]


def test_map_runs_share_the_split_and_a_groups_order() -> None:
    first, mate, other = (
        map_replicate(SPEC, CONTEXT, Phase.MAP, point=point, group=group, repeat=0)
        for point, group in ((0, 0), (1, 0), (32, 1))
    )
    assert (first.split, first.fold) == (mate.split, mate.fold) == (other.split, other.fold)
    assert first.order_seed == mate.order_seed != other.order_seed
    assert len({first.init_seed, mate.init_seed, other.init_seed}) == 3


def test_a_strip_has_the_orders_of_the_map_and_weights_of_its_own() -> None:
    strip, mapped, zoom = (
        map_replicate(SPEC, CONTEXT, phase, point=0, group=0, repeat=0)
        for phase in (Phase.WIDEN, Phase.MAP, Phase.ZOOM)
    )
    assert strip.order_seed == mapped.order_seed != zoom.order_seed
    assert len({strip.init_seed, mapped.init_seed, zoom.init_seed}) == 3


def test_repeats_of_a_point_differ_in_order_and_weights() -> None:
    one, two = (map_replicate(SPEC, CONTEXT, Phase.SEARCH, point=0, group=0, repeat=repeat) for repeat in (0, 1))
    assert one.split == two.split
    assert one.order_seed != two.order_seed
    assert one.init_seed != two.init_seed


def test_a_confirmation_is_fresh_in_every_block_and_goes_round_the_folds() -> None:
    blocks = [confirm_replicate(SPEC, CONTEXT, block) for block in range(7)]
    assert [block.fold for block in blocks] == [0, 1, 2, 0, 1, 2, 0]
    for seeds in zip(*((block.split, block.order_seed, block.init_seed) for block in blocks), strict=True):
        assert len(set(seeds)) == 7
    mapped = map_replicate(SPEC, CONTEXT, Phase.MAP, point=0, group=0, repeat=0)
    assert mapped.split not in {block.split for block in blocks}


def test_folds_of_a_repeat_share_its_split_and_repeats_share_nothing() -> None:
    folds = [cv_replicate(SPEC, CONTEXT, 0, fold) for fold in range(3)]
    assert [run.fold for run in folds] == [0, 1, 2]
    assert len({run.split for run in folds}) == 1
    assert len({run.init_seed for run in folds}) == len({run.order_seed for run in folds}) == 3
    assert cv_replicate(SPEC, CONTEXT, 1, 0).split != folds[0].split


def test_another_seed_or_context_shares_nothing() -> None:
    mine = confirm_replicate(SPEC, CONTEXT, 0)
    other = confirm_replicate(make(seed=1), CONTEXT, 0)
    beside = confirm_replicate(SPEC, CONTEXT.model_copy(update={"name": "other"}), 0)
    for another in (other, beside):
        assert mine.fold == another.fold
        assert not {mine.split, mine.order_seed, mine.init_seed} & {
            another.split,
            another.order_seed,
            another.init_seed,
        }
