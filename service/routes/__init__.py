"""The routes of the API. A file is called as the address that it serves."""

from service.routes import (
    audit,
    catalogue,
    events,
    export,
    extend,
    figures,
    forecast,
    health,
    login,
    logout,
    metrics,
    objectives,
    report,
    runs,
    schema,
    studies,
    table,
    trials,
    verdict,
    verdicts,
    version,
    workers,
)

API = (  # under /api/v1, in the order of the OpenAPI document
    studies,
    extend,
    trials,
    runs,
    verdict,
    forecast,
    report,
    objectives,
    verdicts,
    table,
    figures,
    export,
    events,
    audit,
    catalogue,
    schema,
    workers,
)
OPERATION = (health, version, metrics)
LOGIN = (login, logout)
