"""Information between a code and a label, from counts of how often they occur together. In nats.

    I = sum over a, b of p_ab ln(p_ab / (p_a p_b))

The estimate is the plain one, of shares as they were counted: with few images and many codes it is too high.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def information(codes: Integers, labels: Integers) -> float:
    """Information between codes and labels, (n,) each, numbers from 0 on; not below 0, nor above either entropy."""
    rows, columns = int(codes.max()) + 1, int(labels.max()) + 1
    joint = np.bincount(codes * columns + labels, minlength=rows * columns).reshape(rows, columns) / len(labels)
    a, b = np.nonzero(joint)
    p_ab = joint[a, b]
    found = float((p_ab * np.log(p_ab / (joint.sum(axis=1)[a] * joint.sum(axis=0)[b]))).sum())
    return min(max(0.0, found), entropy(codes), entropy(labels))  # beyond them by rounding alone


def entropy(values: Integers) -> float:
    """Entropy of (n,) numbers from 0 on."""
    shares = np.bincount(values) / len(values)
    shares = shares[shares > 0.0]
    return max(0.0, float(-(shares * np.log(shares)).sum()))  # of one value alone: 0, not -0
