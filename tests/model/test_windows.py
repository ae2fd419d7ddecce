from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hwgen.errors import ModelError
from hwgen.model.windows import check_no_empty_window, check_numbers, check_windows, window_count
from tests.model.networks import act

SMALL = st.integers(1, 9)


@given(size=st.integers(0, 30), kernel=SMALL, stride=SMALL)
def test_window_count_is_the_number_of_places_that_fit(size: int, kernel: int, stride: int) -> None:
    places = [start for start in range(0, size, stride) if start + kernel <= size]
    assert max(0, window_count(size, kernel, stride)) == len(places)


@given(
    height=SMALL, width=SMALL, kernel=st.tuples(SMALL, SMALL), stride=st.tuples(SMALL, SMALL),
    padding=st.tuples(*[st.integers(0, 6)] * 4),
)  # fmt: skip
def test_an_empty_window_is_found_wherever_it_lies(
    height: int, width: int, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int, int, int]
) -> None:
    top, bottom, left, right = padding
    rows = [range(y, y + kernel[0]) for y in range(-top, height + bottom - kernel[0] + 1, stride[0])]
    columns = [range(x, x + kernel[1]) for x in range(-left, width + right - kernel[1] + 1, stride[1])]
    if not rows or not columns:
        return
    source, output = act(1, height, width), act(1, len(rows), len(columns))
    check_windows(source, output, kernel, stride, padding, channels=1)
    empty = any(not set(row) & set(range(height)) for row in rows) or any(
        not set(column) & set(range(width)) for column in columns
    )
    if empty:
        with pytest.raises(ModelError, match="wholly in the padding"):
            check_no_empty_window(source, output, kernel, stride, padding)
    else:
        check_no_empty_window(source, output, kernel, stride, padding)


@pytest.mark.parametrize("shape", [(2, 4, 4), (1, 3, 4), (1, 4, 3), (1, 5, 4)])
def test_another_output_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=r"key 'output\.shape': is .* the layer delivers \[1, 4, 4\]"):
        check_windows(act(1, 6, 6), act(*shape), (3, 3), (1, 1), (0, 0, 0, 0), channels=1)


@pytest.mark.parametrize("values", [None, 3, "12", (1,), (1, 2, 3), (1, 2.0), (1, 0), (1, 4097)])
def test_numbers(values: object) -> None:
    with pytest.raises(ModelError, match="key 'stride'"):
        check_numbers(values, "stride", 2, 1)
