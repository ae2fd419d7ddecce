from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.regions import regions
from hwgen.plan.walk import Window

sizes = st.integers(1, 9)


@given(
    size=st.tuples(sizes, sizes),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    pads=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    outputs=st.tuples(sizes, sizes),
)
def test_every_output_sees_its_elements_and_no_others(
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    pads: tuple[int, int],
    outputs: tuple[int, int],
) -> None:
    """Each output lies in one region, whose window covers just what of its own window is on the map."""
    pads = min(pads[0], kernel[0] - 1), min(pads[1], kernel[1] - 1)
    fitting = [max(1, (n - 1 + p) // s + 1) for n, p, s in zip(size, pads, stride, strict=True)]
    height, width = (min(o, f) for o, f in zip(outputs, fitting, strict=True))
    window = Window(kernel=kernel, stride=stride, pad_top=pads[0], pad_left=pads[1], out_height=height, out_width=width)
    seen: dict[tuple[int, int], tuple[range, range]] = {}
    for region in regions(window, *size):
        own = region.window
        for y in range(own.out_height):
            for x in range(own.out_width):
                begin = y * own.stride[0] - own.pad_top, x * own.stride[1] - own.pad_left
                output = region.y + y, region.x + x
                assert output not in seen
                seen[output] = range(begin[0], begin[0] + own.kernel[0]), range(begin[1], begin[1] + own.kernel[1])
    assert len(seen) == height * width
    for (y, x), (rows, columns) in seen.items():
        for axis, at, found in ((0, y, rows), (1, x, columns)):
            begin = at * stride[axis] - pads[axis]
            assert found == range(max(0, begin), min(size[axis], begin + kernel[axis]))


def test_a_window_of_three_has_nine_regions() -> None:
    window = Window(kernel=(3, 3), stride=(1, 1), pad_top=1, pad_left=1, out_height=8, out_width=8)
    found = regions(window, 8, 8)
    assert [(region.y, region.x, region.window.kernel) for region in found][:4] == [
        (0, 0, (2, 2)), (0, 1, (2, 3)), (0, 7, (2, 2)), (1, 0, (3, 2)),
    ]  # fmt: skip
    assert len(found) == 9


def test_without_padding_there_is_one() -> None:
    window = Window(kernel=(2, 3), stride=(2, 1), pad_top=0, pad_left=0, out_height=4, out_width=6)
    (region,) = regions(window, 8, 8)
    assert region.window == window
