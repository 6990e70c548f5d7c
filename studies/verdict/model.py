"""Evidence and verdicts: the plain records that a verdict is made from and that it consists of.

`Evidence` in, `SweepVerdict` out (`decide.decide_sweep`), `StudyVerdict` over all sweeps (`decide.decide_study`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from studies.language.axis import AxisPlace
from studies.language.claim import MEASURE, Claim, shows_points
from studies.language.measure import Direction, Kind, Measure
from studies.language.objective_names import Judged
from studies.language.parameters import Scale
from studies.language.phases import Phase
from studies.language.space import Space
from studies.language.versions import ANALYSIS_OF_SCHEMA, SCHEMA_VERSION
from studies.records import Runs
from studies.verdict.answers import Answers
from studies.verdict.methods import Method, method_of

if TYPE_CHECKING:
    from studies.verdict.sequential import Looks  # brings SciPy, which clients do without

ANALYSIS_VERSION = ANALYSIS_OF_SCHEMA[SCHEMA_VERSION]  # of new documents, and of tables that name none
LEVEL = 0.05  # of regions and intervals, 1 - 0.95; a verdict is held at the claim's own level
QUANTILE = 1.9599639845400545  # of the normal distribution at LEVEL / 2; written out, lest every start load SciPy


class Outcome(StrEnum):
    """The three answers."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"

    @property
    def decides(self) -> bool:
        """True of the two that say that something is so."""
        return self is not Outcome.INCONCLUSIVE


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a sweep's verdict depends on."""

    sweep: str
    loss: str
    context: str
    claim: Claim
    space: Space  # the box in force: the study's own, or as widened
    classes: int  # K, for chance level
    epochs: int  # for runs that never reached the target accuracy
    runs: Runs
    planned_runs: int  # runs that the phases reached so far were to give
    failed_runs: int  # of these, lost to infrastructure (never divergence)
    phases_done: tuple[str, ...]  # phases whose every trial is final
    fixed_design: bool  # False where points came from an adaptive sampler
    seed: int  # seeds the analysis' own draws; same rows and seed, same verdict
    looks: int = 1  # analyses of complete data so far, this one included
    objective: str = ""  # in which the runs are judged; "" becomes the claim's when the record is made
    analysis: int = ANALYSIS_VERSION  # version of the analysis, a key of `methods.METHODS`
    axis: AxisPlace | None = None  # the context's place on an axis; None where it is on none
    schedule: Looks | None = None  # of a sequential confirmation, as the document fixes it; None: all blocks at once
    shown_context: str = ""  # the context as sentences name it: one that trains by a reconstruction says so

    def __post_init__(self) -> None:
        if not self.objective:
            object.__setattr__(self, "objective", self.claim.objective)
        if not self.shown_context:
            object.__setattr__(self, "shown_context", self.context)

    @property
    def method(self) -> Method:
        """Settings of the analysis."""
        return method_of(self.analysis)

    @property
    def measure(self) -> Measure | None:
        """The measure by which the runs are judged; None: by a built-in objective."""
        return self.claim.measure if self.objective == MEASURE else None

    @property
    def judged(self) -> Judged:
        """The objective, or the measure, by which the runs are judged."""
        return self.measure or self.objective

    @property
    def in_points(self) -> bool:
        """True where differences in the objective read as percentage points."""
        return shows_points(self.objective, self.measure)

    @property
    def is_widened(self) -> bool:
        """True where `space` is a widened box."""
        return Phase.WIDEN in self.phases_done or bool((self.runs.phase == Phase.WIDEN).any())


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with a confidence interval; `low` and `high` are None where the data give none."""

    estimate: float | None
    low: float | None
    high: float | None


UNKNOWN = Interval(None, None, None)


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for the verdict: a stable code and one sentence for a reader."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A verdict in words, by its parts."""

    about: str  # claim, answer, loss and context, without a full stop; "" where it is about no single sweep
    main: str  # what decided it
    more: tuple[str, ...] = ()  # further sentences, in order

    @property
    def text(self) -> str:
        """All parts as one text."""
        head = f"{self.about}." if self.about else ""
        return " ".join(part for part in (head, self.main, *self.more) if part)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Paired comparison of the claim's point with another arm on shared blocks, in logit and in percentage points."""

    arm: str
    eta: float
    alpha: float
    pairs: int
    difference: Interval  # arm minus claim, response units (logit)
    difference_points: Interval  # arm minus claim, percentage points of accuracy (None where not meaningful)
    p_equivalent: float | None  # H0: the arm beats the claim by the margin or more
    p_worse: float | None  # H0: the arm beats the claim by no more than the margin
    p_permutation: float | None  # sign-flip counterpart of the t-test of zero difference
    p_alike: float | None = None  # H0: the arm differs from the claim by the margin or more, either way (TOST)
    p_loses: float | None = None  # H0: the arm loses to the claim by no more than the margin


