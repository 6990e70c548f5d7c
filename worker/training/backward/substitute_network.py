"""A 1-1-1 network in place of the ReLU's derivative (reconstruction): (W' d) * b(z), b(z) = w2 sigmoid(w1 z).

"Function changes in the Backpropagation equation is equivalent to an implicit learning rate" searches b among networks
of one input, one hidden unit and one output. It gives neither the unit's activation nor its biases: the logistic
function and their absence are a reconstruction. At w1 = 0 it is w2 / 2 throughout; as w1 grows it becomes w2 times the
ReLU's own derivative.

Parameters: w1, w2, pure numbers; w2 may be negative, which turns the gradient's sign. Each lane may have its own. z is
what enters the ReLU, after batch norm.
"""

from __future__ import annotations

from worker.training.backward import Choices, HiddenLayer
from worker.training.modules import rectified_layers

CHOICES = {"layer": rectified_layers()}
NUMBERS = {"w1": 1.0, "w2": 1.0}
FIXED = False


def keeps_z(choices: Choices) -> bool:
    """b is a function of z, not of its sign."""
    return True


def hidden_gradient(layer: HiddenLayer, choices: Choices) -> None:
    """See `BackwardRule`."""
    layer.products.multiply(layer.last.mT, layer.logit_gradient, out=layer.gradient)
    layer.gradient.mul_(layer.z.mul_(layer.own["w1"]).sigmoid_().mul_(layer.own["w2"]))
