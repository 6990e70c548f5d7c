"""The caller of a request: a name, rights, and the way in which the gate let it in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fastapi import Request

from service.door.scopes import Scope as Scope
from service.door.scopes import granted

Way = Literal["local", "session", "token"]


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller whom the gate let in.

    Attributes:
        name: of the token that the caller holds; the audit list and a study's `submitted_by` keep it.
        scopes: everything that the caller may do, the included rights among them.
        way: a session (cookie), a token, or local where no token is in force.
    """

    name: str
    scopes: frozenset[Scope]
    way: Way

    @property
    def is_admin(self) -> bool:
        """True if the caller may do everything."""
        return Scope.ADMIN in self.scopes

    @property
    def owns_only(self) -> str | None:
        """The submitter whose studies alone this caller may end or extend; None for an admin, who may change any."""
        return None if self.is_admin else self.name

    def may_end(self, submitted_by: str) -> bool:
        """True if the caller may cancel, delete and extend a study that this caller submitted."""
        return Scope.SUBMIT in self.scopes and self.owns_only in (None, submitted_by)


LOCAL = Caller("local", granted([Scope.ADMIN]), "local")  # every caller, where no token is in force
NOBODY = Caller("", frozenset(), "local")  # of a request without a credential, at an address that needs none


def caller_of(request: Request) -> Caller:
    """The caller of a request that the gate let in."""
    found: Caller | None = request.scope.get("state", {}).get("caller")
    return found or NOBODY
