"""The program behind `golden range`: what it trains of a study, and what it refuses."""

from __future__ import annotations

import dataclasses
import io
import json
from typing import Any

import pytest

from studies.language.spec import StudySpec, parse
from studies.learning.rate_range import RateRange, rates
from worker import range_test as program
from worker.range_test import Request, range_test

CONTEXT = {"name": "one", "dataset": "digits", "images": 200, "network": "softmax", "batch_size": 64}


def study(**changes: Any) -> StudySpec:
    return parse({"name": "s", "losses": ["golden"], "contexts": [{**CONTEXT, **changes}]})


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> Request:
    return Request(context="one", loss="golden", start=0, data_dir=str(tmp_path_factory.mktemp("data")), device="cpu")


@pytest.fixture(scope="module")
def plain(request_: Request) -> RateRange:
    """The test of the study as it is."""
    return range_test(study(), request_)


def test_it_walks_through_every_rate(plain: RateRange) -> None:
    assert [stage.eta for stage in plain.stages] == list(rates())[: len(plain.stages)]
    assert len(plain.stages) > 15
    assert plain.images == 18, "a tenth of the nine tenths that train"


def test_threshold_and_held_share_are_those_of_a_context_that_decays_by_information(request_: Request) -> None:
    schedule = {"name": "mi_decay", "tau": 0.05, "held": 0.5}
    found = range_test(study(schedule=schedule), request_)
    assert (found.tau, found.images) == (0.05, 90)


def test_momentum_and_own_parameters_are_the_claim_s(request_: Request, plain: RateRange) -> None:
    claim = {"at": {"eta": 0.01, "alpha": 0.5}}
    claimed = parse({"name": "s", "losses": ["golden"], "contexts": [CONTEXT], "claim": claim})
    assert range_test(claimed, request_) != plain


def run(asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(asked)))
    return program._run()


def test_a_request_is_answered_in_json_whatever_the_schedule(
    request_: Request, plain: RateRange, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = study(schedule="cosine").model_dump(mode="json")
    assert run({"study": document, "request": dataclasses.asdict(request_)}, monkeypatch) == 0
    assert RateRange.from_json(json.loads(capsys.readouterr().out)) == plain


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"device": "cuda:99"}, "`--device` 'cuda:99' is not on this machine"),
        ({}, "mnist needs train-images-idx3-ubyte"),
    ],
)
def test_what_cannot_be_run_is_one_sentence(
    request_: Request,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any],
    said: str,
) -> None:
    document = study(dataset="mnist").model_dump(mode="json")
    asked = {"study": document, "request": dataclasses.asdict(dataclasses.replace(request_, **changes))}
    assert run(asked, monkeypatch) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(said)
