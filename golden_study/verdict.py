"""A verdict as a script gets it: its answer, its numbers and its rows, and a picture of it in a notebook."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from golden_study.verdict_html import render
from studies.errors import GoldenError
from studies.figures.statements import StatementLine, statement_lines
from studies.verdict.exchange import to_json
from studies.verdict.leading import leading
from studies.verdict.model import Interval, StudyVerdict, SweepVerdict

Report = Callable[[], Mapping[str, Any]]


class Verdict:
    """What follows from trials about a claim.

    Attributes:
        details: every number, as the service has them.
        document: the study's document as JSON values; None for trials that were measured without one.
        rows: the runs, one mapping each.
        progress: how far the study is, in a sentence; "" where that is not known.
        notes: sentences on how foreign trials were read, and on results that do not vary.
    """

    def __init__(
        self,
        details: StudyVerdict,
        *,
        document: Mapping[str, Any] | None = None,
        rows: Sequence[Mapping[str, Any]] = (),
        progress: str = "",
        notes: Sequence[str] = (),
        report: Report | None = None,
    ) -> None:
        self.details = details
        self.document = document
        self.rows = tuple(rows)
        self.progress = progress
        self.notes = tuple(notes)
        self._report = report

    @property
    def outcome(self) -> str:
        """supported, refuted or inconclusive."""
        return self.details.outcome.value

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return self.details.sentence

    @property
    def statements(self) -> tuple[StatementLine, ...]:
        """The three statements with their answers: as good as the best, is the optimum there, does the place matter."""
        lead = self._lead
        return () if lead is None else statement_lines(lead)

    @property
    def place(self) -> dict[str, Interval]:
        """Where the optimum lies along each parameter: estimate and 95 % interval, None where the data give none."""
        lead = self._lead
        if lead is None:
            return {}
        named = {each.name: Interval(each.estimate, each.low, each.high) for each in lead.parameters}
        return named or {"eta": lead.eta, "alpha": lead.alpha}

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON values, as a report has it; the service's answer adds the parts of its sentences."""
        return to_json(self.details)

    def to_dataframe(self) -> Any:
        """The runs as a `pandas.DataFrame`.

        Raises:
            GoldenError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            text = "pandas is not installed; run `pip install pandas`, or take `verdict.rows`"
            raise GoldenError(text) from None
        return pd.DataFrame(list(self.rows))

    def report(self, path: str | Path) -> Path:
        """Write the report: one HTML file that needs nothing else, or JSON for `golden verify` where it ends so.

        Raises:
            GoldenError: the trials have no document, so that nothing could be checked.
            OSError: the file cannot be written.
        """
        if self._report is None:
            raise GoldenError(
                "a report needs a study's document, and these trials have none; judge a study that has one"
            )
        from studies.report.page import render_html

        made, file = self._report(), Path(path)
        as_json = file.suffix.lower() == ".json"
        file.write_text(json.dumps(made, allow_nan=False) if as_json else render_html(made), encoding="utf-8")
        return file

    def __str__(self) -> str:
        """The outcome and the three answers, a line each; the sentence where an earlier analysis gave no answers."""
        lines = [f"{line.question} {line.answer.value}, {line.number}" for line in self.statements]
        return "\n".join([f"{self.details.study}: {self.outcome}", *(lines or [self.sentence])])

    def __repr__(self) -> str:
        return f"<Verdict {self.outcome}: {self.sentence}>"

    def _repr_html_(self) -> str:
        return render(
            self.details.study,
            self.outcome,
            self.sentence,
            statements=self.statements,
            place=self.place,
            remarks=[remark for remark in (self.progress, *self.notes) if remark],
        )

    @property
    def _lead(self) -> SweepVerdict | None:
        """The sweep that speaks for the study; the first where none does."""
        sweeps = self.details.sweeps
        return leading(sweeps, sweeps[0].loss if len(sweeps) == 1 else None) or next(iter(sweeps), None)
