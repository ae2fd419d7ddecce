"""The text and the exit status of hwgen's errors."""

from __future__ import annotations

import pytest

from hwgen.errors import CheckFailedError, HwgenError, ModelError, ToolMissingError, UnsupportedError, UsageError


def test_says_what_where_and_how_to_mend_it() -> None:
    error = ModelError("shift 63 is above 62", file="m.npz", layer="conv1", key="shift", hint="scale the multiplier")
    assert str(error) == "m.npz, layer 'conv1', key 'shift': shift 63 is above 62 (scale the multiplier)"


def test_absent_places_leave_no_trace() -> None:
    assert str(HwgenError("nothing to do")) == "nothing to do"


@pytest.mark.parametrize("family", [ModelError, UsageError, UnsupportedError, ToolMissingError])
def test_input_and_usage_exit_with_2(family: type[HwgenError]) -> None:
    assert family("x").exit_status == 2


def test_a_failed_check_exits_with_1() -> None:
    assert CheckFailedError("x").exit_status == 1
