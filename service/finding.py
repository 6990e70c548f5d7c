"""One thing that `golden doctor` looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and how it is. `wrong` makes the command fail, a `note` does not."""

    level: Literal["ok", "note", "wrong"]
    subject: str
    text: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.level:5}  {self.subject}: {self.text}"
