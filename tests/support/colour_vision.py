"""Colours as readers with a colour-vision deficiency see them, and how far apart two of them are.

Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for Simulation of Color Vision Deficiency": their
matrices at full severity, on linear RGB. Distances are CIE 1976, in CIELAB under D65; 2.3 is just noticeable.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
VISIONS: dict[str, Vector] = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def seen(colour: str, vision: str) -> Vector:
    """(3,) L*, a*, b* of a colour written "#rrggbb", as this vision has it."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    x, y, z = (_root(t) for t in TO_XYZ @ np.clip(VISIONS[vision] @ linear, 0.0, 1.0) / WHITE)
    return np.array([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)])


def distance(one: str, other: str, vision: str) -> float:
    """How far apart two colours are."""
    return float(np.linalg.norm(seen(one, vision) - seen(other, vision)))


def nearest(colours: dict[str, str]) -> tuple[float, str, str, str]:
    """The least distance between two of these over all visions: with the vision and the two names."""
    pairs = [(a, b) for a, b in product(colours, colours) if a < b]
    return min((distance(colours[a], colours[b], vision), vision, a, b) for vision in VISIONS for a, b in pairs)


def _root(t: float) -> float:
    return float(np.cbrt(t)) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29
