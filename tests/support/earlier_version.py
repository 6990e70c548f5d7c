"""Documents of version 2 made of newer ones: fields that came with version 3 are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.language.versions import CLAIM_OF_THIRD, DESIGN_OF_THIRD


def of_version_2(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as one of version 2, judged by analysis 4; what it leaves out has that version's defaults.

    Args:
        document: every default written out, or not.
    """
    found = {**document, "schema_version": 2}
    for table, newer in (("claim", CLAIM_OF_THIRD), ("design", DESIGN_OF_THIRD)):
        if table in found:
            found[table] = {name: value for name, value in found[table].items() if name not in newer}
    return found
