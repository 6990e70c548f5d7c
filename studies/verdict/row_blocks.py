"""Blocks of the map and the zoom as codes: which runs share an effect of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studies.language.phases import Phase

IntArray = NDArray[np.int64]
MAP_PHASES = (Phase.MAP, Phase.WIDEN, Phase.SEARCH)
ROWS_PER_BLOCK = 8  # map and zoom blocks smaller than this on average share one effect per phase


def block_codes(phases: NDArray[np.str_], blocks: IntArray) -> IntArray:
    """One code per (phase, block); per phase alone where its blocks are too small to estimate an effect each.

    The strip's points were dealt into the map's blocks: an effect of their own could not be separated from their place.
    """
    phases = np.where(phases == Phase.WIDEN, Phase.MAP, phases)
    codes = np.zeros(len(phases), dtype=np.int64)
    for phase in dict.fromkeys(phases.tolist()):
        at = phases == phase
        own = np.unique(blocks[at], return_inverse=True)[1].ravel()
        large = len(own) >= ROWS_PER_BLOCK * (int(own.max()) + 1)
        codes[at] = (int(codes.max()) + 1) + (own if large else 0)
    return codes
