"""`golden range`: which learning rates a context can use, from one training whose rate doubles. Needs no service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.commands.common import AsJson, UsageError, out, print_json, require_trainer
from service.commands.completion import documents, files
from service.commands.documents import read_study
from service.commands.files import shown_path, write_file
from service.commands.interrupts import interrupted_by
from service.commands.offline import Offline
from service.settings import PREFIX
from studies.errors import GoldenError
from studies.programs import RANGE, command_of, environment_of

if TYPE_CHECKING:
    from studies.language.context import Context
    from studies.language.spec import StudySpec
    from studies.learning.rate_range import RateRange

app = typer.Typer()
FORMS = ("html", "svg", "csv")


@app.command(name="range")
def range_(
    study: Annotated[
        str,
        typer.Argument(
            metavar="STUDY",
            help="A .toml or .json file, - for standard input, or a catalogue study.",
            autocompletion=documents,
        ),
    ],
    context: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Context that is trained; default: the study's first built-in one."),
    ] = None,
    loss: Annotated[str | None, typer.Option(metavar="NAME", help="Loss; default: the claim's primary one.")] = None,
    start: Annotated[int, typer.Option(min=0, max=10**6, help="Number of the start: split, order, weights.")] = 0,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Path without ending of the files that are written; default: STUDY-CONTEXT-range.",
            autocompletion=files,
        ),
    ] = None,
    device: Annotated[str, typer.Option(metavar="DEVICE", help="cpu, cuda, cuda:N or auto.")] = "cpu",
    data_dir: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Folder of the data sets; default: GOLDEN_DATA_DIR, or data.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY.PATH=VALUE", help="Set a field of the document; repeatable."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
    as_json: AsJson = False,
) -> None:
    """Range test of the learning rate (reconstruction): eta doubles every 50 steps from 1e-6 to 10 in one training.

    Says lo, the first rate that raises the information about the label, and hi, the last before it falls; writes the
    plot (html, svg) and the measurements (csv). The schedule mi_decay takes such bounds, as shares of a trial's eta.
    """
    from studies.figures.rate_range import rate_range_image, rate_range_info, rate_range_page

    require_trainer()
    spec = read_study(study, set_ or [], client=Offline())
    trained, chosen = _context(spec, context), _loss(spec, loss)
    base = output or Path(f"{spec.name}-{trained.name}-range")
    paths = {form: base.with_name(f"{base.name}.{form}") for form in FORMS}
    _see_that_they_can_be_written(list(paths.values()), force=force)
    folder = data_dir or Path(os.environ.get(f"{PREFIX}DATA_DIR") or "data")
    request = {"context": trained.name, "loss": chosen, "start": start, "data_dir": str(folder), "device": device}
    found = _trained(spec, request)
    info = rate_range_info(found, f"{spec.name}, context {trained.name}, {chosen} loss")
    made = {"html": rate_range_page(info), "svg": rate_range_image(info), "csv": found.to_csv()}
    for form, path in paths.items():
        write_file(path, made[form].encode(), force=force)
    if as_json:
        print_json({**found.to_json(), "study": spec.name, **request, "files": [str(path) for path in paths.values()]})
        return
    out.print(found.summary, markup=False, soft_wrap=True)
    for path in paths.values():
        out.print(str(path), markup=False, soft_wrap=True)


def _context(spec: StudySpec, name: str | None) -> Context:
    """The context that is trained.

    Raises:
        UsageError: there is none of this name that the built-in trainer trains, or its rule has no learning rate.
    """
    known = {context.name: context for context in spec.built_in}
    if not known:
        raise UsageError(f"study {spec.name} has external contexts alone, and a range test trains built-in ones")
    if name is not None and name not in known:
        text = f"--context {name!r} is no built-in context of study {spec.name}; it has {', '.join(known)}"
        raise UsageError(text)
    context = next(iter(known.values())) if name is None else known[name]
    if not context.rule.eta:
        raise UsageError(f"context {context.name} trains by {context.rule.name}, which has no learning rate to test")
    return context


def _loss(spec: StudySpec, name: str | None) -> str:
    losses = [str(loss) for loss in spec.losses]
    if name is not None and name not in losses:
        raise UsageError(f"--loss {name!r} is no loss of study {spec.name}; it has {', '.join(losses)}")
    return name or spec.claim.primary_loss or losses[0]


def _see_that_they_can_be_written(paths: Sequence[Path], *, force: bool) -> None:
    """Look before the training, not after it.

    Raises:
        UsageError: there is no such folder.
        GoldenError: a file is there.
    """
    folder = paths[0].parent
    if not folder.is_dir():
        raise UsageError(f"there is no folder {shown_path(folder)} to write to; make it, or name another with --output")
    there = [path for path in paths if path.exists()]
    if there and not force:
        raise GoldenError(f"{there[0]} exists; add --force to overwrite it")


def _trained(spec: StudySpec, request: dict[str, Any]) -> RateRange:
    """The test, by a process of its own that has the tensors.

    Raises:
        GoldenError: it cannot be run, or it failed.
    """
    from studies.learning.rate_range import RateRange

    asked = json.dumps({"study": spec.model_dump(mode="json"), "request": request})
    with interrupted_by(signal.SIGTERM, signal.SIGHUP):  # so that the process is stopped then too
        done = subprocess.run(
            command_of(RANGE), input=asked, env=environment_of(os.environ), capture_output=True, text=True, check=False
        )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"it ended with exit code {done.returncode}"]
        error = UsageError if done.returncode == 2 else GoldenError
        raise error(f"the range test cannot be run: {said[-1]}")
    return RateRange.from_json(json.loads(done.stdout))
