"""The update rules that a context can name. A new rule is one row here and `worker/training/rules/<name>.py`.

g is the gradient of the minibatch's mean loss, weight decay included; w a weight, eta the learning rate and alpha the
momentum weight of a trial. Norms are L2 norms of the current weights, and no gradient flows through a rate.
"""

from __future__ import annotations

from studies.learning.entry import Parameter, UpdateRule
from studies.learning.naming import found

MOST = 1.0 - 1e-9  # of a weight of a moving average, as of alpha

_RHO = "weight of the past in the mean of squared gradients"


def _epsilon(default: float, meaning: str, highest: float = 1.0) -> Parameter:
    return Parameter("epsilon", default, meaning, lowest=1e-30, highest=highest, varies=True)


def _average(name: str, default: float, meaning: str) -> Parameter:
    return Parameter(name, default, meaning, lowest=0.0, highest=MOST, varies=True)


ENTRIES: tuple[UpdateRule, ...] = (
    UpdateRule(
        name="heavy_ball",
        title="momentum SGD, heavy ball",
        formula="v <- alpha v + g; w <- w - eta v",
        source="Jaeger (2020), Eq. 4; torch.optim.SGD",
        alpha=True,
        pair=True,
    ),
    UpdateRule(
        name="nesterov",
        title="momentum SGD, Nesterov",
        formula="v <- alpha v + g; w <- w - eta (g + alpha v)",
        source="torch.optim.SGD with nesterov",
        alpha=True,
        pair=True,
    ),
    UpdateRule(
        name="sgd",
        title="plain SGD",
        formula="w <- w - eta g",
        source="torch.optim.SGD without momentum",
        note="it has no momentum weight: alpha is 0 at every point",
    ),
    UpdateRule(
        name="rmsprop",
        title="RMSprop",
        formula="s <- rho s + (1 - rho) g^2; w <- w - eta g / (sqrt(s) + epsilon)",
        source="torch.optim.RMSprop, whose alpha is rho here",
        parameters=(_average("rho", 0.99, _RHO), _epsilon(1e-8, "added outside the root")),
    ),
    UpdateRule(
        name="adam",
        title="Adam",
        formula=(
            "m <- beta1 m + (1 - beta1) g; s <- beta2 s + (1 - beta2) g^2; "
            "w <- w - eta (m / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + epsilon) at step t"
        ),
        source="Kingma and Ba (2015); torch.optim.Adam",
        parameters=(
            _average("beta1", 0.9, "weight of the past in the mean gradient"),
            _average("beta2", 0.999, _RHO),
            _epsilon(1e-8, "added outside the root"),
        ),
    ),
    UpdateRule(
        name="adadelta",
        title="AdaDelta",
        formula=(
            "s <- rho s + (1 - rho) g^2; h = g sqrt(d + epsilon) / sqrt(s + epsilon); "
            "d <- rho d + (1 - rho) h^2; w <- w - eta h"
        ),
        source="Zeiler (2012); torch.optim.Adadelta, whose learning rate is 1 by default",
        parameters=(_average("rho", 0.9, _RHO), _epsilon(1e-6, "added inside the roots")),
    ),
    UpdateRule(
        name="lars",
        title="LARS",
        formula="rate = trust |w| / (|g| + decay |w|); v <- alpha v + eta rate (g + decay w); w <- w - v",
        source="You, Gitman and Ginsburg (2017)",
        parameters=(
            Parameter(
                "trust", 1e-3, "trust coefficient, a share of the weights' norm", 1e-12, highest=1e3, varies=True
            ),
        ),
        alpha=True,
        note="decay is the context's `weight_decay`. Biases and batch norm have rate 1 and no decay; the rate is 1 "
        "where a norm is 0",
    ),
    UpdateRule(
        name="dlr",
        title="dynamic learning rate (DLR)",
        formula="w_ij <- w_ij - eta (|w_ij| + a) / (norm_j + a) g_ij; norm_j over the weights of unit j",
        source="Li (2020), Eq. 1 to 3; vanrossumlab/dynamic_learning_rate",
        parameters=(
            Parameter(
                "side",
                "pre",
                "norm over the weights of a presynaptic (pre) or a postsynaptic unit (post)",
                choices=("pre", "post"),
            ),
            Parameter("a", 0.4, "the paper's alpha, renamed since it is no momentum", 1e-12, highest=1e12, varies=True),
            Parameter("warm_start", True, "the first step has rate eta everywhere, as in the author's code"),
        ),
        alpha=True,
        pair=True,
        note="its eta is eta_0, the rate before the weights scale it; biases take eta. Momentum on g and the norms of "
        "convolutions (out, in x height x width) are ours; one of the paper's two minus signs, which together would "
        "ascend, is kept",
    ),
    UpdateRule(
        name="yamadam",
        title="YamAdam",
        formula=(
            "m' = beta m + (1 - beta) g; v' = beta v + (1 - beta) (g - m)^2; s' = beta s + (1 - beta) h^2; "
            "h' = m' sqrt((s' + epsilon) / (v' + epsilon)); w <- w - h'; "
            "beta' = sigmoid((|h|_1 + epsilon) / (|h'|_1 + epsilon)) - epsilon"
        ),
        source="Yamada (2018); yamada-kd/YamAdam",
        parameters=(_epsilon(1e-6, "in the root, in the ratio of steps and below beta's bound", highest=0.1),),
        eta=False,
        note="it has no learning rate: eta is 1 at every point. beta is of each tensor; all starts at 0, beta too",
    ),
)


def by_name(name: str) -> UpdateRule:
    """The rule of this name.

    Raises:
        KeyError: there is none.
    """
    return found(ENTRIES, name)
