"""Versions of the language: earlier documents keep their meaning and hashes, and the third has fields of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from studies import golden
from studies.errors import SpecError
from studies.language import catalogue
from studies.language.claim import Claim
from studies.language.design import LocateDesign
from studies.language.sizes import runs_per_sweep
from studies.language.spec import StudySpec, json_schema, parse, restored
from studies.language.versions import CLAIM_OF_THIRD, DEFAULTS, DESIGN_OF_THIRD, SCHEMA_VERSION

USUAL = {"initialisation": "glorot_uniform", "schedule": "constant"}
# As release 0.1.0 gave them: (document, spec_hash, claim_hash).
RELEASED: dict[str, tuple[dict[str, Any], str, str]] = {
    "the first version": (
        {"schema_version": 1},
        "8bc724a815447cf14d9d61e5cf80cf5a3bbe05b42c7b52c1050a67c6ecb8087c",
        "f7374f0487e0f7cf482652db5ec9867c9d5329929adc961ae46178e1e126419e",
    ),
    "a search of the first version": (
        {"schema_version": 1, "design": {"kind": "search"}},
        "a6297b58cdc2108565eedcc2083293bd2f7c57bd9daa7cca224533b4226d16ee",
        "1d23497a09cf91e21c98f00b026597cdc4d65177a2d302c18ab8c205aeae352b",
    ),
    "the second version": (
        {"schema_version": 2},
        "4f2c4b3d78f9fc7c29aa16f85a0b35c17d9b69c1ccc74bb970f42ba22a3bbb40",
        "3126f767bb13d342cf87961e512ac97c55d929958df4ae42ea1c59829da9b387",
    ),
    "a claim of one's own": (
        {
            "schema_version": 2,
            "design": {"search": {"trials": 5}, "opposite": False},
            "claim": {"eta": 0.1, "alpha": 0.9, "margin_sigmas": 0.5, "level": 0.01},
        },
        "cf8676dad62fa9245c059189c6017724b322ec46a307be9528cb03116d3d160a",
        "b2ef30f79976d0863b505f4b6dbd47a9d2a6542d482ec36b21dc66ff801fdf08",
    ),
    "a search": (
        {"schema_version": 2, "design": {"kind": "search", "confirm_blocks": 3, "mates": [0.5]}},
        "58ddc07a9be87f8215c0e9f66ead5b031c64ac01c71281165c0c7a04b3d0504b",
        "35772eaed32490a3a3879ebcf6d10405029763a344ebd0edb33ee5f4616d6865",
    ),
    "a cross-validation": (
        {
            "schema_version": 2,
            "losses": ["golden"],
            "design": {"kind": "cross_validation", "points": [{"eta": 0.01, "alpha": 0.9}]},
            "claim": {"eta": 0.01, "alpha": 0.9},
        },
        "6b07b6d8b43f3a4868f79ca789a8437af6200a69a02ab9cd8874c85b9529e410",
        "c51fad9098713fcb670572b0f1849f3127044808db5e76cfc8add125bd1cb1b8",
    ),
}

# Before a context could name more than these, with the hashes of that time: (document, spec_hash, claim_hash).
NAMES = [
    {"name": f"{n}-{r}".replace("_", "-"), "network": n, "update_rule": r, **USUAL}
    for n in ("fig3", "softmax", "mlp")
    for r in ("heavy_ball", "nesterov")
]
BEFORE_TABLES: dict[str, tuple[dict[str, Any], str, str]] = {
    "every name of a training": (
        {"contexts": NAMES},
        "098d97fea6c2ff99cd38f19cc7fa631689034fa8173a3e690b64c7f0a0ad2df3",
        "1b7d470755dc2c3ead359ef6724c53b8d6e71ff4f34b877e0c0b829e381957e7",
    ),
    "parameters by other names": (
        {
            "parameters": [
                {"name": "lr", "scale": "log", "low": 1e-4, "high": 1.0},
                {"name": "momentum", "scale": "log_one_minus", "low": 0.0, "high": 0.99},
            ],
            "claim": {"at": {"lr": 0.01, "momentum": 0.9}},
        },
        "ab2718149af5a3f360960e7159d5cf03729146f03c3046d88662eed87fa6a8a4",
        "1ffaee7c83e1a04ab30e24c587198d34196e4f270d0d0dd9454890892c1dc0ad",
    ),
    "low precision": (
        {"contexts": [{"precision": "bf16", "network": "mlp", "update_rule": "nesterov"}]},
        "bb945d281918daf17bccef6c59f11512619cddb5ce688d55e45a565c8c1bf380",
        "30009f1d43e9034a2c87158b266f9bd56b792d79d9cb39adb21c728ee6af1b4e",
    ),
    "an external trainer": (
        {
            "contexts": [{"trainer": "external"}],
            "measure": {"name": "f", "direction": "minimize", "kind": "real"},
        },
        "c14fad934292e9a708afde357dc934a899b1906d0d98f5f71532c9719ecd5909",
        "6e39975fa07ed1d9a702974d3bb244a2a3ae7854ebf7bf17ae7dbee69acba92c",
    ),
    "the second version": (
        {"schema_version": 2, "contexts": [{"network": "mlp", "update_rule": "nesterov"}]},
        "46fdee839dad772686de4aa46740c6f0351a047fe8d96e570c7678fef4cd22aa",
        "9dc0610bf29af9e72e62b34c77f2d304d07b04943188bd011303639db8f3d287",
    ),
}
SHIPPED = {
    "quickstart": (
        "9094c15f9149fee906e8218db580cb8876e258a09b0e10bb7bba5d5832da82b9",
        "857f24cca4fc47650356481c59f18b67b6186e42f0f05ad463ff45642ca40b56",
    ),
    "golden-landscape": (
        "da7a10116f2f1e2d5a10420a3848120e79b11e32a3a57633cb82fc3fda2a10c1",
        "2758ae8feef5240dc8ed9d06987b4b00347838bf36a2321d93c127adf2cb6c03",
    ),
    "table-1": (
        "f0b1c491566d860cbf8118859f12ce1e350b8b1df23d888cf045b7beef0f66eb",
        "1e89347274b5060ceb74fd1d3ca323073b74d1fbbbde9b737cd73bf563aa18ef",
    ),
    "golden-across-rules": (
        "bf2f4b3f1dd887ec59233e58826cd900b6dd69a8cb8c753819daf5888891c2d4",
        "6dd8db45861899270180167699d6ef5ff3b52975a17aafc6a5c117e094659762",
    ),
    "width-transfer": (
        "bb21e144d580841c169cd695668e271eaaa57f95237a3730c3031b7aba8a81a4",
        "78eaf74342b9b8a12b4bfe67a7d274c90378ee6dbd7dba8619aca804e0e612f9",
    ),
    "batch-size-drift": (
        "3d56edfe162f8115befd715dc3ddc8b359ceb53ff9597b375d7b381bf65f7138",
        "5cdeab3ba4a5a1a02c6a755d2d0738b71f8b72efb5ea2efb6dc7a2e4e259f550",
    ),
}


def third(**changes: Any) -> StudySpec:
    return parse({"name": "x", "schema_version": 3, **changes})


@pytest.mark.parametrize("name", RELEASED)
def test_released_documents_keep_their_hashes(name: str) -> None:
    document, spec_hash, claim_hash = RELEASED[name]
    spec = parse({"name": "x", **document})
    assert (spec.spec_hash, spec.claim_hash) == (spec_hash, claim_hash)
    again = restored(json.loads(spec.model_dump_json()))
    assert again == spec
    assert again.spec_hash == spec_hash


@pytest.mark.parametrize("name", BEFORE_TABLES)
def test_documents_from_before_there_were_tables_keep_their_hashes(name: str) -> None:
    document, spec_hash, claim_hash = BEFORE_TABLES[name]
    spec = parse({"name": "x", "schema_version": 3, **document})
    assert (spec.spec_hash, spec.claim_hash) == (spec_hash, claim_hash)
    assert restored(json.loads(spec.model_dump_json())) == spec


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_studies_keep_their_hashes(name: str) -> None:
    """A study that was started from the catalogue is found again by its hash; a new study has a new name."""
    spec = catalogue.load(name)
    assert (spec.spec_hash, spec.claim_hash) == SHIPPED[name]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("backward_rule", "backpropagation"),
        ("update_rule", "adam"),
        ("update_rule", {"name": "heavy_ball"}),
        ("schedule", "cosine"),
        ("network", {"name": "mlp"}),
        ("initialisation", {"name": "glorot_uniform"}),
    ],
)
def test_an_earlier_document_names_no_rule_of_the_third(version: int, field: str, value: Any) -> None:
    document = {"name": "x", "schema_version": version, "contexts": [{field: value}]}
    with pytest.raises(SpecError) as caught:
        parse(document)
    problem = (f"contexts.0.{field}", f"is not known in `schema_version` {version}; set that to 3")
    assert list(caught.value.problems) == [problem]
    assert not Draft202012Validator(json_schema()).is_valid(document)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    "field", [*(("claim", name) for name in CLAIM_OF_THIRD), *(("design", name) for name in DESIGN_OF_THIRD)]
)
@pytest.mark.parametrize("value", [None, True, 1.0, [], "fixed"])
def test_an_earlier_document_that_names_a_field_of_the_third_is_refused(
    version: int, field: tuple[str, str], value: Any
) -> None:
    table, name = field
    document = {"name": "x", "schema_version": version, table: {name: value}}
    with pytest.raises(SpecError) as caught:
        parse(document)
    problem = (f"{table}.{name}", f"is not known in `schema_version` {version}; set that to 3")
    assert list(caught.value.problems) == [problem]
    assert not Draft202012Validator(json_schema()).is_valid(document)


def test_earlier_documents_show_no_field_of_the_third() -> None:
    for version in (1, 2):
        shown = json.loads(parse({"name": "x", "schema_version": version}).model_dump_json())
        assert not set(shown["claim"]) & set(CLAIM_OF_THIRD)
        assert not set(shown["design"]) & set(DESIGN_OF_THIRD)


def test_the_third_version_confirms_in_steps_and_has_two_more_arms() -> None:
    design = third().design
    assert isinstance(design, LocateDesign)
    assert (design.confirmation, design.confirm_blocks, design.candidates) == ("sequential", 40, 6)
    assert runs_per_sweep(design, 10) == 64 + 8 + 128 + 40 * (6 + 3)
    fixed = third(design={"confirmation": "fixed", "rival": False}).design
    assert isinstance(fixed, LocateDesign)
    assert (fixed.confirm_blocks, fixed.candidates) == (30, 5)


def test_a_version_written_with_a_point_is_that_version() -> None:
    for version in DEFAULTS:
        spec = parse({"name": "x", "schema_version": float(version)})
        assert spec.spec_hash == parse({"name": "x", "schema_version": version}).spec_hash


def test_a_document_without_a_version_is_of_the_newest() -> None:
    assert parse({"name": "x"}) == parse({"name": "x", "schema_version": SCHEMA_VERSION})
    assert parse({"name": "x"}).claim == Claim()
    assert parse({"name": "x"}).design == LocateDesign()
    assert SCHEMA_VERSION in DEFAULTS


@pytest.mark.parametrize("value", [[3], "3", 3.5, True, None, 9, {}])
def test_a_version_that_there_is_not_is_named_whatever_else_is_wrong(value: Any) -> None:
    with pytest.raises(SpecError) as caught:
        parse({"name": "x", "schema_version": value, "claim": 3, "design": []})
    assert [problem.field for problem in caught.value.problems] == ["schema_version", "claim", "design"]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"design": {"confirmation": None}}, "design.confirmation", "is null; set it to sequential or fixed"),
        ({"design": {"rival": None}}, "design.rival", "is null; set it to true or false"),
        ({"design": {"likeliest": None}}, "design.likeliest", "is null; set it to true or false"),
        ({"design": {"opposite": None}}, "design.opposite", "is null; set it to true or false"),
        ({"claim": {"margin_floor": None}}, "claim.margin_floor", "is null; set it to a number, 0 for no floor"),
        (
            {"claim": {"decoys": [{"eta": 5.0, "alpha": 0.1}]}},
            "claim.decoys.0",
            "its point (5, 0.1) lies outside `search_space`; widen the space or move the point",
        ),
        (
            {"claim": {"eta": 0.5, "alpha": 0.9}, "design": {"mates": [0.0, 0.97]}},
            "design.mates.0",
            "its point (5, 0) on the claim's ridge lies outside `search_space`; "
            "choose momentum weights between 0.8 and 0.99, or set `mates` to []",
        ),
        (
            {"claim": {"eta": 90.0, "alpha": 0.9}, "search_space": {"eta": {"high": 100.0}}, "design": {"mates": [0]}},
            "design.mates.0",
            "its point (900, 0) on the claim's ridge lies outside `search_space`; "
            "choose momentum weights between 0.889 and 0.99, or set `mates` to []",
        ),
        (
            {"claim": {"eta": 0.01, "alpha": 0.5}, "design": {"mates": [0.5]}},
            "design.mates.0",
            "is the claim's own momentum weight; its mate is the claim, so remove it",
        ),
        (
            {"claim": {"eta": 0.01, "alpha": 0.9}, "design": {"folklore": True}},
            "design.folklore",
            "the claim is the default (0.01, 0.9) itself; set this to false",
        ),
        (
            {
                "claim": {"eta": 0.01, "alpha": 0.9, "decoys": [{"eta": 0.1, "alpha": 0.9}]},
                "design": {"kind": "cross_validation", "points": [{"eta": 0.01, "alpha": 0.9}]},
            },
            "claim.decoys",
            "are for designs that seek an optimum; remove them, or choose the design locate",
        ),
    ],
)
def test_what_the_third_version_refuses(changes: dict[str, Any], field: str, sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        third(**changes)
    assert list(caught.value.problems) == [(field, sentence)]


def test_mates_of_the_third_version_lie_on_the_claims_ridge() -> None:
    """A claim (0.1, 0.9) has mates of effective rate 1; the golden point's ridge would put them at 0.126."""
    claim = third(claim={"eta": 0.1, "alpha": 0.9}).claim
    assert claim.mate(0.0) == pytest.approx(1.0)
    assert claim.mate(0.97) == pytest.approx(0.03)
    assert Claim().mate(0.5) == golden.ridge_mate(0.5)


@pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda entry: entry.name)
def test_shipped_studies_are_acceptable_in_the_third_version(entry: catalogue.CatalogueEntry) -> None:
    document = json.loads(catalogue.load(entry.name).model_dump_json())
    newer = parse({**document, "schema_version": 3})
    assert parse(newer.model_dump_json()) == newer
