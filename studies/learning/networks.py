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
        layers: those whose derivative a backward rule may replace.
        outputs: "softmax", or "logistic": each output is a logistic unit of its own, with a squared error.
        losses: that it can be trained by; empty: all.
    """

    layers: tuple[str, ...] = ()
    outputs: str = "softmax"
    losses: tuple[str, ...] = ()


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
    Network(
        name="logistic",
        title="one hidden layer of logistic units, without biases",
        formula="h = sigma(W x), y = sigma(V h), loss 1/2 sum_k (y_k - t_k)^2, sigma(z) = 1 / (1 + exp(-z))",
        source="Li (2020) and the author's code",
        parameters=(Parameter("width", WIDTH, "units of the hidden layer", lowest=1, highest=4096),),
        layers=("output",),
        outputs="logistic",
        losses=("sse",),
        note="each output is a unit of its own and they need not sum to 1; cross-entropy is that of the outputs "
        "divided by their sum, and losses relative to knowing nothing are relative to outputs of 1/2",
    ),
)


def by_name(name: str) -> Network:
    """The network of this name.

    Raises:
        KeyError: there is none.
    """
    return found(ENTRIES, name)
