"""The manual at `/help`: the files of the built site, or a page that says how to build it, with the glossary."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from service.manual import built
from service.manual.glossary import terms
from service.pages import assets
from service.pages.templating import render
from service.response_cache import conditional
from studies.storage.release import VERSION

ROOT = built.ROOT
ALWAYS = ("", "glossary/")  # pages that are shown where the manual is not built, too
HTML = "text/html; charset=utf-8"


def manual_root() -> Response:
    """The manual's first page, whose own links are relative to its folder."""
    return RedirectResponse(f"{ROOT}/", status_code=308)


def manual(request: Request, path: str) -> Response:
    """One file of the manual. Requests are looked up among the files that there are; no path is opened.

    Raises:
        HTTPException: 404 where the manual has no such page.
    """
    files = built.files()
    if not files:
        return _unbuilt(request, path)
    name = f"{path}{built.INDEX}" if path.endswith("/") or not path else path
    if name in files:
        file = files[name]
        return conditional(
            request,
            revision=("manual", built.stamp()),
            build=file.read_bytes,
            media_type=built.TYPES[file.suffix],
        )
    if f"{path}/{built.INDEX}" in files:
        return RedirectResponse(f"{ROOT}/{path}/", status_code=308)
    raise HTTPException(404, f"the manual has no page {path[:81]}; its first page is {ROOT}/")


def _unbuilt(request: Request, path: str) -> Response:
    if path not in ALWAYS:
        raise HTTPException(
            404, f"the manual is not built here: run `make docs` in a source checkout; {ROOT}/ says more"
        )
    parts = {"terms": terms()}
    revision = ("unbuilt", VERSION, assets.DIGEST)
    return conditional(
        request, revision=revision, build=lambda: render(request, "manual.html", parts).encode(), media_type=HTML
    )
