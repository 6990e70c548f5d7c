"""The study language: what it refuses, and that every refusal names the field and the cure."""

import json
from typing import Any

import pytest
from faulty_studies import FOUR_FAULTS, FOUR_PROBLEMS, many_faults
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from studies.errors import SpecError
from studies.language.claim import Claim
from studies.language.design import LocateDesign
from studies.language.sizes import is_open_ended, runs_per_sweep
from studies.language.spec import StudySpec, canonical_json, json_schema, parse, sweep_name
from studies.language.validation import problems_of


def document(**changes: Any) -> dict[str, Any]:
    return {"name": "study", **changes}


REFUSED: list[tuple[str, Any, str]] = [
    ("admin", document(admin=True), "unknown field"),
    ("name", {}, "required"),
    ("name", document(name=""), "lower-case"),
    ("name", document(name="   "), "lower-case"),
    ("name", document(name="Has Space"), "lower-case"),
    ("name", document(name="a\u0000b"), "lower-case"),
    ("name", document(name="x" * 64), "lower-case"),
    ("name", document(name="../x"), "lower-case"),
    ("title", document(title="left\u202eright"), "control characters"),
    ("title", document(title="bell\u0007"), "control characters"),
    ("title", document(title="x" * 201), "200"),
    ("seed", document(seed=True), "integer"),
    ("seed", document(seed="5"), "integer"),
    ("seed", document(seed=5.0), "integer"),
    ("seed", document(seed=-1), "greater than or equal to 0"),
    ("seed", document(seed=2**53), "less than"),
    ("schema_version", document(schema_version=4), "1, 2 or 3"),
    ("losses", document(losses=[]), "at least 1"),
    ("losses.0", document(losses=["os.system"]), "golden"),
    ("losses", document(losses=["sse", "sse", "golden"]), "names sse more than once"),
    ("claim.primary_loss", document(losses=["sse"]), "'golden', which is not among `losses`"),
    ("search_space.eta.low", document(search_space={"eta": {"low": float("nan")}}), "finite"),
    ("search_space.eta.high", document(search_space={"eta": {"high": float("inf")}}), "finite"),
    ("search_space.eta.low", document(search_space={"eta": {"low": 0}}), "greater than 0"),
    ("search_space.eta.low", document(search_space={"eta": {"low": -1.0}}), "greater than 0"),
    ("search_space.eta", document(search_space={"eta": {"low": 0.5, "high": 0.1}}), "`low` must be below `high`"),
    ("search_space.eta", document(search_space={"eta": {"low": 0.1, "high": 0.1}}), "`low` must be below `high`"),
    ("search_space.alpha.high", document(search_space={"alpha": {"high": 1.0}}), "less than 1"),
    ("search_space.alpha.low", document(search_space={"alpha": {"low": -0.1}}), "greater than or equal to 0"),
    ("claim", document(search_space={"eta": {"low": 0.1}}), "outside `search_space`"),
    ("claim.alpha", document(claim={"alpha": 1.5}), "less than 1"),
    ("claim.tolerance_factor", document(claim={"tolerance_factor": 1.0}), "greater than 1"),
    ("claim.level", document(claim={"level": 0.5}), "less than 0.5"),
    ("design", document(design={"kind": "nope"}), "locate"),
    ("design.trials", document(design={"kind": "search", "trials": 0}), "greater than or equal to 1"),
    ("design.trials", document(design={"kind": "search", "trials": 10**9}), "less than or equal to"),
    ("design.sampler", document(design={"kind": "search", "sampler": "os.system"}), "tpe"),
    (
        "design.points",
        document(design={"kind": "cross_validation", "points": [{"eta": 0.1, "alpha": 0.5}]}),
        "claim's point .* is missing for golden, sse, cross_entropy; add it",
    ),
    (
        "design.points.1.loss",
        document(
            losses=["golden"],
            design={
                "kind": "cross_validation",
                "points": [{"eta": 0.016, "alpha": 0.874}, {"eta": 0.1, "alpha": 0.5, "loss": "sse"}],
            },
        ),
        "'sse', which is not among `losses`",
    ),
    ("design.mates.1", document(design={"kind": "locate", "mates": [0.5, 0.995]}), "outside `search_space`"),
    (
        "design.folklore",
        document(search_space={"alpha": {"high": 0.88}}, design={"kind": "locate", "mates": [], "folklore": True}),
        "outside `search_space`; widen the space or set this to false",
    ),
    ("contexts", document(contexts=[]), "at least 1"),
    ("contexts.0.dataset", document(contexts=[{"dataset": "/etc/passwd"}]), "digits"),
    ("contexts.0.batch_size", document(contexts=[{"batch_size": 0}]), "greater than or equal to 1"),
    ("contexts.0.batch_size", document(contexts=[{"dataset": "digits", "batch_size": 8000}]), "1617 training images"),
    ("contexts.1.name", document(contexts=[{"name": "a"}, {"name": "a"}]), "give each its own name"),
    (
        "design",
        document(design={"kind": "locate", "map_points": 4096}, contexts=[{"name": f"c{i}"} for i in range(64)]),
        "runs, more than the 200,000 allowed",
    ),
    (
        "contexts",
        document(
            losses=["golden"],
            design={"kind": "locate", "map_points": 3000},
            contexts=[{"name": f"c{i}", "epochs": 1000, "dataset": "mnist"} for i in range(50)],
        ),
        "image passes, more than 1e",
    ),
    ("", [], "object"),
    ("", "study", "object"),
]


