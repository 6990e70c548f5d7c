"""Scripts, styles and plotly.js: ours from this folder, plotly's from the installed package; browsers cache them.

Addresses contain a digest or a version, so that a browser never mixes two releases.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib import resources
from importlib.metadata import version

from fastapi import Request, Response
from starlette.exceptions import HTTPException

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
FOREVER = "public, max-age=31536000, immutable"
PLOTLY = f"plotly-{version('plotly')}.min.js"


def _read() -> dict[str, bytes]:
    shared = (resources.files("studies.figures") / name for name in ("narrow.js", "answers.css", "arms.css"))
    ours = [*(resources.files("service.pages") / "static").iterdir(), *shared]
    return {f.name: f.read_bytes() for f in ours if f.name[f.name.rfind(".") :] in TYPES}


FILES = _read()
DIGEST = hashlib.sha256(b"".join(name.encode() + FILES[name] for name in sorted(FILES))).hexdigest()[:12]


def static(request: Request, folder: str, file: str) -> Response:
    """One of our files, by a name from a fixed list: no path is ever opened."""
    if folder != DIGEST or file not in FILES:
        raise HTTPException(404, f"no asset is called {folder[:20]}/{file[:80]}; reload the page")
    media_type = TYPES[file[file.rfind(".") :]]
    return _sent(request, FILES[file], _packed(file), media_type=media_type)


def plotly(request: Request, file: str) -> Response:
    """Plotly.js of the installed plotly package."""
    if file != PLOTLY:
        raise HTTPException(404, f"no asset is called {file[:80]}; reload the page")
    plain = _plotly()
    return _sent(request, plain, _packed_plotly(), media_type=TYPES[".js"])


def favicon() -> Response:
    """The star of the claim."""
    return Response(FILES["star.svg"], media_type=TYPES[".svg"], headers={"Cache-Control": "public, max-age=86400"})


def _sent(request: Request, plain: bytes, packed: bytes, *, media_type: str) -> Response:
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(plain, media_type=media_type, headers=headers)


@cache
def _packed(file: str) -> bytes:
    return gzip.compress(FILES[file], 6, mtime=0)


@cache
def _plotly() -> bytes:
    return (resources.files("plotly") / "package_data" / "plotly.min.js").read_bytes()


@cache
def _packed_plotly() -> bytes:
    return gzip.compress(_plotly(), 6, mtime=0)
