"""The landscape as a picture without plotly: what a page shows at once, and reads without any script.

Drawn as SVG from what `landscape` holds. Settings are dots in seven classes of the palette's scale, which the style
sheet colours in the reader's theme; a class is one path, so that 2,400 settings take less than 40 kB.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from studies.figures.arm_signs import star
from studies.figures.contours import contours
from studies.figures.landscape import LandscapeInfo, Line, good_end, region_positions
from studies.figures.outcome_signs import SIGNS
from studies.figures.parameters import point_text, rate_symbol, shown
from studies.figures.scales import Ticks, even_step, shade_ticks
from studies.figures.svg import Position, cut, element, line, position, spread, text
from studies.figures.theme import LIGHT
from studies.language.objective_names import is_real, objective_label
from studies.verdict.answers import RunOutcome
from studies.verdict.model import LEVEL, RegionMap

NAME, SHEET = "landscape-picture", "answers.css"
WIDTH, HEIGHT = 420.0, 404.0  # px at its natural size
LEFT, RIGHT, TOP, BOTTOM = 58.0, 408.0, 34.0, 318.0  # sides of the area
CLASSES = len(LIGHT.scale)  # of values
MOST_DOTS, MOST_SIGNS = 2400, 800  # drawn at most, so that the picture stays small
MANY = 300  # settings, from which on the dots are small
GAP_X, GAP_Y, GAP_KEY, GAP_RATE = 42.0, 18.0, 46.0, 27.0  # least distances of two ticks
KEY, KEY_TOP = 216.0, 372.0  # where the key of the classes starts
MOST_LEVELS = 5  # contour lines
DECADES = 307  # of powers of ten on either side of 1, which floats hold with all their digits
FEWEST_DIAGONALS = 5  # else lines at 3 × 10^n come between those at 10^n
NEAR = 1.2  # px: points of a line that are closer together are left out
SHAPES = {  # of the signs, from a mark's middle and back to it
    RunOutcome.COLLAPSED.value: "m-3.5-3h7l-3.5 6zm3.5 3",
    RunOutcome.UNTRAINED.value: "m0-4l3.5 4-3.5 4-3.5-4zm0 4",
    RunOutcome.DIVERGED.value: "m-3-3l6 6m0-6l-6 6m3-3",
    "chance": "m0-4v8m-4-4h8m-4 0",
}


@dataclass(frozen=True, slots=True)
class Area:
    """Where values of the two parameters are drawn."""

    x: Position  # of coordinates of the second
    y: Position  # of drawn positions of the first

    def path(self, drawn: Line) -> str:
        """A line in the area."""
        return _path([(self.x(u), self.y(y)) for u, y in zip(drawn.u, drawn.y, strict=True)])


@dataclass(frozen=True, slots=True)
class LandscapeShown:
    """The picture as a page shows it.

    Attributes:
        picture: an SVG element; empty before the first run.
        caption: what its marks mean.
        empty: why there is no picture; "" where there is one.
    """

    picture: Markup
    caption: str
    empty: str


def landscape_shown(info: LandscapeInfo, key: str = "") -> LandscapeShown:
    """The picture with its caption, or the sentence that stands in its place; `key` as of `landscape_picture`."""
    return LandscapeShown(landscape_picture(info, key), "" if info.empty else caption(info), info.empty)


def landscape_picture(info: LandscapeInfo, key: str = "") -> Markup:
    """The landscape as an SVG element; nothing where there is nothing to draw.

    Args:
        info: what it shows.
        key: distinguishes it from the other landscapes of its page, whose parts have names.
    """
    if info.empty:
        return Markup("")
    area = Area(
        position(*info.u_range, LEFT, RIGHT),
        position(*info.y_range, BOTTOM, TOP, is_log=shown(info.axes)[0].is_logarithmic),
    )
    parts = [*_grid(info, area), *_diagonals(info, area), *_lines(info, area), *_surface(info, area)]
    parts += [*_dots(info, area, key), *_signs(info, area), *_marks(info, area), *_key(info)]
    many = " many" if len(info.measured) + len(info.failed) > MANY else ""
    parts.sort(key=lambda part: part.startswith("<text"))  # over the marks, so that they can be read
    return element(WIDTH, HEIGHT, Markup("").join(parts), names=NAME + many, said=_said(info))


def caption(info: LandscapeInfo) -> str:
    """What the marks of the picture mean, of those that it has, in sentences."""
    one, other = info.axes.symbols
    said = ["Star and band: the claim and its tolerance. Ring: the best measured." if info.best else "Star: the claim."]
    said += ["Shaded: where the optimum can lie (95 %)."] if info.region is not None else []
    said += ["Outline: the box as submitted."] if info.preregistered is not None else []
    said += ["Dashed: η = (1−α)²."] if info.curve is not None and info.curve.u else []
    said += [f"Thick line: the best {one} at each {other}."] if info.crest is not None else []
    said += [f"Thin diagonals: the same {rate_symbol(info.axes)}; dotted, the claim’s."] if info.axes.ridge else []
    counts = Counter(cell.sign for cell in info.failed)
    failed = ", ".join(f"{sign.character} {sign.word}" for name, sign in SIGNS.items() if counts[name])
    said += [f"Failed: {failed}."] if failed else []
    hidden = info.hidden + sum(len(every) - len(_chosen(every, most)) for every, most in _limits(info))
    total = len(info.measured) + len(info.failed) + info.hidden
    said += [f"{total - hidden:,} of {total:,} settings are drawn, chosen evenly."] if hidden else []
    return " ".join(said)


def _limits(info: LandscapeInfo) -> tuple[tuple[Sequence[object], int], ...]:
    return (info.measured, MOST_DOTS), (info.failed, MOST_SIGNS)


def _chosen(every: Sequence[object], most: int) -> list[int]:
    """Indices of an even choice of at most so many."""
    kept = min(len(every), most)
    return [i * len(every) // kept for i in range(kept)]


def _grid(info: LandscapeInfo, area: Area) -> Iterator[Markup]:
    """Ticks that have room for their texts, their lines, the sides of the area, and the parameters' names."""
    first, second = shown(info.axes)
    for x, said in _apart(info.u_ticks, area.x, GAP_X):
        yield line(x, TOP, x, BOTTOM, "grid")
        yield text(x, BOTTOM + 17, said, "tick middle")
    for y, said in _apart(info.y_ticks, area.y, GAP_Y):
        yield line(LEFT, round(y, 1), RIGHT, round(y, 1), "grid")
        yield text(LEFT - 6, round(y + 4, 1), said, "tick end")
    yield line(LEFT, BOTTOM, RIGHT, BOTTOM, "axis")
    yield line(LEFT, TOP, LEFT, BOTTOM, "axis")
    yield text((LEFT + RIGHT) / 2, BOTTOM + 36, second.title, "tick middle")
    yield text(0, 12, first.title, "tick")


