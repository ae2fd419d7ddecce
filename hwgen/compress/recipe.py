"""Recipes: a compression as a list of named steps, from a TOML file or from a table.

[train]              # keys that every step that trains takes unless it says otherwise
rate = 0.001
[[step]]
name = "prune"
density = { conv1 = 0.5, fc1 = 0.05 }
epochs = 10
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from hwgen.compress.steps import STEPS, Step
from hwgen.compress.steps.training import Training
from hwgen.errors import HwgenError, UsageError

MAX_BYTES = 1 << 20
TOP = ("train", "step")


def read_recipe(path: Path) -> list[Step]:
    """The steps of a TOML file.

    Raises
    ------
    UsageError
        It cannot be read, is no TOML, or a key or a value in it is none; names file and key.
    """
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            raise UsageError(f"has {len(raw)} bytes, a recipe has at most {MAX_BYTES}", file=str(path))
        table = tomllib.loads(raw.decode())
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", file=str(path), hint="check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"is no TOML: {error}", file=str(path)) from None
    try:
        return parse_recipe(table)
    except HwgenError as error:
        raise UsageError(error.what, file=str(path), layer=error.layer, key=error.key, hint=error.hint) from None


def parse_recipe(table: Mapping[str, Any]) -> list[Step]:
    """The steps of a recipe's table; raises UsageError."""
    for key in table:
        if key not in TOP:
            raise UsageError("is unknown", key=key, hint="a recipe has [train] and [[step]] tables")
    entries = table.get("step", [])
    if not isinstance(entries, list) or not entries:
        raise UsageError("the recipe has no steps", key="step", hint='add [[step]] tables with a name, such as "prune"')
    defaults = table.get("train", {})
    if not isinstance(defaults, dict):
        raise UsageError("must be a table", key="train")
    shared = {field.name for field in fields(Training)} - {"epochs"}
    for key in defaults:
        if key not in shared:
            raise UsageError("is unknown", key=f"train.{key}", hint=f"one of {', '.join(sorted(shared))}")
    return [_step(entry, defaults, number) for number, entry in enumerate(entries, start=1)]


def _step(entry: object, defaults: Mapping[str, Any], number: int) -> Step:
    where = f"step {number}"
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise UsageError("has no name", key=where, hint=f"one of {', '.join(STEPS)}")
    name = entry["name"]
    if name not in STEPS:
        raise UsageError(f"there is no step {name!r}", key=where, hint=f"one of {', '.join(STEPS)}")
    given = {key: value for key, value in entry.items() if key != "name"}
    return make_step(name, given, defaults, where=f"{where} ({name})")


def make_step(name: str, given: Mapping[str, Any], defaults: Mapping[str, Any] | None = None, *, where: str) -> Step:
    """The step of that name with these keys; ``defaults`` fill in the training's where it trains."""
    kind = STEPS[name]
    known = {field.name: field for field in fields(kind)}
    for key in given:
        if key not in known:
            hint = f"it has {', '.join(known)}" if known else "it has no keys"
            raise UsageError("is unknown", key=f"{where}: {key}", hint=hint)
    values = dict(defaults or {}) if issubclass(kind, Training) else {}
    values |= given
    try:
        return kind(**{key: _value(known[key], value) for key, value in values.items()})
    except UsageError as error:
        raise UsageError(error.what, key=f"{where}: {error.key or name}", hint=error.hint) from None


def _value(field: Field[Any], value: object) -> object:
    """``value`` as the field has it; the fields' types are few and named alike."""
    kind = str(field.type).removesuffix(" | None")
    if kind.endswith("ByLayer"):
        one = _ONE[kind]
        if isinstance(value, dict):
            return {str(name): _take(one, item, field.name) for name, item in value.items()}
        return _take(one, value, field.name)
    if kind.startswith("tuple["):
        if not isinstance(value, list):
            raise UsageError(f"must be a list, not {value!r}", key=field.name)
        return tuple(_take(kind.removeprefix("tuple[").split(",")[0], item, field.name) for item in value)
    return _take(kind, value, field.name)


_ONE = {"FloatByLayer": "float", "IntByLayer": "int"}
_KINDS: dict[str, tuple[Callable[[Any], object], tuple[type, ...], str]] = {
    "int": (int, (int,), "an integer"),
    "float": (float, (int, float), "a number"),
    "str": (str, (str,), "a text"),
    "bool": (bool, (bool,), "true or false"),
}


def _take(kind: str, value: object, key: str) -> object:
    convert, types, text = _KINDS[kind]
    if not isinstance(value, types) or (isinstance(value, bool) and kind != "bool"):
        raise UsageError(f"must be {text}, not {value!r}", key=key)
    return convert(value)
