from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import UsageError
from hwgen.plan.options import MAX_LANES, MAX_PES, PlanOptions


@given(pes=st.integers(1, MAX_PES), lanes=st.integers(0, 6), batch=st.integers(1, 1024))
def test_what_fits_is_kept(pes: int, lanes: int, batch: int) -> None:
    options = PlanOptions(pes=pes, lanes=1 << lanes, batch=batch)
    assert (options.pes, options.lanes, options.batch) == (pes, 1 << lanes, batch)


def test_nothing_is_chosen_without_being_asked() -> None:
    options = PlanOptions()
    assert (options.pes, options.lanes, options.requantisers, options.clock_mhz) == (None, None, None, None)
    assert (options.weights, options.batch) == ("rom", 1)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("pes", (0, -1, MAX_PES + 1)),
        ("lanes", (0, -4, 3, 6, MAX_LANES * 2)),
        ("batch", (0, 1025)),
        ("clock_mhz", (0, -3.5, 2001.0)),
    ],
)
def test_what_does_not_fit_is_refused_with_its_option(key: str, values: tuple[float, ...]) -> None:
    for value in values:
        with pytest.raises(UsageError, match=f"not {value}") as caught:
            PlanOptions(**{key: value})
        assert caught.value.key == f"--{key.replace('_', '-')}"
