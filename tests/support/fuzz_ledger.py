"""The ledger of a run: what was asked, what failed, and whether that is explained."""

from __future__ import annotations

import json
import platform
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fuzz_explanations import EXPLANATIONS

LIBRARIES = ("schemathesis", "hypothesis", "fastapi", "starlette", "uvicorn", "h11")


@dataclass
class Ledger:
    """Counts over all responses of a run.

    Attributes:
        lines: one for each response.
        errors: lines of the service's log that tell of a defect, and of schemathesis that could not go on.
    """

    lines: list[dict[str, Any]]
    errors: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> Ledger:
        """The ledger in a folder, with what the logs beside it complain of."""
        lines = [json.loads(line) for line in (folder / "ledger.jsonl").read_text("utf-8").splitlines()]
        log = (folder / "service.log").read_text("utf-8", "replace").splitlines()
        errors = [line[:600] for line in log if '"level": "error"' in line or "Traceback" in line]
        return cls(lines, errors)

    @property
    def is_clean(self) -> bool:
        """True where every failure is explained, no request went unanswered, and no log shows a defect."""
        return bool(self.lines) and not (self.unexplained or self.unanswered or self.errors)

    @property
    def unanswered(self) -> list[dict[str, Any]]:
        """Requests without a response."""
        return [line for line in self.lines if "unanswered" in line]

    @property
    def unexplained(self) -> list[dict[str, Any]]:
        """Failures without a reason."""
        return [failure for failure in self._failures() if not failure["why"]]

    def _failures(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if "failed" in line]

    def report(self) -> str:
        """The run in words and numbers."""
        answered = [line for line in self.lines if "status" in line]
        operations = {line["operation"] for line in answered}
        statuses = Counter(f"{line['status'] // 100}xx" for line in answered)
        checks = Counter(check for line in answered for check in line["checks"])
        bodies = Counter(f"{line['media']} {line['status']}" for line in answered if line["media"])
        callers = Counter(line["caller"] for line in answered)
        by_reason = Counter((failure["failed"], why) for failure in self._failures() for why in failure["why"])
        open_ones = Counter((failure["failed"], failure["operation"]) for failure in self.unexplained)
        never = [entry for entry in EXPLANATIONS if (entry.check, entry.why) not in by_reason]
        slowest = max(answered, key=lambda line: float(line["seconds"]), default={"seconds": 0.0, "operation": "none"})
        return "\n".join(
            [
                f"{len(answered):,} responses to {len(operations)} operations: {_listed(statuses)}",
                f"callers: {_listed(callers)}",
                f"bodies: {_listed(bodies)}",
                f"checks: {_listed(checks)}",
                f"slowest: {slowest['seconds']:.1f} s, {slowest['operation']}",
                f"unanswered: {len(self.unanswered)}; defects in the log: {len(self.errors)}",
                *(f"  {error}" for error in self.errors[:5]),
                f"explained failures: {len(self._failures()) - len(self.unexplained)}",
                *(f"  {count:5} {check}: {why}" for (check, why), count in by_reason.most_common()),
                *(f"  never {entry.check} at {entry.operation}: {entry.why}" for entry in never),
                f"unexplained failures: {len(self.unexplained)}",
                *(f"  {count:5} {check} at {operation}" for (check, operation), count in open_ones.most_common()),
                ", ".join(f"{name} {version(name)}" for name in LIBRARIES) + f"; Python {platform.python_version()}",
            ]
        )


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
