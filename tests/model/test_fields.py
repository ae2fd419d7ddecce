from __future__ import annotations

from typing import Any

import pytest

from hwgen.errors import ModelError
from hwgen.model.fields import Fields


def test_every_key_is_taken_once() -> None:
    source = Fields({"a": "x", "b": 3, "c": True, "d": 1, "e": [1, 2], "f": ["y"], "g": [{}]})
    assert (source.text("a"), source.integer("b"), source.flag("c"), source.number("d")) == ("x", 3, True, 1.0)
    assert (source.integers("e"), source.texts("f"), source.objects("g")) == ((1, 2), ("y",), [{}])
    source.done()
    with pytest.raises(ModelError, match="key 'a': is missing"):
        source.text("a")


@pytest.mark.parametrize(
    ("getter", "value", "wanted"),
    [
        ("text", 3, "a string"),
        ("text", None, "a string"),
        ("integer", 3.0, "an integer"),
        ("integer", True, "an integer"),
        ("integer", "3", "an integer"),
        ("flag", 0, "true or false"),
        ("number", "1", "a finite number"),
        ("number", False, "a finite number"),
        ("number", float("inf"), "a finite number"),
        ("integers", 3, "a list of integers"),
        ("integers", [1, True], "a list of integers"),
        ("integers", [[1]], "a list of integers"),
        ("texts", "abc", "a list of strings"),
        ("texts", ["a", 1], "a list of strings"),
        ("objects", {}, "a list of objects"),
    ],
)
def test_values_of_another_type(getter: str, value: Any, wanted: str) -> None:
    source = Fields({"k": value}, "output.")
    with pytest.raises(ModelError, match=rf"key 'output\.k': must be {wanted}, not "):
        getattr(source, getter)("k")


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_what_is_no_object(value: object) -> None:
    with pytest.raises(ModelError, match="key 'output': must be a JSON object"):
        Fields(value, "output.")


def test_unknown_keys_are_named_shortly() -> None:
    with pytest.raises(ModelError, match="is no key of format 1") as caught:
        Fields({"k" * 1000: 1}).done()
    assert len(str(caught.value)) < 200


def test_the_callers_object_is_left_alone() -> None:
    value = {"a": "x"}
    Fields(value).text("a")
    assert value == {"a": "x"}
