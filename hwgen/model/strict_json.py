"""JSON read strictly: UTF-8, no duplicate keys, no NaN or infinities, bounded depth and numbers."""

from __future__ import annotations

import json
import re
from typing import NoReturn

import numpy as np

from hwgen.errors import ModelError
from hwgen.model.limits import MAX_JSON_DEPTH
from hwgen.model.values import describe

_KEY = "model"
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_MAX_DIGITS = 20


def parse_json(text: bytes) -> object:
    """The value of ``text``."""
    _check_depth(text)
    try:
        return json.loads(
            text.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_bounded_int,
        )
    except (ValueError, RecursionError) as error:
        raise ModelError(f"is no valid JSON: {describe(str(error))}", key=_KEY) from None


def _check_depth(text: bytes) -> None:
    """Python's parser recurses once per bracket: count them first, outside strings."""
    marks = np.frombuffer(_STRING.sub(b"", text), np.uint8)
    opens = (marks == ord("[")) | (marks == ord("{"))
    closes = (marks == ord("]")) | (marks == ord("}"))
    depth = np.cumsum(opens, dtype=np.int32) - np.cumsum(closes, dtype=np.int32)
    if depth.size and int(depth.max()) > MAX_JSON_DEPTH:
        raise ModelError(f"the JSON is nested more than {MAX_JSON_DEPTH} deep", key=_KEY)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ModelError(f"the JSON key {describe(key)} stands twice in one object", key=_KEY, hint="keep one")
        found[key] = value
    return found


def _no_constant(text: str) -> NoReturn:
    raise ModelError(f"the JSON holds {text}", key=_KEY, hint="every number must be finite")


def _bounded_int(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ModelError(f"the JSON holds an integer of {len(text)} digits", key=_KEY)
    return int(text)
