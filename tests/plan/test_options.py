from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import UsageError
from hwgen.plan.options import MAX_LANES, MAX_PES, PlanOptions
from hwgen.plan.targets import TARGETS


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
        ("multipliers", (0, -1)),
        ("batch", (0, 1025)),
        ("clock_mhz", (0, -3.5, 2001.0)),
    ],
)
def test_what_does_not_fit_is_refused_with_its_option(key: str, values: tuple[float, ...]) -> None:
    for value in values:
        with pytest.raises(UsageError, match=f"not {value}") as caught:
            PlanOptions(**{key: value})
        assert caught.value.key == f"--{key.replace('_', '-')}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pes": 16, "lanes": 8, "multipliers": 127}, "16 PEs x 8 lanes take 128 multipliers, and 127 are allowed"),
        ({"pes": 5, "multipliers": 4}, "5 PEs x 1 lanes take 5 multipliers, and 4 are allowed"),
        ({"lanes": 8, "multipliers": 7}, "1 PEs x 8 lanes take 8 multipliers, and 7 are allowed"),
    ],
)
def test_a_grid_of_more_multipliers_than_allowed_is_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        PlanOptions(**options)  # type: ignore[arg-type]
    assert caught.value.key == "--multipliers"
    assert caught.value.hint is not None
    assert "--pes" in caught.value.hint


@pytest.mark.parametrize("name", TARGETS)
def test_the_device_has_what_is_allowed_of_it(name: str) -> None:
    has = TARGETS[name].multipliers
    assert PlanOptions(target=name).device == TARGETS[name]
    assert PlanOptions(target=name, multipliers=3).device.multipliers == 3
    assert PlanOptions(target=name, multipliers=has + 1).device.multipliers == has
