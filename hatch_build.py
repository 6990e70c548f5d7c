"""What a wheel carries beyond the packages: the reports of docs/results, which `GOLDEN_SHOWCASE=1` shows.

An editable installation reads them where they lie. A tree without docs, as that of a worker's image, makes a wheel
without them, and its service says so when it is asked to show them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FROM, TO = "docs/results", "service/published/reports"


class Reports(BuildHookInterface):
    """Adds each report; studies and tables beside them are for whoever trains anew, in a clone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to hatchling."""
        if version == "editable":
            return
        found = (path for path in Path(self.root, FROM).glob("*.json*") if path.name.endswith((".json", ".json.gz")))
        build_data["force_include"].update({str(path): f"{TO}/{path.name}" for path in sorted(found)})
