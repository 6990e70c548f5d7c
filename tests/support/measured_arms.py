"""Measuring runs of arms, made by hand: one trial of one run for each block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from studies.comparison.asked import Asked, AskedArm, AskedPlace, StatedCell
from studies.language.axis import AxisPlace
from studies.records import Cause, Runs

FIRST = 300_000  # block of the first measuring run
IMAGES = 1000


def runs_of(
    times: Sequence[float | None] = (),
    *,
    how: str = "tuned",
    accuracy: Sequence[float] | None = None,
    phase: str = "measure",
    point: tuple[float, float] = (0.1, 0.9),
    diverged: Sequence[bool] | None = None,
    loss: Sequence[float] | None = None,
    blocks: Sequence[int] | None = None,
) -> Runs:
    """Runs of one row: epochs to the target, None where it was never reached.

    Args:
        times: one a run.
        how: published, tuned or plain.
        accuracy: of each run; 0.95 where it is left out.
        phase: measure or tune.
        point: eta and alpha of every run.
        diverged: of each run.
        loss: cross-entropy and loss area of each run.
        blocks: of each run; in order from the first where they are left out.
    """
    n = len(times)
    reached = np.array([np.nan if t is None else t for t in times], dtype=np.float64)
    shares = np.full(n, 0.95) if accuracy is None else np.array(accuracy, dtype=np.float64)
    broken = np.zeros(n, np.bool_) if diverged is None else np.array(diverged, dtype=np.bool_)
    losses = np.full(n, 0.2) if loss is None else np.array(loss, dtype=np.float64)
    correct = np.rint(shares * IMAGES).astype(np.int64)
    return Runs(
        trial=np.arange(n),
        run=np.zeros(n, np.int64),
        phase=np.full(n, phase),
        arm=np.full(n, how),
        block=FIRST + (np.arange(n) if blocks is None else np.array(blocks, dtype=np.int64)),
        eta=np.full(n, point[0]),
        alpha=np.full(n, point[1]),
        n_test=np.full(n, IMAGES, np.int64),
        correct=correct,
        accuracy=correct / IMAGES,
        error=1.0 - correct / IMAGES,
        cross_entropy=losses,
        own_loss=losses,
        loss_area=losses,
        epochs_to_target=reached,
        diverged=broken,
        cause=np.where(broken, Cause.DIVERGED.value, Cause.NONE.value).astype(np.str_),
    )


def joined(*parts: Runs) -> Runs:
    """Runs of several rows as those of one sweep."""
    names = [name for name in Runs.__dataclass_fields__ if name != "trial"]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Runs(trial=np.arange(sum(map(len, parts))), **columns)


def arm(name: str, *hows: str, **more: object) -> AskedArm:
    """An arm whose rows set eta and alpha."""
    ways = hows or ("tuned",)
    known = AskedArm(
        name=name,
        title=name.upper(),
        hows=ways,  # type: ignore[arg-type]
        shown={how: () if how == "plain" else ("eta", "alpha") for how in ways},  # type: ignore[misc]
        tunings=4,
        selection="validation",
    )
    return replace(known, **more)  # type: ignore[arg-type]


def asked(*arms: AskedArm, objective: str = "epochs_to_target", widths: Sequence[float] = (), **more: object) -> Asked:
    """A comparison of arms on squared error, in one place or along an axis of widths; the first arm is the baseline."""
    names = [f"h-{width:g}" for width in widths] or ["digits"]
    places = [
        AskedPlace(
            name=place,
            contexts={each.name: f"{place}-{each.name}" for each in arms},
            classes=10,
            epochs=30,
            axis=AxisPlace("h", "width", float(widths[i])) if widths else None,
        )
        for i, place in enumerate(names)
    ]
    known = Asked("race", objective, arms[0].name, 3, ("sse",), arms, tuple(places))
    return replace(known, **more)  # type: ignore[arg-type]


def cell(mean: float, sd: float | None = None, n: int | None = None) -> StatedCell:
    """A number of a paper."""
    return StatedCell(mean, sd, n)
