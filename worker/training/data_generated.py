"""Generated data sets: digits rotated, scaled and shifted, from scikit-learn, from MNIST or from fonts.

All of it is a function of the seed, drawn with numpy and fast enough (about a second) to be made anew by each worker.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from worker.training.dataset import Images, Integers, balanced_subset

SIZE = 28  # pixels, height and width of a generated image
PER_CLASS = 1_000
CLASSES = 10
DIMENSIONS = 2  # of the two Gaussians
MAX_ROTATION = np.pi / 4  # the paper's digits are rotated by up to 45 degrees either way
CHUNK = 1_000  # images warped at once, to bound memory

# Faces bundled with matplotlib whose digits are digits (cmex10, cmsy10 and LastResort draw symbols in their place).
FACES = (
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    *("cmr10", "cmb10", "cmss10", "cmti10", "cmtt10"),
)
GLYPH_SIZE = 72  # pixels of a glyph's canvas
GLYPH_HEIGHT = 44  # pixels of a digit on it

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Distortion:
    """Ranges from which each image's distortion is drawn uniformly; rotation is always +-MAX_ROTATION."""

    height: tuple[float, float]  # of the digit, relative to its height in the source
    aspect: float = 0.0  # width over height varies by up to this share
    shear: float = 0.0
    shift: float = 0.0  # pixels


def digits() -> tuple[Images, Integers, Integers]:
    """The 1,797 handwritten digits of scikit-learn, their levels 0..16 stretched to 0..255."""
    table = _digits_table()
    images = np.rint(table[:, :-1].reshape(-1, 1, 8, 8) * (255.0 / 16.0)).astype(np.uint8)
    return images, table[:, -1].astype(np.int64), np.arange(len(images), dtype=np.int64)


def _digits_table() -> NDArray[np.float64]:
    """scikit-learn's own table (1797, 65): 64 levels and the digit, a row each.

    Its file is read where it lies, since importing scikit-learn takes longer than a small training.
    """
    package = find_spec("sklearn")
    if package is not None and package.origin is not None:
        file = Path(package.origin).with_name("datasets") / "data" / "digits.csv.gz"
        if file.is_file():
            return np.loadtxt(file, delimiter=",")
    from sklearn.datasets import load_digits

    data = load_digits()
    return np.column_stack([data.data, data.target])


def rotated_digits(seed: int) -> tuple[Images, Integers, Integers]:
    """10,000 rotated copies of the 1,797 digits, 1,000 per class, enlarged to 28x28."""
    from scipy.ndimage import zoom

    images, labels, _ = digits()
    enlarged = zoom(images[:, 0].astype(np.float32), (1, 5, 5), order=3)  # 40x40, smooth
    rng = np.random.default_rng([seed, 1])
    originals = np.concatenate([_cycle(np.flatnonzero(labels == label), rng) for label in range(CLASSES)])
    originals = rng.permutation(originals)
    distortion = Distortion(height=(0.45, 0.55), shift=1.5)
    return _warp(enlarged.clip(0, 255), originals, distortion, rng), labels[originals], originals


def rotated(images: Images, labels: Integers, groups: Integers, seed: int) -> tuple[Images, Integers, Integers]:
    """10,000 class-balanced images out of `images` (N, 1, 28, 28), each rotated about its centre."""
    rng = np.random.default_rng([seed, 2])
    kept = balanced_subset(labels, CLASSES * PER_CLASS, CLASSES, rng)
    turned = _warp(images[kept, 0].astype(np.float32), np.arange(len(kept)), Distortion(height=(1.0, 1.0)), rng)
    return turned, labels[kept], groups[kept]


def synthetic_digits(seed: int) -> tuple[Images, Integers, Integers]:
    """10,000 digits drawn from 21 typefaces: rotated, scaled, sheared, shifted, a little blurred and noisy."""
    rng = np.random.default_rng([seed, 3])
    labels = rng.permutation(np.repeat(np.arange(CLASSES, dtype=np.int64), PER_CLASS))
    faces = rng.integers(len(FACES), size=len(labels))
    distortion = Distortion(height=(0.34, 0.5), aspect=0.15, shear=0.2, shift=2.0)
    sharp = _warp(_glyphs(), faces * CLASSES + labels, distortion, rng)[:, 0].astype(np.float32)
    blur = rng.random((len(labels), 1, 1), dtype=np.float32)
    noise = 8.0 * rng.standard_normal(sharp.shape, dtype=np.float32)  # grey levels
    images = sharp + blur * (_blurred(sharp) - sharp) + noise
    pixels = np.rint(images.clip(0, 255)).astype(np.uint8)[:, None]
    return pixels, labels, np.arange(len(labels), dtype=np.int64)


