"""Gaussian process over (s, u): Matern-5/2 with one length per axis, a nugget, and an offset per block.

Model: y = c + g(s, u) + offset(block) + noise / sqrt(repeats), y standardised to mean 0 and deviation 1.
Hyperparameters are the maximum a posteriori under log-normal priors that were fixed with the procedure:

    parameter              unit                    prior of its logarithm
    length along s, u      ln units                N(ln 2, 1), N(ln 3, 1)
    amplitude              variance of y           N(ln 1.5, 1.5^2)
    nugget                 variance of y           N(ln 0.02, 2^2)

A fit takes memory by the square of its rows and time by their cube, so more than MOST_ROWS are represented by as many:
those that stand for the most runs, the rest drawn at random, without regard to the responses (subset of data, chapter
8.3.1). A smooth surface over two axes is settled by far fewer, and a posterior from fewer rows is the wider one.

Reference: Rasmussen & Williams (2006), chapters 2, 4.2.1, 5.4.1 and 8.3.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.late_scipy import cho_solve, cholesky, minimize, solve_triangular
from studies.verdict.lately import lately

FloatArray = NDArray[np.float64]
PRIOR_MEAN = np.log([2.0, 3.0, 1.5, 0.02])
PRIOR_SD = np.array([1.0, 1.0, 1.5, 2.0])
BOUNDS = list(zip(np.log([0.05, 0.05, 1e-3, 1e-6]), np.log([100.0, 100.0, 100.0, 10.0]), strict=True))
CONSTANT = 1.0  # prior variance of the constant c, in variances of y
OFFSET = 1.0  # prior variance of a block's offset, in variances of y
JITTER = 1e-9  # keeps noise-free covariances factorisable, in variances of y
ROOT5 = np.sqrt(5.0)
MOST_ROWS = 1_000  # of a fit: 8 MB a matrix, seconds in all, and no call of LAPACK beyond a tenth of a second
REMEMBERED = 6  # fits: those of one sweep, at most 8 MB each
REMEMBERED_MEANS, MOST_REMEMBERED = 48, 2**14  # means over points, and the most points, at most 6 MB in all
CACHED_CELLS = 2**15  # of the same, made at a time: they stay in a processor's cache
MOST_CELLS = 2**25  # of a matrix between points and rows: more points than that are predicted piece by piece


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """A fitted process; predictions are for the block-free response c + g, in the units of y."""

    x: FloatArray  # (n, 2)
    factor: FloatArray  # (n, n) lower Cholesky factor of the data's covariance
    weights: FloatArray  # (n,) inverse covariance times standardised y
    log_parameters: FloatArray  # (4,) logarithms: lengths along s and u, amplitude, nugget
    centre: float
    scale: float

    @property
    def noise(self) -> float:
        """Deviation of one run around the surface, units of y."""
        return float(self.scale * np.exp(self.log_parameters[3] / 2))

    def mean(self, x: FloatArray) -> FloatArray:
        """Posterior mean at (m, 2) points; shape (m,)."""
        heights_of = _heights_lately if len(x) <= MOST_REMEMBERED else _heights
        heights = heights_of(x, self.x, self.weights, self.log_parameters)
        return np.asarray(self.centre + self.scale * heights, dtype=np.float64)

    def draws(self, x: FloatArray, *, count: int, rng: np.random.Generator) -> FloatArray:
        """Joint posterior draws of the surface at (m, 2) points; shape (count, m)."""
        cross = _cross(x, self.x, self.log_parameters)
        half = solve_triangular(self.factor, cross.T, lower=True, check_finite=False)
        covariance = CONSTANT + _kernel(_squares(x, x), self.log_parameters) - half.T @ half
        covariance[np.diag_indices_from(covariance)] += 1e-7 * (1.0 + np.exp(self.log_parameters[2]))
        root = _root(covariance)
        drawn = rng.standard_normal((count, len(x))) @ root.T
        drawn *= self.scale
        drawn += self.mean(x)
        return np.asarray(drawn, dtype=np.float64)

    def gap_deviations(self, x: FloatArray, at: FloatArray) -> FloatArray:
        """Posterior deviation of the surface at (m, 2) points minus that at the point `at`, shape (2,); shape (m,).

        The constant cancels, and with it most of what blocks' offsets leave open. Hyperparameters are held, as in
        `draws`. Reference: Rasmussen & Williams (2006), Eq. 2.24.
        """
        here = at[None, :]
        alike = _kernel(_squares(x, here), self.log_parameters)[:, 0]
        cross = _cross(x, self.x, self.log_parameters) - _cross(here, self.x, self.log_parameters)
        half = solve_triangular(self.factor, cross.T, lower=True, check_finite=False)
        variance = 2.0 * (np.exp(self.log_parameters[2]) - alike) - np.sum(half**2, axis=0)
        return np.asarray(self.scale * np.sqrt(np.maximum(variance, 0.0)), dtype=np.float64)

    def reaches(self, x: FloatArray) -> NDArray[np.bool_]:
        """Mask of the (m, 2) points that have a fitted row within one length: elsewhere the mean is the prior's."""
        lengths = np.exp(self.log_parameters[:2])
        scaled, rows = x / lengths, self.x / lengths
        pieces = np.array_split(scaled, max(1, math.ceil(len(x) * len(rows) / MOST_CELLS)))
        found = [(_squares(piece, rows).sum(axis=0) <= 1.0).any(axis=1) for piece in pieces]
        return np.asarray(np.concatenate(found), dtype=np.bool_)

    def leave_one_out(self) -> tuple[FloatArray, FloatArray]:
        """Each fitted row minus its prediction from all others, block included, and that prediction's deviation.

        Shapes (n,), units of y, hyperparameters held. A row with few `repeats` in the fit hardly bears on the others.
        Reference: Rasmussen & Williams (2006), Eq. 5.12.
        """
        root = solve_triangular(self.factor, np.eye(len(self.weights)), lower=True, check_finite=False)
        precision = np.sum(root**2, axis=0)
        return self.scale * self.weights / precision, self.scale / np.sqrt(precision)


