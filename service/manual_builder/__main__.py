"""Build the manual: python -m service.manual_builder [--output FOLDER]. `make docs` does so.

It needs the extra `docs`, and the repository: pages are made from `docs/`, from the program and from its docstrings.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from service.manual.built import FOLDER
from service.manual_builder import links, scripts
from service.manual_builder.first_uses import linked
from service.manual_builder.sources import REPOSITORY, made, written

CONFIG = "docs/site/zensical.toml"
ASSETS = "docs/site/assets"


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the manual into a folder; 1 where the builder complains."""
    parser = argparse.ArgumentParser(prog="python -m service.manual_builder", description="Build the manual.")
    parser.add_argument("--output", type=Path, default=FOLDER, help="default: where the service looks for it")
    output: Path = parser.parse_args(arguments).output
    with tempfile.TemporaryDirectory() as folder:
        site = built(Path(folder))
        if site is None:
            return 1
        replace(output, site)
    print(f"{output}: {sum(1 for _ in output.rglob('*.html'))} pages")
    return 0


def built(folder: Path, root: Path = REPOSITORY) -> Path | None:
    """The site, built inside `folder`; None where the builder complains, which it has then done on standard error.

    Raises:
        LinkError: a link of a page leads to no file.
        PolicyError: a built page holds what the service's content policy forbids.
    """
    stage(folder, root)
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not (folder / "site" / "index.html").exists():
        print(f"{done.stdout}{done.stderr}", file=sys.stderr)
        return None
    scripts.move_out(folder / "site")
    return folder / "site"


def stage(folder: Path, root: Path = REPOSITORY) -> None:
    """Lay out the pages, images, styles, scripts and settings from which the site is built.

    Raises:
        LinkError: a link of a page leads to no file.
    """
    pages = written(root)
    docs = folder / "docs"
    for source, page in pages.items():
        text = (root / source).read_text("utf-8")
        for image in links.images(text, source):
            _copy(root / image, docs / links.image(image))
        _write(docs / page, linked(links.moved(text, source=source, page=page, pages=pages, root=root), page))
    for page, make in made(root).items():
        _write(docs / page, make())
    shutil.copytree(root / ASSETS, docs / "own")
    config = (root / CONFIG).read_text("utf-8").replace("@REPOSITORY@", root.as_posix())
    _write(folder / "zensical.toml", config)


def replace(place: Path, site: Path) -> None:
    """Put a site where another one may be, which is removed."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f"{place.name}.new")
    for old in (fresh, place.with_name(f"{place.name}.old")):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(site, fresh)
    if place.exists():
        place.rename(place.with_name(f"{place.name}.old"))
    fresh.rename(place)
    shutil.rmtree(place.with_name(f"{place.name}.old"), ignore_errors=True)


def _write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, "utf-8")


def _copy(file: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, place)


if __name__ == "__main__":
    sys.exit(main())
