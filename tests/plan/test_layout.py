from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.layout import MapLayout, ceil_div, map_layout, vector_layout

sizes = st.integers(1, 11)
lanes_of_any_kind = st.sampled_from([1, 2, 4, 8, 16])


@given(a=st.integers(-1000, 1000), b=st.integers(1, 50))
def test_ceil_div_is_the_least_integer_not_below(a: int, b: int) -> None:
    quotient = ceil_div(a, b)
    assert quotient * b >= a > (quotient - 1) * b


def elements(layout: MapLayout, pes: int) -> dict[tuple[int, int], tuple[int, int, int]]:
    """(bank, address) -> (c, y, x); fails where two elements share a place."""
    places: dict[tuple[int, int], tuple[int, int, int]] = {}
    for c in range(layout.channels):
        for y in range(layout.height):
            for x in range(layout.width):
                position = c * layout.channel_banks + layout.bank(y, x)
                place = position % pes, layout.address(position // pes, y, x)
                assert place not in places, f"{places[place]} and {(c, y, x)} share {place}"
                places[place] = c, y, x
    return places


@given(
    shape=st.tuples(sizes, sizes, sizes),
    pes=st.integers(1, 9),
    lanes=lanes_of_any_kind,
    split=st.integers(1, 4),
    spare=st.integers(0, 3),
    x_pitch=st.sampled_from([1, 1, 3]),
    base=st.integers(0, 9),
)
def test_a_map_has_a_place_for_every_element(
    shape: tuple[int, int, int], pes: int, lanes: int, split: int, spare: int, x_pitch: int, base: int
) -> None:
    pitch = ceil_div(shape[2], split) + spare
    layout = map_layout("m", shape, pes=pes, lanes=lanes, split=split, pitch=pitch, x_pitch=x_pitch).at(base * lanes)
    places = elements(layout, pes)
    addresses = [address for _, address in places]
    assert min(addresses) >= layout.base
    # also the frames of a batch beside the last element
    assert max(addresses) + x_pitch <= layout.base + layout.extent
    assert layout.extent % lanes == 0
    assert layout.slots == ceil_div(shape[0], pes)


@given(channels=st.integers(1, 4), height=sizes, width=sizes, lanes=lanes_of_any_kind, split=st.integers(2, 4))
def test_a_spread_map_takes_one_plane_of_each_bank(
    channels: int, height: int, width: int, lanes: int, split: int
) -> None:
    pes = channels * split * split
    pitch = ceil_div(width, split)
    layout = map_layout("m", (channels, height, width), pes=pes, lanes=lanes, split=split, pitch=pitch, spread=True)
    assert max(address for _, address in elements(layout, pes)) < layout.extent
    assert layout.extent == ceil_div(ceil_div(height, split) * pitch, lanes) * lanes


@given(shape=st.tuples(sizes, sizes, sizes), lanes=lanes_of_any_kind, split=st.integers(1, 4))
def test_planes_start_on_words_and_neighbours_of_a_plane_are_neighbours(
    shape: tuple[int, int, int], lanes: int, split: int
) -> None:
    _, height, width = shape
    layout = map_layout("m", shape, pes=1, lanes=lanes, split=split, pitch=ceil_div(width, split))
    for y in range(min(split, height)):
        for x in range(min(split, width)):
            assert layout.address(0, y, x) % lanes == 0
    for y in range(height):
        for x in range(width - split):
            assert layout.offset(y, x + split) == layout.offset(y, x) + 1


@given(
    shape=st.tuples(sizes, sizes, sizes),
    split=st.integers(1, 4),
    y=st.integers(-9, 20),
    x=st.integers(-9, 20),
)
def test_padding_goes_on_where_the_plane_begins_and_ends(
    shape: tuple[int, int, int], split: int, y: int, x: int
) -> None:
    """Off the map the equation holds with floor division: a constant beside the group's address."""
    layout = map_layout("m", shape, pes=1, lanes=1, split=split, pitch=ceil_div(shape[2], split))
    rows, columns = y - y % split, x - x % split
    assert layout.offset(y, x) == (
        layout.offset(y % split, x % split) + rows // split * layout.pitch + columns // split
    )


@given(features=st.integers(1, 60), pes=st.integers(1, 9), lanes=lanes_of_any_kind)
def test_words_of_a_vector_hold_neighbouring_features(features: int, pes: int, lanes: int) -> None:
    layout = vector_layout("v", features, pes=pes, lanes=lanes)
    places = elements(layout, pes)
    assert {place: c for place, (c, _, _) in places.items()} == {(i % pes, i // pes): i for i in range(features)}
    assert layout.extent >= ceil_div(features, pes)
    assert layout.extent % lanes == 0


def test_a_layout_moves_with_its_base() -> None:
    layout = map_layout("m", (3, 4, 5), pes=2, lanes=4, split=1, pitch=5)
    assert layout.at(40).address(1, 2, 3) == 40 + layout.address(1, 2, 3)
    with pytest.raises(AttributeError):
        layout.base = 1  # type: ignore[misc]
