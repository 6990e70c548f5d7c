"""Points that a sweep's adaptive sampler still owes, asked for by the claim that needs them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection


def fill(connection: Connection, study_id: int, ids: Sequence[int]) -> None:
    """Ask for the missing points of these trials (locked rows of one study), under the lock of each sweep's row."""
