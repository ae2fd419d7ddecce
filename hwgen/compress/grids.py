"""Which integers stand for the real numbers of each map: scale and zero point.

Maps whose operation only moves numbers (pools, flatten, concat) share the grid of what they read. The two maps of an
add get scales in the ratio of two small integers, so that the sum is one rounding of w0*x0 + w1*x1 and costs the array
two taps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, floor, frexp, inf

from hwgen.compress.calibrate import Range
from hwgen.compress.scales import round_half_away
from hwgen.model import INPUT, Activation, Add, AvgPool2d, Concat, Flatten, Layer, MaxPool2d, Model, Softmax
from hwgen.model.activation import value_range

FIXED_POINT_BITS = 16
"""Maps of this width are fixed point: the scale is a power of two, the zero point 0."""
SOFTMAX_BITS = 8
MOST_WEIGHT = 127
"""Greatest weight of an add that is one tap."""
WIDENING = 1 / 256
"""What a scale may grow by for an add to have the smallest weights; more only where none are so near."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """real = scale * (q - zero_point). ``given``: it stood in the model and is not changed."""

    bits: int
    signed: bool
    scale: float
    zero_point: int
    given: bool = False

    @classmethod
    def of(cls, activation: Activation) -> Grid:
        """That of an integer map."""
        return cls(
            bits=activation.bits,
            signed=activation.signed,
            scale=activation.scale,
            zero_point=activation.zero_point,
            given=True,
        )

    @classmethod
    def over(cls, ends: Range, bits: int) -> Grid:
        """The finest signed grid that holds a range, and 0 exactly."""
        low, high = min(ends.low, 0.0), max(ends.high, 0.0)
        least, greatest = value_range(bits, True)
        if bits == FIXED_POINT_BITS:
            most = max(-low / -least, high / greatest)
            mantissa, exponent = frexp(most)
            return cls(
                bits=bits, signed=True, scale=2.0 ** (exponent - (mantissa == 0.5)) if most else 1.0, zero_point=0
            )
        return cls._affine(ends, bits, (high - low) / (greatest - least) or 1.0)

    @classmethod
    def _affine(cls, ends: Range, bits: int, scale: float) -> Grid:
        least, greatest = value_range(bits, True)
        zero_point = min(max(round_half_away(least - min(ends.low, 0.0) / scale), least), greatest)
        return cls(bits=bits, signed=True, scale=scale, zero_point=zero_point)

    def widened(self, scale: float, ends: Range) -> Grid:
        """The same width over the same range with a greater scale."""
        return self._affine(ends, self.bits, scale)

    def q(self, real: float) -> int:
        """The integer nearest to a real number, within the range."""
        least, greatest = value_range(self.bits, self.signed)
        exact = min(max(real / self.scale, -2.0 * greatest - 2), 2.0 * greatest + 2)
        return min(max(self.zero_point + round_half_away(exact), least), greatest)

    def activation(self, real: Activation) -> Activation:
        """The integer map for a real one: its shape, its clip."""
        return self.clipped(real.shape, *clip(real))

    def clipped(self, shape: tuple[int, ...], low: float, high: float) -> Activation:
        """An integer map of that shape, clipped to real numbers (infinite: not clipped)."""
        least, greatest = value_range(self.bits, self.signed)
        return Activation(
            shape=shape,
            bits=self.bits,
            signed=self.signed,
            scale=self.scale,
            zero_point=self.zero_point,
            min=least if low == -inf else self.q(low),
            max=greatest if high == inf else self.q(high),
        )


def clip(real: Activation) -> tuple[float, float]:
    """What a float map is clipped to; infinite where it is not."""
    lowest, highest = real.full_range
    return (-inf if real.min <= lowest else float(real.min)), (inf if real.max >= highest else float(real.max))


def moves(layer: Layer) -> bool:
    """Whether the output keeps its input's grid."""
    return isinstance(layer, MaxPool2d | AvgPool2d | Flatten | Concat)


def choose_grids(model: Model, ranges: Mapping[str, Range], bits: int) -> dict[str, Grid]:
    """A grid for "input" and for every layer; integer maps keep theirs.

    A concat that reads a given grid other than its own does not share it: it must be requantised first.
    """
    maps = {INPUT: model.input, **{layer.name: layer.output for layer in model.layers}}
    groups = _Groups({name: None if x.is_float else Grid.of(x) for name, x in maps.items()}, ranges)
    for layer in model.layers:
        if moves(layer):
            for source in layer.inputs:
                groups.join(layer.name, source)
    narrow = {groups.root(layer.inputs[0]) for layer in model.layers if isinstance(layer, Softmax)}
    grids: dict[str, Grid] = {}
    for name in maps:
        root = groups.root(name)
        if root not in grids:
            width = min(bits, SOFTMAX_BITS) if root in narrow else bits
            grids[root] = groups.given[root] or Grid.over(groups.ranges[root], width)
    _tie_adds(model, groups, grids)
    return {name: grids[groups.root(name)] for name in maps}


class _Groups:
    """Names that share a grid."""

    def __init__(self, given: dict[str, Grid | None], ranges: Mapping[str, Range]) -> None:
        self._parent = {name: name for name in given}
        self.given = given
        self.ranges = {name: ranges.get(name, Range(low=0.0, high=0.0)) for name in given}

    def root(self, name: str) -> str:
        while self._parent[name] != name:
            name = self._parent[name]
        return name

    def join(self, first: str, second: str) -> None:
        """Unless both have a grid and it is not the same."""
        a, b = self.root(first), self.root(second)
        if a == b or (self.given[a] and self.given[b] and self.given[a] != self.given[b]):
            return
        self._parent[b] = a
        self.given[a] = self.given[a] or self.given[b]
        self.ranges[a] = self.ranges[a] | self.ranges[b]


def _tie_adds(model: Model, groups: _Groups, grids: dict[str, Grid]) -> None:
    """Widen one of an add's two scales; each group is fixed by the first add that reads it."""
    fixed = {root for root, grid in grids.items() if grid.given or grid.bits == FIXED_POINT_BITS}
    for layer in model.layers:
        if not isinstance(layer, Add):
            continue
        a, b = (groups.root(name) for name in layer.inputs)
        free = (a not in fixed, b not in fixed)
        fixed |= {a, b}
        if a == b or not any(free):
            continue
        ratio = grids[b].scale / grids[a].scale
        first, second = small_ratio(ratio, *free)
        if second / first > ratio:
            grids[b] = grids[b].widened(grids[a].scale * second / first, groups.ranges[b])
        else:
            grids[a] = grids[a].widened(grids[b].scale * first / second, groups.ranges[a])


def small_ratio(ratio: float, first_free: bool, second_free: bool) -> tuple[int, int]:
    """(w0, w1) with w1 / w0 near ``ratio``: the smallest within WIDENING, else the nearest.

    w1 / w0 above the ratio widens the second scale, below it the first; only free ones may be.
    """
    best, least = (1, 1), inf
    for small in range(1, MOST_WEIGHT + 1):
        pairs = []
        for rounded in (floor, ceil):
            other = max(1, rounded(small * ratio if ratio >= 1 else small / ratio))
            pairs.append((small, other) if ratio >= 1 else (other, small))
        for first, second in pairs:
            off = second / first / ratio
            if not (second_free if off > 1 else first_free if off < 1 else True):
                continue
            widening = max(off, 1 / off) - 1
            if widening < least:
                best, least = (first, second), widening
        if least <= WIDENING:
            break
    return best


def concat_needs(grid: Grid, source: Grid) -> bool:
    """Whether a concat's input must be requantised."""
    return replace(grid, given=False) != replace(source, given=False)
