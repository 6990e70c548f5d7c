"""Settings of a worker: read once, each from the command line, else from its variable, else by default.

GOLDEN_DATABASE_URL   where studies live; GOLDEN_DATABASE_URL_FILE names a file that holds it instead
GOLDEN_DEVICE         auto (every CUDA device, else the CPU), cpu, cuda or cuda:N
GOLDEN_WORKER_NAME    name of this worker (default: host, process and device)
GOLDEN_DATA_DIR       folder of the data sets
GOLDEN_MAX_LANES      largest stack; 0: by memory
GOLDEN_THREADS        CPU threads; 0: as many as torch takes
GOLDEN_LEASE_SECONDS  how long a dead worker's trials wait
GOLDEN_POLL_SECONDS   pause where nothing waits
GOLDEN_HEARTBEAT_DIR  folder for a file that health checks look at
GOLDEN_LOG_FORMAT     console, json or auto
GOLDEN_NATIVE         0: train without compiled kernels; read where they are loaded, training/native/build.py
GOLDEN_TRITON         0: train on a CUDA device without fused kernels; read in training/fused
GOLDEN_SUPERVISOR_PID set by a worker for those that it starts
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from studies import variables
from studies.errors import GoldenError
from studies.text import is_safe_line
from studies.variables import PREFIX
from worker.training import fused
from worker.training.native import build

Seconds = Annotated[float, Field(ge=0.05, le=86_400)]
Count = Annotated[int, Field(ge=0, le=100_000)]


def _safe(name: str) -> str:
    if not is_safe_line(name):
        raise ValueError("unsafe")
    return name


Name = Annotated[str, Field(max_length=150), AfterValidator(_safe)]  # stored, with its device behind it, and shown
# Descriptions of fields: they complete the sentence "... is not ...".
SECONDS = "a number of seconds from 0.05 to 86400"
COUNT = "a whole number from 0 to 100000"
NAME = "a name of at most 150 visible characters"
SHOWN = 80  # characters of an unusable value


class SettingsError(GoldenError, ValueError):
    """A setting is missing or cannot be used; the message names it and the cure."""


class Settings(BaseSettings):
    """The settings in force. Built by `load`, which turns failures into one line."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    database_url: SecretStr | None = None
    database_url_file: str | None = None
    device: str = "auto"
    worker_name: Name | None = Field(None, description=NAME)
    data_dir: Path = Path("data")
    max_lanes: Count = Field(0, description=COUNT)
    threads: Count = Field(0, description=COUNT)
    lease_seconds: Seconds = Field(60.0, description=SECONDS)
    poll_seconds: Seconds = Field(1.0, description=SECONDS)
    heartbeat_dir: Path | None = None
    log_format: Literal["auto", "console", "json"] = Field("console", description="one of auto, console, json")
    supervisor_pid: int | None = Field(None, ge=1, description="the number of a process")
    # Options alone: an alias leaves a field without a variable.
    study: tuple[str, ...] = Field((), validation_alias="--study")
    exit_when_idle: Seconds | None = Field(None, validation_alias="--exit-when-idle", description=SECONDS)

    def url(self) -> str:
        """The database's URL, where need be from its file.

        Raises:
            SettingsError: nothing names a database, or the file cannot be read.
        """
        if self.database_url is not None and self.database_url.get_secret_value():
            return self.database_url.get_secret_value()
        if file := self.database_url_file:
            try:
                return Path(file).read_text("utf-8").strip()
            except (OSError, ValueError) as error:
                text = f"GOLDEN_DATABASE_URL_FILE names {file!r}, which cannot be read: {error}"
                raise SettingsError(text) from None
        raise SettingsError("no database: set GOLDEN_DATABASE_URL, or give --database sqlite:///data/golden.db")


def load(**options: str | Sequence[str] | None) -> Settings:
    """Settings from the command line, else from the environment, else by default.

    Args:
        options: by field, as they were typed; None where an option was not given.

    Raises:
        SettingsError: values cannot be used; one sentence for each names its option or variable.
    """
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**{str(Settings.model_fields[name].validation_alias or name): given[name] for name in given})
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(dict(e), given) for e in error.errors())) from None


def unknown_keys(environ: Mapping[str, str]) -> list[str]:
    """One line per GOLDEN_* variable that nothing reads, with the nearest name that something does."""
    return variables.unknown_keys(environ, own=own_variables())


def own_variables() -> set[str]:
    """Names of the variables that a worker reads."""
    return variables.variables_of(Settings) | {build.SWITCH, fused.SWITCH}


def _sentence(error: dict[str, Any], given: Mapping[str, object]) -> str:
    name = str(error["loc"][0]).removeprefix("--").replace("-", "_")
    where = "--" + name.replace("_", "-") if name in given else PREFIX + name.upper()
    return f"{where}: {str(error['input'])[:SHOWN]!r} is not {Settings.model_fields[name].description}"