@dataclass(frozen=True, slots=True)
class RidgeDrop:
    """Loss of the best response from the estimated optimum's alpha to another, each at its own best eta."""

    alpha: float  # an edge of the claim's neighbourhood
    drop: Interval  # response units, pointwise 95 %; None where the edge lies outside the fitted zone


@dataclass(frozen=True, slots=True)
class OtherWidth:
    """Probability of a neighbourhood of another width than the claim's; shown, never tested."""

    factor: float  # within this factor of the claim's eta and 1 - alpha, each way
    pi_inside: float  # posterior share of optima in it
    prior_inside: float  # the same with no data: its share of the box


@dataclass(frozen=True, slots=True)
class RegionMap:
    """Confidence region of the optimum's location on a grid, for figures. p is row-major: p[i][j] at (v[j], u[i])."""

    v: tuple[float, ...]
    u: tuple[float, ...]
    p: tuple[tuple[float | None, ...], ...]  # p-value of "the optimum is here"; None beyond the zone and its rim
    mean: tuple[tuple[float | None, ...], ...]  # fitted response
    process: tuple[tuple[float | None, ...], ...] | None = None  # p of the process alone, where two methods are joined


@dataclass(frozen=True, slots=True)
class Needed:
    """Data that would decide an inconclusive sweep if the present estimates were the truth: a forecast, not a test.

    All None but the sentence where more of the same would decide nothing.
    """

    factor: float | None  # times the present zoom points and blocks
    zoom_points: int | None  # further ones; of a new study: all
    blocks: int | None  # likewise
    runs: int | None  # likewise, of this sweep
    expected: Outcome | None  # the answer then
    by_extension: bool  # by later looks at this study; False: only a new, larger study would
    sentence: str


@dataclass(frozen=True, slots=True)
class ParameterPlace:
    """Where the optimum lies along one of a study's own parameters, in the parameter's unit."""

    name: str
    scale: Scale
    claim: float
    near_low: float  # the claim's neighbourhood
    near_high: float
    estimate: float | None
    low: float | None  # 95 % marginal of the joint region
    high: float | None


@dataclass(frozen=True, slots=True)
class MeasureRecord:
    """The measure that a verdict is by, as the document states it."""

    name: str
    direction: Direction
    kind: Kind
    test_size: int | None = None


@dataclass(frozen=True, slots=True)
class SweepVerdict:
    """The answer for one sweep (one loss in one context) and one objective, with every number behind it."""

    sweep: str
    loss: str
    context: str
    objective: str
    outcome: Outcome
    reasons: tuple[Reason, ...]
    sentence: str  # for readers who are no statisticians
    runs: int
    sigma: float | None  # within-block seed deviation, response units
    margin: float | None  # delta, response units
    margin_points: float | None  # delta at the claim's level, percentage points
    eta: Interval  # optimum's location along the first parameter, 95 % marginal of the joint region
    alpha: Interval  # along the second
    effective_rate: Interval  # this and the next two only where there is a ridge
    kappa: Interval
    ridge_slope: Interval  # d(argmax v)/du: -1 on the ridge, -2 on the claim's curve
    pi_inside: float | None  # posterior share of optima inside the neighbourhood
    prior_inside: float | None  # the same with no data: share of the box
    edge_mass: float | None
    p_claim: float | None  # H0: the claim's point is the optimum
    p_in: float | None  # H0: the optimum lies outside the neighbourhood
    p_out: float | None  # H0: the optimum lies inside it (or at the claim)
    regret: Interval  # best reachable response minus the claim's, response units, simultaneous bound
    p_support: float | None  # divided by its look's share of the level, like p_refute: `looks`
    p_refute: float | None
    p_support_adjusted: float | None  # Holm over the study's secondary sweeps
    p_refute_adjusted: float | None
    comparisons: tuple[Comparison, ...]
    diverged_share: float
    lack_of_fit: float | None  # p-value of what the polynomial leaves out; below 0.01 the location tests are void
    degree: int | None  # of the fitted polynomial
    region: RegionMap | None
    pairs_needed: int | None = None  # blocks for the regret test to settle at 95 % power; None where unknown
    looks: int = 1  # analyses of complete data so far, this one included; all of them share the level
    needed: Needed | None = None  # what would decide; None where decided, or where more data is not what is missing
    bayes_factor: float | None = None  # of "the optimum lies in N": posterior odds over the odds before any data
    ridge_drops: tuple[RidgeDrop, ...] = ()  # to the neighbourhood's lower and upper edge in alpha
    other_widths: tuple[OtherWidth, ...] = ()  # factors sqrt(2) and sqrt(10): how much depends on the tolerance
    parts: Sentence | None = field(default=None, compare=False)  # of `sentence`; None where only its text is known
    answers: Answers | None = None  # of analysis 5; None under earlier ones, whose JSON has no such field
    parameters: tuple[ParameterPlace, ...] = ()  # both, by name; empty, and not in JSON, for the paper's eta and alpha
    measure: MeasureRecord | None = None  # of a study that states one; None, and not in JSON, for a built-in objective


