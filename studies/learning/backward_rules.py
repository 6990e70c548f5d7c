"""The backward rules that a context can name: how the error of the last layer reaches the hidden one.

The forward pass is the same under each, to the bit. A new rule is one row here and its arithmetic in
`worker/training/backward`.
"""

from __future__ import annotations

from studies.learning import networks
from studies.learning.entry import Entry, Parameter
from studies.learning.naming import found

FUNCTION_CHANGES = "Function changes in the Backpropagation equation is equivalent to an implicit learning rate"
CHANGED = tuple(network.name for network in networks.ENTRIES if network.layers)  # with a derivative to replace
ALIGNED = tuple(name for name in networks.STACKED if networks.by_name(name).layers == ("first",))
RECTIFIED = tuple(name for name in CHANGED if networks.by_name(name).outputs == "softmax")  # with layers of ReLU units
RECTIFIED_LAYERS = tuple(dict.fromkeys(layer for name in RECTIFIED for layer in networks.by_name(name).layers))
LAYERS = tuple(dict.fromkeys(layer for network in networks.ENTRIES for layer in network.layers))
DERIVATIVES = ("sigmoid", "tanh", "softplus", "elu", "leaky_relu", "swish", "gelu", "identity", "relu")

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="backpropagation",
        title="backpropagation",
        formula="delta = (W^T delta_last) sigma'(z)",
        source="Rumelhart, Hinton and Williams (1986)",
    ),
    Entry(
        name="substitute",
        title="another derivative in place of the activation's",
        formula="delta = (W^T delta_last) b(z), b the derivative of another function",
        source=f"{FUNCTION_CHANGES}, Eq. 3 and 4",
        parameters=(
            Parameter("layer", "first", "layer whose derivative is replaced", choices=LAYERS),
            Parameter("derivative", "sigmoid", "function whose derivative takes its place", choices=DERIVATIVES),
        ),
        networks=CHANGED,
        note="layer output: what goes back from the outputs is (y - t) b(z) in place of (y - t) sigma'(z), while the "
        "outputs' own weights keep their gradient, as in the code of Li (2020), whose b is that of identity; "
        "equal to an implicit learning rate b(z) / sigma'(z) where sigma'(z) is not 0; where it is 0, units learn "
        "that backpropagation leaves alone",
    ),
    Entry(
        name="substitute_network",
        title="a 1-1-1 network in place of the activation's derivative",
        formula="delta = (W^T delta_last) b(z), b(z) = w2 sigmoid(w1 z)",
        source=f"{FUNCTION_CHANGES}, whose b-functions are such networks",
        parameters=(
            Parameter("layer", "first", "layer whose derivative is replaced", choices=RECTIFIED_LAYERS),
            Parameter("w1", 1.0, "weight into the hidden unit; 0: b is w2 / 2 throughout", -1e6, 1e6, varies=True),
            Parameter("w2", 1.0, "weight out of it; below 0 the gradient's sign is turned", -1e6, 1e6, varies=True),
        ),
        networks=RECTIFIED,
        reconstruction=True,
        note="the unit's activation, the logistic function, and its lack of biases are ours. A claim may vary w1 or w2 "
        "beside eta; an arm of a comparison may tune both, its eta in `fixed`",
    ),
    Entry(
        name="feedback_alignment",
        title="feedback alignment",
        formula="delta = (B delta_last) sigma'(z), B fixed and random",
        source="Lillicrap et al. (2016); Eq. 5 of the paper on function changes",
        networks=ALIGNED,
        note="the source gives the substitution of B for W^T alone; B's distribution, that of the initial weights, and "
        "its seed, of its own for each run, are ours",
    ),
)


def by_name(name: str) -> Entry:
    """The backward rule of this name.

    Raises:
        KeyError: there is none.
    """
    return found(ENTRIES, name)