def two_gaussians(seed: int) -> tuple[Floats, Integers, Integers]:
    """2,000 points in the plane, 1,000 of each of two classes: N((-1, -1), I) and N((1, 1), I), in random order.

    A reconstruction: the paper on function changes names two Gaussians at -1 and 1 with standard deviation 1; the
    number of dimensions and of points is ours. The best classifier errs on 7.9 % of them.
    """
    rng = np.random.default_rng([seed, 4])
    labels = rng.permutation(np.repeat(np.arange(2, dtype=np.int64), PER_CLASS))
    points = rng.standard_normal((len(labels), DIMENSIONS)) + (2.0 * labels[:, None] - 1.0)
    return points.astype(np.float32)[:, None, None], labels, np.arange(len(labels), dtype=np.int64)


def _cycle(originals: Integers, rng: np.random.Generator) -> Integers:
    """PER_CLASS originals, each as often as any other give or take one."""
    rounds = math.ceil(PER_CLASS / len(originals))
    return np.concatenate([rng.permutation(originals) for _ in range(rounds)])[:PER_CLASS]


def _glyphs() -> Floats:
    """(faces * 10, GLYPH_SIZE, GLYPH_SIZE) white digits on black, all of one height, centred by their boxes."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    glyphs = np.zeros((len(FACES) * CLASSES, GLYPH_SIZE, GLYPH_SIZE), dtype=np.float32)
    for number, face in enumerate(FACES):
        probe = ImageFont.truetype(folder / f"{face}.ttf", 100)
        box = probe.getbbox("0")
        font = ImageFont.truetype(folder / f"{face}.ttf", 100 * GLYPH_HEIGHT / (box[3] - box[1]))
        for digit in range(CLASSES):
            canvas = Image.new("L", (GLYPH_SIZE, GLYPH_SIZE))
            left, top, right, bottom = font.getbbox(str(digit))
            place = ((GLYPH_SIZE - left - right) / 2, (GLYPH_SIZE - top - bottom) / 2)
            ImageDraw.Draw(canvas).text(place, str(digit), font=font, fill=255)
            glyphs[number * CLASSES + digit] = np.asarray(canvas, dtype=np.float32)
    return _blurred(glyphs)  # the warp shrinks them about twofold: soften first, so that it does not alias


def _blurred(images: Floats) -> Floats:
    """Binomial blur, 1-2-1 in each direction."""
    for axis in (1, 2):
        padded = np.pad(images, [(0, 0) if a != axis else (1, 1) for a in range(3)])
        lower, upper = (np.take(padded, range(k, k + images.shape[axis]), axis=axis) for k in (0, 2))
        images = 0.25 * lower + 0.5 * images + 0.25 * upper
    return images


def _warp(sources: Floats, chosen: Integers, distortion: Distortion, rng: np.random.Generator) -> Images:
    """Draws a distortion for each chosen source and resamples it to (n, 1, SIZE, SIZE)."""
    inverse, shift = _inverse_maps(len(chosen), distortion, rng)
    images = np.empty((len(chosen), 1, SIZE, SIZE), dtype=np.uint8)
    for start in range(0, len(chosen), CHUNK):
        part = slice(start, start + CHUNK)
        images[part, 0] = np.rint(_resample(sources, chosen[part], inverse[part], shift[part])).astype(np.uint8)
    return images


def _inverse_maps(n: int, distortion: Distortion, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(n, 2, 2) maps from output to source offsets, in (row, column), and (n, 2) shifts in output pixels."""
    angle = rng.uniform(-MAX_ROTATION, MAX_ROTATION, n)
    height = rng.uniform(*distortion.height, n)
    width = height * rng.uniform(1.0 - distortion.aspect, 1.0 + distortion.aspect, n)
    shear = rng.uniform(-distortion.shear, distortion.shear, n)
    shift = rng.uniform(-distortion.shift, distortion.shift, (n, 2))
    zeros, cos, sin = np.zeros(n), np.cos(angle), np.sin(angle)
    rotation = np.array([[cos, -sin], [sin, cos]])
    shape = np.array([[height, zeros], [shear * height, width]])
    forward = np.einsum("ijn,jkn->nik", rotation, shape)
    return np.linalg.inv(forward).astype(np.float32), shift.astype(np.float32)


def _resample(sources: Floats, chosen: Integers, inverse: Floats, shift: Floats) -> Floats:
    """Bilinear resampling about the centres, black outside; (n, SIZE, SIZE)."""
    offsets = np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2
    grid = np.stack(np.meshgrid(offsets, offsets, indexing="ij")).reshape(2, -1)
    centre = (np.array(sources.shape[1:], dtype=np.float32) - 1) / 2
    places = inverse @ (grid - shift[:, :, None]) + centre[:, None] + 1  # + 1: the black border added below
    bordered = np.pad(sources, ((0, 0), (1, 2), (1, 2)))
    row, column = (places[:, axis].clip(0, sources.shape[axis + 1] + 1) for axis in (0, 1))
    top, left = row.astype(np.int64), column.astype(np.int64)
    down, right = row - top, column - left
    which = chosen[:, None]
    above = bordered[which, top, left] * (1 - right) + bordered[which, top, left + 1] * right
    below = bordered[which, top + 1, left] * (1 - right) + bordered[which, top + 1, left + 1] * right
    mixed: Floats = (above * (1 - down) + below * down).astype(np.float32)
    return mixed.reshape(-1, SIZE, SIZE)