@dataclass(frozen=True, slots=True)
class Nearness:
    """Probability that one loss' optimum lies nearer to the claim's point than another's, in one context."""

    context: str
    loss: str
    other: str
    probability: float  # posterior; 1/2 where the two cannot be distinguished


@dataclass(frozen=True, slots=True)
class DriftPair:
    """Two contexts' optima, second against first."""

    first: str
    second: str
    rate_ratio: Interval  # of effective rates eta / (1 - alpha), 95 %
    memory_ratio: Interval  # of memories 1 / (1 - alpha), 95 %
    distance: Interval  # in (ln eta, -ln(1 - alpha)), 95 %, at least
    p_value: float  # H0: one common optimum
    p_adjusted: float  # Holm over the loss' pairs


@dataclass(frozen=True, slots=True)
class Drift:
    """One loss' optimum across contexts: does it move?"""

    loss: str
    contexts: tuple[str, ...]
    left_out: tuple[str, ...]  # contexts without a located optimum, or with one at the box's edge
    q: float  # Cochran's, joint in effective rate and memory
    df: int
    p_joint: float  # H0: one optimum for all contexts
    p_effective_rate: float
    p_memory: float
    eta: Interval  # pooled, 95 %; of use only where the contexts agree
    alpha: Interval
    effective_rate: Interval
    pairs: tuple[DriftPair, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class ScalingLaw:
    """A theory's power of an axis, beside a slope that was measured."""

    name: str
    source: str
    slope: float
    inside: bool  # the measured slope's 95 % interval holds it


@dataclass(frozen=True, slots=True)
class TrendLine:
    """One quantity of the optimum along an axis, on logarithms of both.

    The quantity of a parameter on the scale of one minus is 1 / (1 - value), the memory of a momentum weight.
    """

    quantity: str  # the parameter's name, or "effective_rate"
    optima: tuple[Interval, ...]  # at each context of the trend, 95 % by the covariance that the fit weighs with
    slope: Interval  # 95 %; unknown with fewer than three optima
    middle: float | None  # of the axis, where the line is known best
    level: float | None  # the quantity there, on the line
    p_constant: float | None  # H0: the quantity is the same at all values
    p_line: float | None  # H0: one power describes it
    laws: tuple[ScalingLaw, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Trend:
    """One loss' optimum along one axis of the study."""

    loss: str
    axis: str
    field: str
    contexts: tuple[str, ...]  # with a located optimum, by their values
    values: tuple[float, ...]
    left_out: tuple[str, ...]  # contexts of the axis without one, or with one at the box's edge
    p_joint: float | None  # H0: one optimum at all values, as of the drift
    lines: tuple[TrendLine, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class StudyVerdict:
    """The study's answer: that of the primary loss in the first context; sweeps are never averaged."""

    study: str
    outcome: Outcome
    sentence: str
    objective: str
    claim_hash: str
    analysis_version: int
    sweeps: tuple[SweepVerdict, ...]
    nearness: tuple[Nearness, ...] = ()  # the primary loss against each other, per context; a description, no test
    drift: tuple[Drift, ...] = ()  # per loss, where it has several contexts
    trends: tuple[Trend, ...] = ()  # per loss and axis; empty, and not in JSON, for a study without an axis
    parts: Sentence | None = field(default=None, compare=False)  # of `sentence`; None where only its text is known


def parts_of(verdict: SweepVerdict | StudyVerdict) -> Sentence:
    """The verdict's sentence by its parts; one that is known as text alone is all main part."""
    return verdict.parts or Sentence("", verdict.sentence)
