"""The distributions of initial weights that a context can name."""

from __future__ import annotations

from studies.learning.entry import Entry, Parameter
from studies.learning.naming import found
from studies.learning.networks import DRAWN, STACKED

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="glorot_uniform",
        title="Glorot uniform",
        formula="weights uniform within +- sqrt(6 / (inputs + outputs)); biases 0",
        source="Glorot and Bengio (2010), as Jaeger (2020)",
    ),
    Entry(
        name="normal",
        title="normal",
        formula="weights N(0, sd^2); biases 0",
        source="Li (2020), with sd = 0.01",
        parameters=(Parameter("sd", 0.01, "standard deviation of the weights", lowest=0.0, highest=10.0, above=True),),
        networks=STACKED,
        note="a wider hidden layer begins with the weights of a narrower one of the same seed",
    ),
    Entry(
        name="glorot_relu",
        title="Glorot uniform with the gain of ReLU",
        formula="weights uniform within +- sqrt(12 / (inputs + outputs)); biases 0",
        source="torch.nn.init.xavier_uniform_ with its gain for ReLU",
        networks=DRAWN,
    ),
    Entry(
        name="he_normal",
        title="He normal",
        formula="weights normal with variance 2 / inputs; biases 0",
        source="He et al. (2015); torch.nn.init.kaiming_normal_",
        networks=DRAWN,
    ),
)


def by_name(name: str) -> Entry:
    """The initialisation of this name.

    Raises:
        KeyError: there is none.
    """
    return found(ENTRIES, name)
