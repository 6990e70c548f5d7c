"""The schedules that a context can name: the course of eta and alpha over a training.

A schedule multiplies the eta of a trial, or replaces its alpha, step by step. Momentum rules keep torch's buffer,
v <- alpha v + g, of which eta takes a share, so a change of eta acts on all that the buffer holds; by Eq. 4's own form,
whose kept step holds eta, it would act on new gradients alone. LARS is the exception: its buffer holds eta. A change of
alpha does not rescale the buffer.
A new schedule is one row here and `worker/training/schedules/<name>.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studies.learning.entry import Entry, Parameter
from studies.learning.naming import found

LIU = "Liu, Chen, Zhou and Zhao (2021) say that one of the two must be annealed; the course is ours"
WHOLE = "the learning rate multiplies all that the buffer of a momentum rule holds, not the new gradient alone"
_SHARE = Parameter("share", 0.25, "last share of the steps, over which it falls", highest=1.0, lowest=0.0, above=True)


@dataclass(frozen=True, slots=True)
class Schedule(Entry):
    """A course over the steps of a training.

    Attributes:
        moves: what changes: eta, alpha, or nothing ("").
    """

    moves: Literal["", "eta", "alpha"] = ""


LAYERS = ("first", "last")  # whose rates a table can give apart, in the networks below
LAYERED = {"softmax": ("last",), "fig3": LAYERS, "mlp": LAYERS, "logistic": LAYERS}
MOST_SHARES = 10_000  # numbers of a table's row: 100 an epoch over 100 epochs, within the size of a document


def _shares(name: str, meaning: str) -> Parameter:
    return Parameter(name, (), meaning, lowest=0.0, highest=1e3, lengths=(0, MOST_SHARES))


ENTRIES: tuple[Schedule, ...] = (
    Schedule(
        name="constant",
        title="constant",
        formula="eta and alpha as they are",
        source="Jaeger (2020)",
    ),
    Schedule(
        name="step",
        title="falling in steps",
        formula="eta factor^n after n times every of the training",
        source="torch.optim.lr_scheduler.StepLR",
        parameters=(
            Parameter("factor", 0.1, "factor of each fall", lowest=0.0, highest=1.0, above=True),
            Parameter("every", 0.3, "share of the training between two falls", lowest=0.0, highest=1.0, above=True),
        ),
        note=WHOLE,
        moves="eta",
    ),
    Schedule(
        name="cosine",
        title="half a cosine",
        formula="eta (end + (1 - end) (1 + cos(pi x)) / 2), x from 0 at the first step to 1 at the last",
        source="Loshchilov and Hutter (2017), without restarts; torch.optim.lr_scheduler.CosineAnnealingLR",
        parameters=(Parameter("end", 0.0, "share of eta at the last step", lowest=0.0, highest=1.0),),
        note=WHOLE,
        moves="eta",
    ),
    Schedule(
        name="anneal_eta",
        title="learning rate annealed at the end",
        formula="eta, then a line down to end eta over the last share of the steps",
        source=LIU,
        parameters=(
            Parameter("end", 0.0, "share of eta at the last step", lowest=0.0, highest=1.0, below=True),
            _SHARE,
        ),
        reconstruction=True,
        note=WHOLE,
        moves="eta",
    ),
    Schedule(
        name="anneal_alpha",
        title="momentum annealed at the end",
        formula="alpha, then a line down to end over the last share of the steps",
        source=LIU,
        parameters=(
            Parameter("end", 0.0, "momentum weight at the last step", lowest=0.0, highest=1.0, below=True),
            _SHARE,
        ),
        reconstruction=True,
        note="the buffer is not rescaled, and a trial whose alpha is not above the end keeps it",
        moves="alpha",
    ),
    Schedule(
        name="table",
        title="shares of eta by time, for each layer",
        formula="eta shares[k] in part k of the training; of a layer with shares of its own, eta times those",
        source="as a study states it; torch.optim.lr_scheduler.LambdaLR",
        parameters=(
            _shares(
                "shares", "shares of eta, one after the other, of each layer without its own; empty: eta throughout"
            ),
            _shares("first", "shares of the first layer, batch norm included; empty: `shares`"),
            _shares("last", "shares of the last layer; empty: `shares`"),
            Parameter("per_epoch", 1, "shares in an epoch, each for an equal part of it", lowest=1, highest=10_000),
        ),
        note=f"{WHOLE}; shares beyond the end of the training are ignored",
        moves="eta",
    ),
)


def by_name(name: str) -> Schedule:
    """The schedule of this name.

    Raises:
        KeyError: there is none.
    """
    return found(ENTRIES, name)
