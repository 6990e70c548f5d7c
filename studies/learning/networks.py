"""The networks that a context can name.

`worker/training/networks.py` builds the stacked ones. Any other is a row here and `worker/training/modules/<name>.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from studies.learning.entry import Entry, Parameter
from studies.learning.naming import found

WIDTH = 64  # of `mlp` unless stated; never to change: documents of width 64 state none


@dataclass(frozen=True, slots=True)
class Network(Entry):
    """A network.

    Attributes:
        layers: those whose derivative a backward rule may replace, in order.
        outputs: "softmax", or "logistic": each output is a logistic unit of its own, with a squared error.
        losses: that it can be trained by; empty: all.
        stacked: lanes are trained together; where not, the network is an ordinary module, trained lane by lane.
        least: pixels of height and width that an image must have.
        one_class: it tells class 0 from the rest and nothing more.
    """

    layers: tuple[str, ...] = ()
    outputs: str = "softmax"
    losses: tuple[str, ...] = ()
    stacked: bool = True
    least: int = 1
    one_class: bool = False


def _width(default: int, meaning: str) -> Parameter:
    return Parameter("width", default, meaning, lowest=1, highest=4096)


ENTRIES: tuple[Network, ...] = (
    Network(
        name="fig3",
        title="the paper's network",
        formula="5x5 convolution to 20 channels, batch norm, ReLU, fully connected, softmax",
        source="Jaeger (2020), Fig. 3",
        layers=("first",),
        least=5,
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
        parameters=(_width(WIDTH, "units of the hidden layer"),),
        layers=("first",),
    ),
    Network(
        name="logistic",
        title="one hidden layer of logistic units, without biases",
        formula="h = sigma(W x), y = sigma(V h), loss 1/2 sum_k (y_k - t_k)^2, sigma(z) = 1 / (1 + exp(-z))",
        source="Li (2020) and the author's code",
        parameters=(_width(WIDTH, "units of the hidden layer"),),
        layers=("output",),
        outputs="logistic",
        losses=("sse",),
        note="each output is a unit of its own and they need not sum to 1; cross-entropy is that of the outputs "
        "divided by their sum, and losses relative to knowing nothing are relative to outputs of 1/2",
    ),
    Network(
        name="mlp2",
        title="two hidden layers with dropout",
        formula="width units, ReLU, dropout, twice; fully connected, softmax",
        source="Yamada (2018); yamada-kd/YamAdam, whose initial weights are he_normal",
        parameters=(
            _width(250, "units of each hidden layer"),
            Parameter("dropout", 0.5, "share of the units left out of a step", lowest=0.0, highest=1.0, below=True),
        ),
        layers=("first", "second"),
        stacked=False,
    ),
    Network(
        name="chain",
        title="three fully connected layers without biases",
        formula="width units, ReLU, width units, ReLU, fully connected, softmax",
        source="Function changes in the Backpropagation equation is equivalent to an implicit learning rate",
        parameters=(
            _width(64, "units of each hidden layer"),
            Parameter("trained", "second", "layers that are trained", choices=("second", "all")),
        ),
        reconstruction=True,
        note="the source names the layers and that the second alone is trained; the widths are ours",
        layers=("first", "second"),
        stacked=False,
    ),
    Network(
        name="quadratic",
        title="noisy quadratic",
        formula="cross-entropy of class 0: 1/2 |w - r x|^2, r = sqrt(2 / pixels); w = 0 at first",
        source="ours, for closed forms of momentum SGD",
        note="it models class 0 alone, by exp(-loss), and every initialisation is the same: use it with noisy-ones",
        stacked=False,
        one_class=True,
    ),
    Network(
        name="saddle",
        title="products of two weights, beside their saddle point",
        formula="cross-entropy of class 0: 1/2 |a b / r - r x|^2, r = sqrt(2 / pixels); a = b = start r at first",
        source="ours, for closed forms of momentum SGD",
        parameters=(
            Parameter(
                "start", 0.01, "distance from the saddle, of that of the minimum", lowest=0.0, highest=1.0, above=True
            ),
        ),
        note="it models class 0 alone, by exp(-loss), and every initialisation is the same: use it with noisy-ones",
        stacked=False,
        one_class=True,
    ),
    Network(
        name="simplenet",
        title="SimpleNet, 13 convolutions",
        formula="convolution, batch norm, ReLU, 13 times, with 4 max pools; global max pool, fully connected, softmax",
        source="Hasanpour et al. (2016); Coderx7/SimpleNet_Pytorch, whose initial weights are glorot_relu",
        parameters=(Parameter("variant", "310k", "number of parameters, roughly", choices=("310k", "5m")),),
        note="the convolutions have no biases, which batch norm would cancel, and images are trained as they are, "
        "without crops and flips",
        layers=tuple(f"conv{number}" for number in range(1, 14)),
        stacked=False,
        least=16,
    ),
)


STACKED = tuple(network.name for network in ENTRIES if network.stacked)
MODULES = tuple(network.name for network in ENTRIES if not network.stacked)
DRAWN = tuple(network.name for network in ENTRIES if not network.stacked and not network.one_class)  # initial weights


def by_name(name: str) -> Network:
    """The network of this name.

    Raises:
        KeyError: there is none.
    """
    return found(ENTRIES, name)
