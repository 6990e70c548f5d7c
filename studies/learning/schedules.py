"""The schedules that a context can name: the course of eta and alpha over a training.

A schedule multiplies the eta of a trial, or replaces its alpha, step by step, or by what is measured after each epoch.
Momentum rules keep torch's buffer, v <- alpha v + g, of which eta takes a share, so a change of eta acts on all that
the buffer holds; by Eq. 4's own form, whose kept step holds eta, it would act on new gradients alone. LARS is the
exception: its buffer holds eta. A change of alpha does not rescale the buffer.
A new schedule is one row here and `worker/training/schedules/<name>.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studies.learning import networks
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
        rising: parameters of which each must lie below the next.
        held: the parameter that gives the share of the training images on which nothing is trained; "" for none.
    """

    moves: Literal["", "eta", "alpha"] = ""
    rising: tuple[str, ...] = ()
    held: str = ""


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
        name="mi_decay",
        title="falling where information stands still",
        formula=(
            "eta <- min(eta, eta_0 (lo + (hi - lo) (1 - I / H))) after an epoch that changed the information I between "
            "code and label by less than tau of itself; eta_0 hi before; H: the labels' entropy"
        ),
        source="Vasudevan (2020), whose algorithms are not public: bounds, a threshold and decay alone are known",
        parameters=(
            Parameter("lo", 0.01, "lowest learning rate, as a share of eta", lowest=0.0, highest=1.0, below=True),
            Parameter("hi", 1.0, "highest and first one, as a share of eta", lowest=0.0, highest=1.0, above=True),
            Parameter("tau", 0.01, "relative change of information below which eta falls", 0.0, 1.0, above=True),
            Parameter("held", 0.1, "share of the training images held back to measure on", 0.0, 0.5, above=True),
            Parameter(
                "layers",
                "global",
                "one rate by the classes predicted, or each layer's by k-means codes (64) of its outputs",
                choices=("global", "each"),
            ),
        ),
        reconstruction=True,
        note=(
            "the information is measured on images held back from the training part, never on test images; they train "
            "nothing. The learning rate multiplies all that the buffer of a momentum rule holds"
        ),
        networks=tuple(name for name in networks.STACKED if networks.by_name(name).outputs == "softmax"),
        moves="eta",
        rising=("lo", "hi"),
        held="held",
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
