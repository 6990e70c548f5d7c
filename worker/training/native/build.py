"""Compiles the C++ sources on first use, for this machine's processor, and loads them.

There are two: `network.cpp` for the paper's network, `online.cpp` for on-line training. A library lies in a cache
folder under a name that is a hash of source, compiler, flags and processor: a change of one of these compiles again,
and every other process loads the file that is there. Without a compiler, or with GOLDEN_NATIVE=0, there is no library
and training uses torch alone; one line in the log reports it.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import logging
import os
import platform
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("network.cpp")
ONLINE = Path(__file__).with_name("online.cpp")
HEADERS = {
    SOURCE: ("vector.h", "losses.h", "derivatives.h", "layers.h", "batch_norm.h"),
    ONLINE: ("vector.h", "rules_online.h", "norms_online.h"),
}
COMPILERS = ("c++", "g++", "clang++")
FLAGS = ("-O3", "-std=c++17", "-shared", "-fPIC", "-fvisibility=hidden", "-fno-strict-aliasing", "-ffp-contract=fast")
COMPILE_SECONDS = 300
SWITCH = "GOLDEN_NATIVE"  # 0 switches the library off
SLOWER = "the paper's network at about half the speed"  # docs/performance.md has the measurement

_log = logging.getLogger(__name__)


class NotCompiled(RuntimeError):
    """There is no library; the message gives the reason."""


def library(source: Path = SOURCE) -> ctypes.CDLL | None:
    """The compiled library of a source, None where there is none. Compiles at most once per process."""
    if os.environ.get(SWITCH) == "0":
        _log_switched_off()
        return None
    return _library(source)


@cache
def _log_switched_off() -> None:
    """Logs once per process, as a warning: lower levels do not reach the worker's log."""
    _log.warning("training without compiled kernels, %s: %s=0 switched them off", SLOWER, SWITCH)


@cache
def _library(source: Path) -> ctypes.CDLL | None:
    try:
        return load(next_folder(), source)
    except (NotCompiled, OSError) as error:
        _log.warning("training without compiled kernels, %s: %s", SLOWER, error)
        return None


def load(folder: Path, source: Path = SOURCE) -> ctypes.CDLL:
    """Loads the library of a source from a folder, where it is compiled first unless it is there.

    Raises:
        NotCompiled: no compiler, or it failed.
        OSError: the folder is not writable, or nothing in it may be executed.
    """
    compiler = next((found for name in COMPILERS if (found := shutil.which(name))), None)
    if compiler is None:
        raise NotCompiled(f"no C++ compiler; looked for {', '.join(COMPILERS)}")
    tuning = "-march=native" if platform.machine() in ("x86_64", "AMD64") else "-mcpu=native"
    command = [compiler, *FLAGS, tuning]
    path = folder / f"{source.stem}-{_fingerprint(command, source)}.so"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other processes wait here instead of compiling the same
        if not path.exists():
            _compile(command, path, source)
    return ctypes.CDLL(str(path))


def next_folder() -> Path:
    """The first cache folder that is ours and writable.

    Raises:
        NotCompiled: there is none.
    """
    for folder in _folders():
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        status = folder.stat()
        foreign = status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if not foreign and os.access(folder, os.W_OK | os.X_OK):
            return folder
    raise NotCompiled("no writable cache folder; set XDG_CACHE_HOME")


def _folders() -> Iterator[Path]:
    if os.environ.get("XDG_CACHE_HOME"):
        yield Path(os.environ["XDG_CACHE_HOME"]) / "golden-study"
    elif os.environ.get("HOME"):
        yield Path(os.environ["HOME"]) / ".cache" / "golden-study"
    yield Path(tempfile.gettempdir()) / f"golden-study-{os.getuid()}"


def _fingerprint(command: list[str], source: Path) -> str:
    version = subprocess.run([command[0], "--version"], capture_output=True, check=False).stdout
    parts = [source.read_bytes(), *(source.with_name(name).read_bytes() for name in HEADERS[source])]
    parts += [" ".join(command).encode(), version, _processor().encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:24]


def _processor() -> str:
    """The lines of the processor's description that -march=native depends on: model and instruction sets."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    kept = ("vendor_id", "cpu family", "model", "stepping", "flags", "Features", "CPU")
    return "\n".join(sorted({line for line in lines if line.startswith(kept)}))


def _compile(command: list[str], path: Path, source: Path) -> None:
    """Compiles to a temporary name and moves the result into place, so that no process loads half a file."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        target = Path(folder) / path.name
        try:
            subprocess.run(
                [*command, "-o", str(target), str(source)], capture_output=True, check=True, timeout=COMPILE_SECONDS
            )
        except subprocess.CalledProcessError as error:
            lines = error.stderr.decode(errors="replace").strip().splitlines()
            raise NotCompiled(f"{command[0]} failed: {lines[0] if lines else 'no message'}") from error
        except subprocess.TimeoutExpired as error:
            raise NotCompiled(f"{command[0]} took longer than {COMPILE_SECONDS} s") from error
        target.replace(path)
