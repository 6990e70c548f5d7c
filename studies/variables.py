"""The `GOLDEN_*` environment variables: their readers, and those that no program reads.

Service and workers often share an environment, so each must know the other's variables, and neither imports the other.
A process derives its own from the fields of its settings class; the rest it finds in `READERS`, the one list that is
kept by hand. tests/studies/test_variables.py holds it equal to the fields of both classes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic_settings import BaseSettings

PREFIX = "GOLDEN_"
PARAMETER = "PARAMETER_"  # begins the names of those that `golden run` sets for the parameters of a trial
READERS: Mapping[Literal["service", "worker", "compose", "watch", "run"], tuple[str, ...]] = {
    "service": (
        *("DATABASE_URL", "DATABASE_URL_FILE", "HOST", "PORT", "SERVER", "ALLOWED_HOSTS"),
        *("TOKEN", "TOKEN_FILE", "READ_TOKEN", "READ_TOKEN_FILE", "TOKENS_FILE"),
        *("LOG_FORMAT", "LOG_LEVEL", "ACCESS_LOG", "POOL_SIZE", "TICK_SECONDS"),
        *("MAX_BODY_BYTES", "MAX_STREAMS", "WRITES_PER_MINUTE", "WORK_PER_MINUTE", "GUESSES_PER_MINUTE"),
        *("WEBHOOKS_FILE", "WEBHOOK_ALLOW", "SHOWCASE"),
    ),
    "worker": (
        *("DATABASE_URL", "DATABASE_URL_FILE", "DATA_DIR", "DEVICE", "WORKER_NAME", "MAX_LANES", "THREADS"),
        *("LEASE_SECONDS", "POLL_SECONDS", "HEARTBEAT_DIR", "LOG_FORMAT", "NATIVE", "TRITON", "SUPERVISOR_PID"),
    ),
    # Set by `golden watch` for the commands that it runs.
    "watch": (
        *("STUDY", "EVENT", "VERDICT", "SENTENCE", "TITLE", "STATE", "NOTE"),
        *("URL", "REPORT", "AT", "NOTICE"),
    ),
    # Set by `golden run` for the trainings that it starts.
    "run": (
        *("SEED", "ORDER_SEED", "SPLIT", "FOLD", "FOLDS", "TRIAL", "RUN"),
        *("EPOCHS", "LOSS", "CONTEXT", "FOLDER", "RESULT", "SETTINGS"),
    ),
    # Compose fills in its file from the same environment or .env.
    "compose": (
        *("WORKER_MEMORY", "DATABASE_MEMORY", "POSTGRES_IMAGE", "PROMETHEUS_IMAGE", "PROMETHEUS_PORT"),
        *("GRAFANA_IMAGE", "GRAFANA_PORT", "REGISTRY", "SECRETS", "TAG", "WORKERS"),
    ),
}


def variables_of(settings: type[BaseSettings]) -> set[str]:
    """Names of the variables that a settings class reads; a field with an alias has none."""
    return {PREFIX + name.upper() for name, field in settings.model_fields.items() if field.validation_alias is None}


def unknown_keys(environ: Mapping[str, str], own: Iterable[str]) -> list[str]:
    """One line per GOLDEN_* variable that nothing reads, with the nearest name that something does.

    Args:
        environ: all variables by name.
        own: names of those that this process reads.
    """
    known = {*own, *(PREFIX + name for names in READERS.values() for name in names)}
    lines = []
    strange = (k for k in environ if k.startswith(PREFIX) and k not in known)
    for key in sorted(k for k in strange if not k.startswith(PREFIX + PARAMETER)):
        near = difflib.get_close_matches(key, sorted(known), n=1)
        lines.append(f"{key} is set but nothing reads it" + (f"; did you mean {near[0]}?" if near else ""))
    return lines
