"""Another function in place of the ReLU's derivative: (W' d) * g(z), with g one of `derivatives.DERIVATIVES`.

"Function changes in the Backpropagation equation is equivalent to an implicit learning rate", Eq. 3 and 4: where
relu'(z) is not 0, a unit learns from an image at g(z) / relu'(z) times the learning rate. `implicit_rate.py` measures
it. z is what enters the ReLU, after batch norm; batch norm itself is passed backwards as ever.

Of a logistic network the derivative of the outputs can be replaced: `logistic_tile.py`.
"""

from __future__ import annotations

from worker.training.backward import Choices, HiddenLayer
from worker.training.derivatives import DERIVATIVES
from worker.training.modules import layers

CHOICES = {"layer": layers(), "derivative": tuple(DERIVATIVES)}
NUMBERS: dict[str, float] = {}
FIXED = False


def keeps_z(choices: Choices) -> bool:
    """Only where the derivative is not a function of z's sign, and the hidden layer's is replaced."""
    return choices["layer"] == "first" and DERIVATIVES[choices["derivative"]].reads == "z"


def hidden_gradient(layer: HiddenLayer, choices: Choices) -> None:
    """See `BackwardRule`."""
    layer.products.multiply(layer.last.mT, layer.logit_gradient, out=layer.gradient)
    DERIVATIVES[choices["derivative"]].multiply(layer.gradient, layer.z)
