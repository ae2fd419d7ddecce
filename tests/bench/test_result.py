"""Rows and tables."""

from __future__ import annotations

import pytest

from hwgen.bench.result import Column, Result, Table, percent, plain, ratio


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (True, "yes"), (False, "no"), (0, "0"), (1234567, "1,234,567"), (1234.56, "1,234.6"), ("a", "a")],
)
def test_plain(value: object, text: str) -> None:
    assert plain(value) == text


def test_percent() -> None:
    assert [percent(share) for share in (None, 0.0, 0.919, 1.0)] == ["-", "0.0", "91.9", "100.0"]


def test_cells_follow_the_columns_and_missing_keys_are_dashes() -> None:
    columns = [Column("<who", "name"), Column("n", "count"), Column("x", "absent")]
    table = Table("t", columns, [{"count": 7, "name": "a"}])
    assert table.cells() == [["a", "7", "-"]]
    assert [(column.title, column.is_text) for column in table.columns] == [("who", True), ("n", False), ("x", False)]


def test_json_has_the_agreed_keys() -> None:
    result = Result(name="n", summary="s", rows=[{"a": 1}], tables=[])
    assert result.as_json({"hwgen": "1"}) == {"name": "n", "versions": {"hwgen": "1"}, "rows": [{"a": 1}]}


def test_a_ratio_has_two_places_and_what_is_missing_a_dash() -> None:
    assert (ratio(1.126), ratio(1), ratio(None)) == ("1.13", "1.00", "-")