def _apart(ticks: Ticks, at: Position, gap: float) -> Iterator[tuple[float, str]]:
    """Places and texts of the ticks that keep a distance to the one before."""
    last = math.inf
    for value, said in zip(ticks.at, ticks.text, strict=True):
        here = at(value)
        if abs(here - last) >= gap:
            last = here
            yield here, said


def _diagonals(info: LandscapeInfo, area: Area) -> Iterator[Markup]:
    """A second scale: lines of constant eta / (1 - alpha), each with its value where it enters the area."""
    if not info.axes.ridge:
        return
    left, right = info.u_range
    low, high = (math.log(end) for end in info.y_range)
    last = -math.inf
    yield text(RIGHT, 12, rate_symbol(info.axes), "tick end")
    for rate in _rates(left + low, right + high):
        total = math.log(rate)
        start, end = max(left, total - high), min(right, total - low)
        x, y = area.x(start), area.y(math.exp(total - start))
        yield line(x, round(y, 1), area.x(end), round(area.y(math.exp(total - end)), 1), "rate")
        if start > left and x - last >= GAP_RATE:
            last = x
            yield text(x, TOP - 6, f"{rate:g}", "small middle" if x < RIGHT - 10 else "small end")
        elif start == left:
            yield text(LEFT + 5, round(max(y - 3, TOP + 12), 1), f"{rate:g}", "small")


def _rates(low: float, high: float) -> list[float]:
    """Round values whose logarithms lie well within a range, rising."""
    first, last = math.floor(low / math.log(10.0)), math.ceil(high / math.log(10.0))
    decades = range(max(first, -DECADES), min(last, DECADES) + 1)
    pad = 0.06 * (high - low)
    found = [m * 10.0**e for e in decades for m in (1.0, 3.0)]
    inside = [rate for rate in found if low + pad < math.log(rate) < high - pad]
    whole = [rate for rate in inside if f"{rate:e}".startswith("1")]
    return whole if len(whole) >= FEWEST_DIAGONALS else inside


def _lines(info: LandscapeInfo, area: Area) -> Iterator[Markup]:
    yield _drawn(f"{area.path(info.neighbourhood)}z", "band")
    found = ((info.preregistered, "box"), (info.curve, "curve"), (info.ridge, "ridge"), (info.crest, "crest"))
    for each, name in found:
        if each is not None and each.u:
            yield _drawn(area.path(each), name)


