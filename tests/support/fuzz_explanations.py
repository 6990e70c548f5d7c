"""Failures of schemathesis' checks that are no faults, each with its reason: what the OpenAPI document cannot say.

An explanation holds for one check, for the operations and problems that it names, and for nothing else. Where an answer
lists several problems, every one of them must be explained. `run.py` reports entries that never occurred.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

ACCEPTED, REJECTED = "positive_data_acceptance", "negative_data_rejection"
TAKE_DOCUMENTS = r"POST /api/v1/(studies|studies/preview|verdicts)"
WHOLE = r"[\w.]+: input should be a valid integer, got -?[\d.e+]+"
CELL = r"(rows\.\d+\.|line \d+, column )"
KEYED = r"POST /api/v1/(studies(/\{name\}/extend)?|leases)"
HOLDERS = r"POST /api/v1/leases/(finish|release|renew)"
EXTEND = r"POST /api/v1/studies/\{name\}/extend"
LISTS = r"GET /api/v1/(studies|notices|studies/\{name\}/(trials|runs|audit))"


@dataclass(frozen=True)
class Explanation:
    """A failure that is to be expected.

    Attributes:
        check: its name in schemathesis.
        operation: pattern of the whole label, such as "GET /healthz".
        problem: pattern that begins the line "field: message" of a problem; "" where there need be none.
        why: the reason.
    """

    check: str
    operation: str
    problem: str
    why: str

    def fits(self, check: str, operation: str) -> bool:
        """True for a failure of this check at this operation."""
        return check == self.check and re.fullmatch(self.operation, operation) is not None


def _document(problem: str, why: str) -> Explanation:
    """About a study's document, sent by itself or with a table."""
    return Explanation(ACCEPTED, TAKE_DOCUMENTS, rf"(document\.)?{problem}", why)


def _table(problem: str, why: str) -> Explanation:
    return Explanation(ACCEPTED, "POST /api/v1/verdicts", problem, why)


