"""What a service would answer about documents, worked out in this process: nothing runs, nothing is made."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from service.commands.asked import asked
from service.commands.common import connect

if TYPE_CHECKING:
    from service.client import Client
    from service.schemas import CatalogueDetail, CatalogueItem, PreviewOut
    from studies.language.spec import StudySpec

POWER_SECONDS = 60.0  # of simulation, unless an option gives another time


class Offline:
    """The verbs of a `Client` that concern documents alone."""

    def __init__(self, power_seconds: float = POWER_SECONDS) -> None:
        self._power_seconds = power_seconds

    @property
    def json(self) -> OfflineJson:
        """The same verbs, each answer as JSON values."""
        return OfflineJson(self)

    def catalogue(self) -> list[CatalogueItem]:
        """Ready-made studies."""
        from service.ready_made import catalogue_items

        return catalogue_items()

    def catalogue_study(self, name: str) -> CatalogueDetail:
        """One ready-made study with its document.

        Raises:
            StudyNotFoundError: the catalogue has no such study.
        """
        from service.ready_made import catalogue_detail

        return catalogue_detail(name)

    def preview(self, study: StudySpec, *, power: bool = False, pilot: str | None = None) -> PreviewOut:
        """Size and assumed time of a study, and with `power` its chance to decide; `pilot` needs a service."""
        from service.ready_made import assumed_preview

        return assumed_preview(study, power=power, seconds=self._power_seconds)

    def schema(self) -> dict[str, Any]:
        """JSON Schema of a study document."""
        from studies.language.spec import json_schema

        return json_schema()


class OfflineJson:
    """The verbs of `Offline`, each answer as the JSON values that a service would send."""

    def __init__(self, answers: Offline) -> None:
        self._answers = answers

    def catalogue(self) -> Any:
        """Ready-made studies."""
        return [_json(item) for item in self._answers.catalogue()]

    def catalogue_study(self, name: str) -> Any:
        """One ready-made study with its document."""
        return _json(self._answers.catalogue_study(name))

    def preview(self, study: StudySpec, *, power: bool = False, pilot: str | None = None) -> Any:
        """Size and assumed time of a study, and with `power` its chance to decide."""
        return _json(self._answers.preview(study, power=power, pilot=pilot))

    def schema(self) -> Any:
        """JSON Schema of a study document."""
        return self._answers.schema()


def advisor(
    *, needs_service: bool = False, power_seconds: float = POWER_SECONDS
) -> AbstractContextManager[Client | Offline]:
    """Who answers about documents: the service that --server names, else this process.

    Args:
        needs_service: ask the service in force in any case.
        power_seconds: of simulation, where this process answers.
    """
    if needs_service or asked().server is not None:
        return connect()
    return nullcontext(Offline(power_seconds))


def _json(answer: Any) -> Any:
    return answer.model_dump(mode="json")
