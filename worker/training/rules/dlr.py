"""DLR, dynamic learning rate: each weight of a matrix learns at a rate that grows with its own size,

    eta_ij = eta (|w_ij| + a) / (||w|| + a),    v <- alpha v + g,    w_ij <- w_ij - eta_ij v_ij

with the L2 norm over the weights that leave presynaptic unit j (`side` "pre": a column of a matrix out × in) or over
those that reach postsynaptic unit i ("post": a row), both of the current weights. Kernels count as matrices
(out, in·kh·kw). Biases and batch norm's scale and offset take eta. With `warm_start` the very first step takes eta
everywhere. g is the gradient of the minibatch's mean loss; eta is in weights per gradient, a > 0 in weights; alpha, in
[0, 1), has no unit.

Source: Li 2020, Eq. 1 and 3, with one minus sign (the two that are printed would ascend), and the author's code for
`warm_start`. `a` is the paper's alpha, which is no momentum. Kernels and the momentum are ours.
"""

from __future__ import annotations

import torch
from torch import Tensor

from worker.training.rules import Extent, Part, Step, norm

BUFFERS: tuple[str, ...] = ("velocity",)
SCALARS: dict[str, Extent] = {"started": "lane"}
NUMBERS: dict[str, float] = {"a": 0.4}
CHOICES: dict[str, tuple[str | bool, ...]] = {"side": ("pre", "post"), "warm_start": (True, False)}
ETA = ALPHA = True
OWN_DECAY = False


def step(s: Step) -> None:
    """One step of every lane."""
    velocity = s.buffers["velocity"].mul_(s.alpha).add_(s.gradient)
    change = s.gradient.copy_(velocity)
    started = s.scalars["started"]
    if not s.choices["warm_start"]:
        started.fill_(1.0)
    for part in s.layout.parts:
        if part.kind == "matrix":
            part.of(change).mul_(_rates(s, part, started))
    started.fill_(1.0)
    s.weights.addcmul_(change, s.eta, value=-1.0)


def _rates(s: Step, part: Part, started: Tensor) -> Tensor:
    """eta_ij / eta; all 1 in lanes that have not started, where a / a is what is left."""
    weights, a, begun = part.of(s.weights), part.spread(s.own["a"]), part.spread(started)
    norms = norm(weights, part.outs if s.choices["side"] == "pre" else part.ins)
    return torch.addcmul(a, weights.abs(), begun).div_(torch.addcmul(a, norms, begun))
