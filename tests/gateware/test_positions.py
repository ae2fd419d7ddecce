from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.positions import LanePositions, next_position
from tests.gateware.bench import shape_of, trace


@settings(max_examples=20)
@given(
    lanes=st.sampled_from([1, 2, 4, 8]),
    wrap=st.integers(0, 20),
    gaps=st.lists(st.integers(0, 5), min_size=1, max_size=8),
)
def test_positions_run_on_from_group_to_group(lanes: int, wrap: int, gaps: list[int]) -> None:
    """Also where the next group advances after just as many cycles as there are lanes; twice, after a restart."""
    component = LanePositions(shape=shape_of(lanes=lanes), x_bits=5, y_bits=7)
    rows: list[dict[str, int]] = []
    seen: list[tuple[int, int]] = []
    for _ in range(2):
        rows.append({"restart": 1, "advance": 0, "wrap": wrap})
        rows += [{"restart": 0}] * lanes
        for group, gap in enumerate(gaps):
            rows.append({"advance": 1})
            seen.append((len(rows), group))
            rows += [{"advance": 0}] * (lanes - 1 + gap)
    rows.append({})
    found = trace(component, rows, ["x", "y"])
    for cycle, group in seen:
        for lane in range(lanes):
            y, x = divmod(group * lanes + lane, wrap + 1)
            assert (found[cycle]["x"] >> 5 * lane) % 32 == x
            assert (found[cycle]["y"] >> 7 * lane) % 128 == y


class _Next(wiring.Component):
    def __init__(self) -> None:
        inputs = {name: In(4) for name in ("x", "y", "wrap")}
        super().__init__(inputs | {"next_x": Out(4), "next_y": Out(5), "wraps": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        found = next_position(self.x, self.y, self.wrap)
        m.d.comb += [out.eq(value) for out, value in zip((self.next_x, self.next_y, self.wraps), found, strict=True)]
        return m


def test_the_next_position_wraps_behind_the_last_x() -> None:
    places = [(last, at) for last in (0, 3, 15) for at in range(last + 1)]
    found = trace(_Next(), [{"wrap": last, "x": at, "y": 7} for last, at in places], ["next_x", "next_y", "wraps"])
    for (last, at), row in zip(places, found, strict=True):
        assert tuple(row.values()) == ((0, 8, 1) if at == last else (at + 1, 7, 0))