@lately(REMEMBERED)
def fit_process(
    x: FloatArray,
    y: FloatArray,
    *,
    repeats: FloatArray | None = None,
    blocks: NDArray[np.int64] | None = None,
    near: Process | None = None,
    fixed: bool = False,
) -> Process:
    """Fit the process by maximum a posteriori.

    Args:
        x: (n, 2) coordinates (s, u), n >= 1.
        y: (n,) responses; where a row is the mean of several runs, `repeats` says of how many.
        blocks: (n,) block of each row; blocks share an offset. None: one block.
        near: a process whose hyperparameters the search starts from; None: from the prior's.
        fixed: take the hyperparameters of `near` as they are, in variances of these responses.

    Of more than MOST_ROWS rows as many are fitted, always the same ones.
    """
    if len(y) > MOST_ROWS:
        some = _representatives(np.ones(len(y)) if repeats is None else repeats)
        x, y = x[some], y[some]
        repeats, blocks = None if repeats is None else repeats[some], None if blocks is None else blocks[some]
    centre, scale = float(np.mean(y)), float(np.std(y))
    scale = scale if scale > 1e-9 else 1.0
    target = (y - centre) / scale
    noise_share = np.ones(len(y)) if repeats is None else 1.0 / repeats
    offsets = CONSTANT + (np.zeros((len(y), len(y))) if blocks is None else _offsets(blocks))
    squares, parameters = _squares(x, x), PRIOR_MEAN if near is None else near.log_parameters
    if not fixed:
        best = minimize(
            _objective,
            parameters,
            args=(squares, target, noise_share, offsets),
            jac=True,
            method="L-BFGS-B",
            bounds=BOUNDS,
            options={"maxiter": 60, "ftol": 1e-6},
        )
        parameters = best.x
    factor = cholesky(_covariance(parameters, squares, noise_share, offsets), lower=True, check_finite=False)
    weights = cho_solve((factor, True), target, check_finite=False)
    return Process(x=x, factor=factor, weights=weights, log_parameters=parameters, centre=centre, scale=scale)


def pool_repeats(
    x: FloatArray, y: FloatArray, blocks: NDArray[np.int64]
) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.int64]]:
    """Average the runs that share point and block: (x, mean y, repeats, blocks) with one row per distinct pair."""
    keys = np.column_stack([x, blocks.astype(np.float64)])
    distinct, index = np.unique(keys, axis=0, return_inverse=True)
    index = index.ravel()
    repeats = np.bincount(index).astype(np.float64)
    means = np.bincount(index, weights=y) / repeats
    return distinct[:, :2], means, repeats, distinct[:, 2].astype(np.int64)


def _representatives(repeats: FloatArray) -> NDArray[np.int64]:
    """Indices of MOST_ROWS rows, ascending: those of the most repeats, among equals at random, always alike."""
    chance = np.random.default_rng(len(repeats)).permutation(len(repeats))
    return np.asarray(np.sort(np.lexsort((chance, -repeats))[:MOST_ROWS]), dtype=np.int64)


def _heights(x: FloatArray, rows: FloatArray, weights: FloatArray, log_parameters: FloatArray) -> FloatArray:
    """Standardised posterior mean at (m, 2) points of the process that has these rows; shape (m,)."""
    pieces = np.array_split(x, max(1, math.ceil(len(x) * len(rows) / MOST_CELLS)))
    return np.concatenate([_cross(piece, rows, log_parameters) @ weights for piece in pieces])