NEWER = r"(claim\.(margin_points|margin_error_share|margin_floor|decoys)|design\.(confirmation|rival|likeliest))"
MARGIN = r"margin_\w+: (is set beside|is null|is the least|is in points)"
EXPLANATIONS: tuple[Explanation, ...] = (
    Explanation(ACCEPTED, LISTS, "cursor: is not one that this list gave out", "a cursor is one that a page gave out"),
    _document(r"search_space\.(eta|alpha): `low` must be below `high`", "a range: one number bounds another"),
    _document(r"search_space\.(eta|alpha): `low` and `high` must differ", "a range: two numbers differ by a factor"),
    _document(
        r"(claim|claim\.decoys\.\d+|design\.(points\.\d+|folklore)): its point .* lies outside `search_space`",
        "a point lies in the space",
    ),
    _document(r"parameters\.\d+\.low: must be below `high`", "a range: one number bounds another"),
    _document(r"claim\.tolerance_factor: ", "the claim's neighbourhood fits the space"),
    _document(r"design\.mates\.\d+: ", "a mate of the claim's point lies in the space"),
    _document(r"claim\.primary_loss: .*not among `losses`", "the primary loss is one of the study's"),
    _document(r"design\.points\.\d+\.loss: .*not among `losses`", "a point's loss is one of the study's"),
    _document(r"design\.points: the claim's point .* is missing", "every loss has the claim's point"),
    _document(r"contexts\.\d+\.name: .*an earlier context's", "names of contexts differ from one another"),
    _document(r"contexts\.\d+\.batch_size: .*training images of a fold", "a batch fits the data set and the folds"),
    _document(r"losses: names .* more than once", "two names may stand for one loss"),
    _document(r"design\.opposite: is not known in `schema_version` 1", "a field that came with version 2"),
    _document(rf"{NEWER}: is not known in `schema_version` [12]", "a field that came with version 3"),
    _document(r"(design\.\w+|claim\.margin_floor): is null; set it to ", "a field of version 3 that is never null"),
    _document(rf"claim\.{MARGIN}", "one margin is named, of several"),
    _document(r"claim\.decoys(\.\d+)?: (is the |are for designs )", "a decoy is another point, of a design that seeks"),
    _document(r"design\.folklore: the claim is the default", "the everyday default is not the claim"),
    _document(
        r"contexts\.\d+\.schedule\.end: .*that the study begins with", "an annealing falls: one number bounds another"
    ),
    _document(r"contexts\.\d+\.schedule\.lo: is .*, not below hi", "one bound of a schedule lies below the other"),
    _document(
        r"contexts\.\d+\.schedule\.\w+: has [\d,]+ numbers?, and the training takes", "a table lasts as long as the run"
    ),
    _document(r"contexts\.\d+\.schedule\.first: is stated, and the network", "a table is of layers that are there"),
    _document(r"claim: is the golden one, ", "the golden point, to its last digit, is no claim under another rule"),
    _document(r"(design|contexts): the study would take ", "the budget: a product of many fields"),
    Explanation(ACCEPTED, "POST .*", rf"{WHOLE}|more: .*too large: {WHOLE}", "4.0 is an integer to JSON Schema alone"),
    _table(rf"{NEWER}: is not known under the analysis", "terms that came with analysis 5"),
    _table(rf"claim\.({MARGIN}|decoys\.\d+: is the )", "the claim's terms, as of a document"),
    _table(
        r"(objective|claim|measure|tolerance|points|images|looks|analysis|failed_as_diverged): belongs in the document",
        "parameters for CSV alone",
    ),
    _table("measure: there is no column ", "a measure is a column of the table"),
    _table(rf"{CELL}value: (is missing;|.* is no |.* is not what )", "a value fits the objective and the counts"),
    _table(rf"{CELL}correct: .* exceeds n_test", "a count is at most another"),
    _table(
        rf"{CELL}(block|trial): (is missing;|.* has two runs )", "runs are told apart by block, arm, trial and number"
    ),
    _table(
        rf"{CELL}arm: (is claim, but |is default, which |is mate:|no confirm row |.* is one point)",
        "an arm is one point, claim the claim's",
    ),
    _table(rf"{CELL}(loss|context|eta): .*document", "a row belongs to the document that comes with it"),
    _table(r"rows: (none is complete|.* seem to be stated |.*too many;|.* points, more than )", "all rows together"),
    _table(r"(claim|classes|points): the document states it", "a table with a document states nothing of it again"),
    Explanation(
        ACCEPTED,
        "POST /api/v1/studies/preview",
        "pilot: .* has located no optimum",
        "a pilot is a study that located an optimum",
    ),
    Explanation(ACCEPTED, HOLDERS, r"trials\.\d+\.id: is trial \d+, as trials\.\d+; ", "a trial is named once"),
    Explanation(
        ACCEPTED,
        "POST /api/v1/leases/finish",
        r"trials\.\d+\.runs: names run \d+ more than once",
        "a run is named once",
    ),
    Explanation(ACCEPTED, EXTEND, r"max_runs: one more look takes \d+ runs; ", "the size of a look is the study's"),
    Explanation(ACCEPTED, EXTEND, r"more: the study would grow too large", "the budget: a product of many fields"),
    Explanation(ACCEPTED, KEYED, r"this Idempotency-Key was used for another request", "a key names one request"),
)


def explained(check: str, operation: str, problems: Iterable[str]) -> list[Explanation]:
    """The entries that explain a failure together; none where a part of it stays unexplained."""
    entries = [entry for entry in EXPLANATIONS if entry.fits(check, operation)]
    found = []
    for problem in list(problems) or [""]:
        entry = next((e for e in entries if re.match(e.problem, problem)), None)
        if entry is None:
            return []
        found.append(entry)
    return found


def problems_of(answer: Any) -> list[str]:
    """The lines "field: message" of a problem answer; its detail where it lists none."""
    if not isinstance(answer, dict):
        return []
    lines = [f"{error['field']}: {error['message']}" for error in answer.get("errors", [])]
    return lines or [str(answer.get("detail", ""))]
