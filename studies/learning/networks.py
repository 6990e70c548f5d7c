"""The networks that a context can name; `worker/training/networks.py` builds them."""

from __future__ import annotations

from dataclasses import dataclass

from studies.learning.entry import Entry, Parameter
from studies.learning.naming import found

WIDTH = 64  # of `mlp` unless stated; never to change: documents of width 64 state none


@dataclass(frozen=True, slots=True)
class Network(Entry):
    """A network.

    Attributes:
        layers: those with an activation, which a backward rule may name.
    """

    layers: tuple[str, ...] = ()


ENTRIES: tuple[Network, ...] = (
    Network(
        name="fig3",
        title="the paper's network",
        formula="5x5 convolution to 20 channels, batch norm, ReLU, fully connected, softmax",
        source="Jaeger (2020), Fig. 3",
        layers=("first",),
    ),
    Network(
        name="softmax",
        title="softmax regression",
        formula="fully connected, softmax",
        source="standard",
    ),
    Network(
        name="mlp",
        title="one hidden layer",
        formula="width units over the whole image, ReLU, fully connected, softmax",
        source="standard",
        parameters=(Parameter("width", WIDTH, "units of the hidden layer", lowest=1, highest=4096),),
        layers=("first",),
    ),
)


def by_name(name: str) -> Network:
    """The network of this name.

    Raises:
        KeyError: there is none.
    """
    return found(ENTRIES, name)