# Every look asks for the map's process at the nodes of the box, the zone, its ground and the grid at the same points.
_heights_lately = lately(REMEMBERED_MEANS)(_heights)


def _cross(x: FloatArray, rows: FloatArray, log_parameters: FloatArray) -> FloatArray:
    """Covariances (m, n) of the response at (m, 2) points with that at the (n, 2) rows; made some points at a time."""
    covariances = np.empty((len(x), len(rows)))
    step = max(1, CACHED_CELLS // len(rows) // 8) * 8
    for start in range(0, len(x), step):
        piece = slice(start, start + step)
        np.add(CONSTANT, _kernel(_squares(x[piece], rows), log_parameters), out=covariances[piece])
    return covariances


def _squares(a: FloatArray, b: FloatArray) -> FloatArray:
    """Squared distances per axis, shape (2, len(a), len(b))."""
    squares = np.empty((2, len(a), len(b)))
    np.subtract(a.T[:, :, None], b.T[:, None, :], out=squares)
    return np.square(squares, out=squares)


def _offsets(blocks: NDArray[np.int64]) -> FloatArray:
    return OFFSET * np.equal.outer(blocks, blocks).astype(np.float64) if len(np.unique(blocks)) > 1 else _none(blocks)


def _none(blocks: NDArray[np.int64]) -> FloatArray:
    return np.zeros((len(blocks), len(blocks)))


def _kernel(squares: FloatArray, log_parameters: FloatArray) -> FloatArray:
    scaled = np.tensordot(np.exp(-2.0 * log_parameters[:2]), squares, axes=1)
    distance = np.sqrt(scaled)
    distance *= ROOT5
    scaled *= 5.0 / 3.0
    kernel = 1.0 + distance
    kernel += scaled
    kernel *= np.exp(log_parameters[2])
    kernel *= np.exp(np.negative(distance, out=distance), out=distance)
    return np.asarray(kernel, dtype=np.float64)


def _covariance(
    log_parameters: FloatArray, squares: FloatArray, noise_share: FloatArray, fixed: FloatArray
) -> FloatArray:
    covariance = fixed + _kernel(squares, log_parameters)
    covariance[np.diag_indices_from(covariance)] += np.exp(log_parameters[3]) * noise_share + JITTER
    return covariance


def _objective(
    log_parameters: FloatArray, squares: FloatArray, target: FloatArray, noise_share: FloatArray, fixed: FloatArray
) -> tuple[float, FloatArray]:
    """Negative log posterior and its gradient (Rasmussen & Williams, Eq. 5.8 and 5.9)."""
    scales = np.exp(-2.0 * log_parameters[:2])
    scaled = np.tensordot(scales, squares, axes=1)
    kernel, falling = _kernel_and_slope(scaled, log_parameters[2])
    noise = np.exp(log_parameters[3]) * noise_share
    covariance = np.add(fixed, kernel, out=scaled)
    covariance.flat[:: len(target) + 1] += noise + JITTER
    factor = cholesky(covariance, lower=True, check_finite=False)
    unit = np.eye(len(target), order="F")
    inverse = cho_solve((factor, True), unit, overwrite_b=True, check_finite=False)
    weights = inverse @ target
    prior = (log_parameters - PRIOR_MEAN) / PRIOR_SD
    value = 0.5 * target @ weights + np.log(np.diag(factor)).sum() + 0.5 * prior @ prior
    sensitivity = np.outer(weights, weights)
    np.subtract(inverse, sensitivity, out=sensitivity)
    slope = np.multiply(sensitivity, falling, out=falling)
    lengths = [0.5 * scales[i] * np.sum(np.multiply(slope, squares[i], out=scaled)) for i in range(2)]
    height = 0.5 * np.sum(np.multiply(sensitivity, kernel, out=kernel))
    gradient = np.array([*lengths, height, 0.5 * np.diag(sensitivity) @ noise])
    return float(value), gradient + prior / PRIOR_SD


def _kernel_and_slope(scaled: FloatArray, log_amplitude: float) -> tuple[FloatArray, FloatArray]:
    """The kernel at scaled squared distances, and how steeply it falls with half their sum; spoils its argument."""
    rising = np.sqrt(scaled)
    rising *= ROOT5
    decay = np.subtract(log_amplitude, rising)
    np.exp(decay, out=decay)
    rising += 1.0
    scaled *= 5.0 / 3.0
    kernel = rising + scaled
    kernel *= decay
    rising *= 5.0 / 3.0
    rising *= decay
    return kernel, rising


def _root(covariance: FloatArray) -> FloatArray:
    """A square root R with R R^T = covariance, also where rounding made it slightly indefinite."""
    try:
        return np.asarray(cholesky(covariance, lower=True, check_finite=False), dtype=np.float64)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)), dtype=np.float64)
