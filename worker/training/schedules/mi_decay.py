"""eta that falls where information stands still (reconstruction): measured after each epoch, not known before.

Source: Vasudevan's decay by mutual information, of which the algorithms are not public. Known are two bounds, a
threshold on the change of information, that eta only falls, and that there is one rate for all or one for each layer;
the rest is a reconstruction. Formula, after each epoch but the first and the last, of the information I between code
and label, I' after the epoch before, and the labels' entropy H, on images held back from the training part:

    eta <- min(eta, eta_0 (lo + (hi - lo) (1 - I / H)))    where |I - I'| / I' < tau

and eta_0 hi before, so that eta stays between eta_0 lo and eta_0 hi; eta_0 is the lane's. The code of an image is the
class that the network predicts (layers = global, one rate for all parameters), or a layer's output as the nearest of
64 means (layers = each, a rate for each layer; `codes.py`). Where I' is 0 there is no share of it by which I could have
changed, and where H is 0 nothing to know about the labels: eta stays. alpha does not move.

Parameters: lo and hi, shares of the lane's eta, 0 <= lo < hi <= 1; tau, a share of the information, in (0, 1]; held,
the share of the training images that are held back to measure on, in (0, 0.5]; layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.training.schedules import Course

NUMBERS: dict[str, float] = {"lo": 0.01, "hi": 1.0, "tau": 0.01, "held": 0.1}
CHOICES: dict[str, tuple[str, ...]] = {"layers": ("global", "each")}


def check(own: Mapping[str, Any]) -> None:
    """Refuses values that cannot be trained with.

    Raises:
        ValueError: a bound, the threshold or the share is out of bounds; the message names it.
    """
    lo, hi, tau, held = (own[name] for name in NUMBERS)
    if not 0.0 <= lo < hi <= 1.0:
        raise ValueError(f"`lo` must not be below 0 and must lie below `hi`, which must not be above 1, got {lo}, {hi}")
    if not 0.0 < tau <= 1.0:
        raise ValueError(f"`tau` must lie above 0 and not above 1, got {tau}")
    if not 0.0 < held <= 0.5:
        raise ValueError(f"`held` must lie above 0 and not above 0.5, got {held}")


def start(own: Mapping[str, Any]) -> Course:
    """The upper bound; nothing is known yet."""
    return Course(share=own["hi"], information=None)


def after_epoch(course: Course, information: float, entropy: float, own: Mapping[str, Any]) -> Course:
    """The course after one more epoch."""
    before, share = course.information, course.share
    if before and entropy > 0.0 and abs(information - before) / before < own["tau"]:
        unknown = 1.0 - information / entropy
        share = min(share, own["lo"] + (own["hi"] - own["lo"]) * unknown)
    return Course(share, information)