@pytest.mark.parametrize(("path", "data", "message"), REFUSED)
def test_unacceptable_documents_are_refused_with_path_and_cure(path: str, data: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse(json.dumps(data))
    assert path in [problem.field for problem in caught.value.problems]


def test_each_fault_of_a_document_is_a_problem_with_its_own_field() -> None:
    with pytest.raises(SpecError) as caught:
        parse(FOUR_FAULTS)
    assert list(caught.value.problems) == FOUR_PROBLEMS
    assert str(caught.value) == "; ".join(f"{field}: {text}" for field, text in FOUR_PROBLEMS)


def test_a_contradictory_study_is_refused_where_it_is_built_without_parse_too() -> None:
    with pytest.raises(ValidationError) as caught:
        StudySpec.model_validate_json(json.dumps(FOUR_FAULTS))
    assert problems_of(caught.value.errors()) == FOUR_PROBLEMS


def test_faults_of_single_fields_come_first_since_the_rest_cannot_be_judged_yet() -> None:
    with pytest.raises(SpecError) as caught:
        parse({**FOUR_FAULTS, "seed": -1})
    assert [problem.field for problem in caught.value.problems] == ["seed"]


def test_twenty_problems_are_listed_and_the_rest_is_counted() -> None:
    with pytest.raises(SpecError) as caught:
        parse(many_faults(25))
    problems = caught.value.problem_list
    assert [problem.field for problem in problems.listed] == [f"contexts.{i}.batch_size" for i in range(20)]
    assert problems.unlisted == 5
    assert str(caught.value).count("training images") == 20
    assert str(caught.value).endswith("; and 5 more")


def test_a_context_is_found_by_its_name() -> None:
    spec = parse(document(contexts=[{"name": "a"}, {"name": "b", "epochs": 3}]))
    assert spec.context_of("b").epochs == 3
    with pytest.raises(KeyError, match="no context 'c'"):
        spec.context_of("c")


def test_a_sweep_is_named_by_its_loss_and_context() -> None:
    assert sweep_name("golden", "paper") == "golden@paper"


def test_toml_and_json_give_the_same_study() -> None:
    toml = 'name = "study"\nlosses = ["golden", "sse"]\n[search_space.eta]\nlow = 0.001\nhigh = 1\n'
    data = {"name": "study", "losses": ["golden", "sse"], "search_space": {"eta": {"low": 0.001, "high": 1}}}
    assert parse(toml, form="toml") == parse(json.dumps(data)) == parse(data)


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert parse(b'\xef\xbb\xbf{"name": "study"}').name == "study"


def test_a_study_survives_its_own_json() -> None:
    spec = parse(document(title="a title", losses=["golden", "sse"]))
    assert parse(spec.model_dump_json()) == spec


def test_the_claim_hash_covers_what_bends_a_verdict_and_nothing_else() -> None:
    spec = parse(document())
    same = parse(document(name="other", title="other", description="other", priority=3))
    assert spec.claim_hash == same.claim_hash
    assert spec.spec_hash != same.spec_hash
    for change in (
        {"seed": 1},
        {"claim": {"tolerance_factor": 3.0}},
        {"losses": ["golden"]},
        {"design": {"kind": "locate", "confirm_blocks": 10}},
        {"search_space": {"eta": {"high": 3.0}}},
        {"contexts": [{"epochs": 3}]},
    ):
        assert parse(document(**change)).claim_hash != spec.claim_hash


def test_the_usual_precision_leaves_a_documents_hash_alone() -> None:
    """Studies stored before there was a choice stay the same studies."""
    usual, low = parse(document(contexts=[{"precision": "fp32"}])), parse(document(contexts=[{"precision": "tf32"}]))
    assert usual.spec_hash == parse(document(contexts=[{}])).spec_hash
    assert "precision" not in usual.model_dump_json()
    assert low.spec_hash != usual.spec_hash
    assert low.claim_hash != usual.claim_hash
    assert parse(low.model_dump_json()).contexts[0].precision == "tf32"


def test_a_document_of_version_1_keeps_its_meaning() -> None:
    """Studies frozen before blocks had a fourth candidate stay the same studies, byte by byte."""
    first = parse(document(schema_version=1))
    assert isinstance(first.design, LocateDesign)
    assert (first.design.confirm_blocks, first.design.candidates) == (35, 3)
    assert runs_per_sweep(first.design, 10) == 410
    assert "opposite" not in first.model_dump_json()
    assert parse(first.model_dump_json()) == first
    named = parse(document(schema_version=1, design={"kind": "locate", "confirm_blocks": 9}))
    assert (named.design.confirm_blocks, named.design.candidates) == (9, 3)  # type: ignore[union-attr]
    assert parse(document(schema_version=1, design={"kind": "search"})).design.candidates == 2  # type: ignore[union-attr]


def test_documents_of_version_2_say_whether_the_fourth_candidate_is_measured() -> None:
    for opposite, candidates in ((True, 4), (False, 3)):
        spec = parse(document(schema_version=2, design={"kind": "locate", "opposite": opposite}))
        assert isinstance(spec.design, LocateDesign)
        assert spec.design.candidates == candidates
        assert parse(spec.model_dump_json()) == spec
        assert runs_per_sweep(spec.design, 10) == 64 + 8 + 128 + 30 * (candidates + 3)
    said = parse(document(schema_version=2, design={"kind": "locate", "opposite": True}))
    assert parse(document(schema_version=2)).spec_hash == said.spec_hash


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schema_version": 1, "design": {"kind": "locate", "opposite": True}}, "not known in `schema_version` 1"),
        ({"schema_version": 2, "design": {"kind": "locate", "opposite": None}}, "set it to true or false"),
    ],
)
def test_the_fourth_candidate_belongs_to_version_2(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(document(**change))
    assert sentence in str(caught.value)


def test_defaults_take_at_most_560_trainings_per_loss() -> None:
    assert runs_per_sweep(LocateDesign(), 10) == 560
    assert is_open_ended(LocateDesign())


def test_defaults_are_the_papers_set_up() -> None:
    context = parse(document()).contexts[0]
    assert (context.network, context.batch_size, context.epochs, context.weight_decay) == ("fig3", 128, 30, 1e-4)
    assert Claim().eta == pytest.approx(0.016, abs=2e-4)
    assert Claim().alpha == pytest.approx(0.874, abs=1e-4)


def test_canonical_json_refuses_what_json_has_no_number_for() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"x": float("nan")})


def test_the_schema_describes_every_field_of_the_language() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(StudySpec.model_fields)
    assert schema["$schema"].startswith("https://json-schema.org/")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(field=st.sampled_from(sorted(StudySpec.model_fields)), value=json_values)
def test_whatever_a_field_holds_the_answer_is_a_study_or_a_spec_error(field: str, value: Any) -> None:
    try:
        spec = parse({"name": "study", field: value})
    except SpecError as error:
        assert error.problems
        assert all(problem.text for problem in error.problems)
    else:
        assert parse(spec.model_dump_json()) == spec