def _surface(info: LandscapeInfo, area: Area) -> Iterator[Markup]:
    """The region's outline, and lines of equal fitted value with their values."""
    if info.region is None:
        return
    x = [area.x(u) for u in info.region.u]
    y = [area.y(v) for v in region_positions(info).tolist()]
    yield from _region(info.region, x, y)
    if not any(value is not None for row in info.region.mean for value in row):
        return
    mean = _filled(info.region.mean, math.nan)
    for value, said in _levels(info, info.region):
        chains = contours(x, y, mean, value)
        yield _drawn("".join(map(_path, chains)), "level")
        if chains and said:
            across, up = chains[0][len(chains[0]) // 2]
            yield text(across, round(up + 4, 1), said, "small middle")


def _region(region: RegionMap, x: Sequence[float], y: Sequence[float]) -> Iterator[Markup]:
    """Closed along the sides of the grid, beyond which nothing is plausible."""
    p = np.pad(np.array(_filled(region.p, 0.0)), 1).tolist()
    chains = contours([x[0], *x, x[-1]], [y[0], *y, y[-1]], p, LEVEL)
    yield _drawn("".join(f"{_path(chain)}z" for chain in chains), "region")


def _filled(grid: Iterable[Iterable[float | None]], missing: float) -> list[list[float]]:
    return [[missing if value is None else value for value in row] for row in grid]


def _levels(info: LandscapeInfo, region: RegionMap) -> list[tuple[float, str]]:
    """Round values of the good end, whose responses are those of the shades; of a real measure, even steps unnamed."""
    low, top = good_end(region, info.objective)
    if is_real(info.objective):
        return [(low + (top - low) * i / MOST_LEVELS, "") for i in range(MOST_LEVELS)]
    ticks = shade_ticks(low, top, info.objective)
    step = even_step(len(ticks.at), MOST_LEVELS)
    return list(zip(ticks.at, ticks.text, strict=True))[::-1][::step]


def _dots(info: LandscapeInfo, area: Area, key: str) -> Iterator[Markup]:
    """Settings that trained, the worst class first: a path per class, drawn once as its edge and once as itself."""
    classes: list[set[tuple[int, int]]] = [set() for _ in range(CLASSES)]
    low, high = info.shade_range
    for i in _chosen(info.measured, MOST_DOTS):
        cell, value = info.measured[i], info.shades[i]
        share = 0.0 if value is None else (value - low) / (high - low)
        kind = min(max(int(share * CLASSES), 0), CLASSES - 1)
        classes[kind].add((round(area.x(cell.u)), round(area.y(cell.y))))
    for kind, places in enumerate(classes):
        if places:
            name = f"landscape{key}-dots-{kind}"
            drawn = Markup('<path id="{}" d="{}"/>').format(name, spread(places, "h0"))
            yield Markup('<g class="dots edge"><use href="#{}"/></g><g class="dots c{}">{}</g>').format(
                name, kind, drawn
            )


def _signs(info: LandscapeInfo, area: Area) -> Iterator[Markup]:
    """Settings that failed, a path per outcome."""
    places: dict[str, set[tuple[int, int]]] = {}
    for i in _chosen(info.failed, MOST_SIGNS):
        cell = info.failed[i]
        places.setdefault(cell.sign, set()).add((round(area.x(cell.u)), round(area.y(cell.y))))
    for name in SIGNS:
        if found := places.get(name):
            yield _drawn(spread(found, SHAPES[name]), f"sign {name}")


def _marks(info: LandscapeInfo, area: Area) -> Iterator[Markup]:
    if info.best is not None:
        yield Markup('<circle class="best" cx="{:.1f}" cy="{:.1f}" r="8"/>').format(
            area.x(info.best.u), area.y(info.best.y)
        )
    yield _drawn(star(area.x(info.claim.u), area.y(info.claim.y), 9.0, 3.8), "star")


def _key(info: LandscapeInfo) -> Iterator[Markup]:
    """The classes' colours with values at their places, and what they are values of."""
    width = (RIGHT - KEY) / CLASSES
    for kind in range(CLASSES):
        yield Markup('<rect class="f{}" x="{:.1f}" y="{:g}" width="{:.1f}" height="9"/>').format(
            kind, KEY + kind * width, KEY_TOP, width
        )
    yield text(KEY - 8, KEY_TOP + 9, cut(objective_label(info.objective), 26), "tick end")
    for x, said in _apart(info.shade_ticks, position(*info.shade_range, KEY, RIGHT), GAP_KEY):
        yield text(x, KEY_TOP + 25, said, "small end" if x > RIGHT - 14 else "small middle")


def _drawn(path: str, names: str) -> Markup:
    return Markup('<path class="{}" d="{}"/>').format(names, path)


def _path(points: Sequence[tuple[float, float]]) -> str:
    """A line through points, the closest of them left out; steps are relative, which is shorter."""
    said, here = "", (0.0, 0.0)
    for i, point in enumerate(points):
        x, y = round(point[0], 1), round(point[1], 1)
        if i == 0:
            said, here = f"M{x:g} {y:g}", (x, y)
        elif i == len(points) - 1 or math.dist(here, (x, y)) >= NEAR:
            said += f"l{x - here[0]:.1f} {y - here[1]:.1f}".replace(" -", "-").replace(".0", "")
            here = (x, y)
    return said


def _said(info: LandscapeInfo) -> str:
    """What the picture shows, in words."""
    first, second = shown(info.axes)
    counts = Counter(cell.sign for cell in info.failed)
    failed = [f"{counts[name]:,} {sign.word}" for name, sign in SIGNS.items() if counts[name]]
    total = len(info.measured) + len(info.failed) + info.hidden
    said = f"Landscape over {first.title} and {second.title}: {total:,} settings"
    said += f", of which {', '.join(failed)}. " if failed else ". "
    said += f"The claim is {point_text(info.axes, info.claim.eta, info.claim.alpha)}."
    if info.best is not None:
        said += f" Best measured: {point_text(info.axes, info.best.eta, info.best.alpha)}."
    return said
