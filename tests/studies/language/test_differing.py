"""In which fields two documents differ."""

from __future__ import annotations

from own_trainers import document

from studies.language.differing import differences, differing
from studies.language.spec import parse


def test_the_first_fields_that_differ_are_named_with_both_values() -> None:
    one = parse(document())
    other = parse(document(claim={"tolerance_factor": 8.0}))
    assert differing(one, other) == "claim.tolerance_factor: 2.0 there, 8.0 here"
    assert differing(one, one) == ""
    far = parse(document(seed=3, title="t" * 100, limits={"max_attempts": 2}, claim={"tolerance_factor": 8.0}))
    said = differing(one, far)
    assert said.count(" there, ") == 3
    assert said.endswith("; and 1 more")
    assert len(said) < 400


def test_lists_are_looked_into_and_what_only_one_has_is_said() -> None:
    contexts = [{"trainer": "external", "name": "mine", "settings": {"network": "r50"}}]
    assert differing(parse(document()), parse(document(contexts=contexts))) == (
        'contexts.0.settings.network: "r18" there, "r50" here'
    )
    bare = [{"trainer": "external", "name": "mine"}]
    assert 'contexts.0.settings.network: "r18" there, not stated here' in differing(
        parse(document()), parse(document(contexts=bare))
    )


def test_several_documents_are_laid_side_by_side() -> None:
    specs = [parse(document(claim={"tolerance_factor": factor}, seed=3)) for factor in (2.0, 8.0, 2.0)]
    (found,) = differences(specs)
    assert (found.path, found.values) == ("claim.tolerance_factor", ("2.0", "8.0", "2.0"))
    assert differences(specs[:1]) == ()
