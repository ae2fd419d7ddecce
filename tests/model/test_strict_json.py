from __future__ import annotations

import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hwgen.errors import ModelError
from hwgen.model.strict_json import parse_json

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, (dict, list)) + max(map(_depth, inner), default=0)


@given(PLAIN.filter(lambda value: _depth(value) <= 16))
def test_plain_json_is_read_as_the_library_reads_it(value: Any) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b'{"a": 1, "a": 1}', "'a' stands twice"),
        (b'[{"a": {"b": 1, "b": 2}}]', "'b' stands twice"),
        (b'{"a": NaN}', "holds NaN"),
        (b"[-Infinity]", "holds -Infinity"),
        (b"[123456789012345678901]", "integer of 21 digits"),
        (b"", "no valid JSON"),
        (b"{} {}", "no valid JSON"),
        (b"{'a': 1}", "no valid JSON"),
        (b'["\xff"]', "no valid JSON"),
        (b"\xef\xbb\xbf{}", "no valid JSON"),
        (b"[" * 17 + b"]" * 17, "more than 16 deep"),
        (b'{"a":' * 17 + b"1" + b"}" * 17, "more than 16 deep"),
        (b'["\\"", ' + b"[" * 16 + b"]" * 17, "more than 16 deep"),
    ],
)
def test_what_is_refused(text: bytes, error: str) -> None:
    with pytest.raises(ModelError, match=f"key 'model': .*{error}"):
        parse_json(text)


def test_brackets_in_strings_are_no_depth() -> None:
    assert parse_json(b'["' + b"[" * 99 + b'\\"[["]') == ["[" * 99 + '"[[']


def test_sixteen_levels_are_allowed() -> None:
    assert _depth(parse_json(b"[" * 16 + b"]" * 16)) == 16
