"""From an .npz file to a Model.

The description is read twice: first with placeholders that carry only dtype and shape, so that every check of form is
passed before an array is unpacked, then with the real arrays, whose contents are checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import ModelError
from hwgen.model.activation import Activation, value_range
from hwgen.model.archive import Archive
from hwgen.model.contents import check_contents
from hwgen.model.fields import Fields
from hwgen.model.form import check_form
from hwgen.model.layers import OPS, Add, AddRequant, Layer, Requant
from hwgen.model.limits import MAX_ARRAY_BYTES, MAX_JSON_BYTES, MAX_LAYERS
from hwgen.model.locate import located
from hwgen.model.model import INPUT, Model
from hwgen.model.names import check_name
from hwgen.model.sparse_shape import infer_sparse_shape
from hwgen.model.strict_json import parse_json
from hwgen.model.values import describe
from hwgen.model.weights import ENCODINGS, SparseWeights, Weights

FORMAT = "hwgen-model"
VERSION = 1
DESCRIPTION = "model"
"""The archive member that holds the JSON."""

Resolver = Callable[[str], NDArray[Any]]


def load(path: str | PathLike[str]) -> Model:
    """The model in the file ``path``.

    Raises
    ------
    ModelError
        The file is no valid model of format 1; says file, layer, key and how to mend it.
    """
    file = Path(path)
    with located(file=str(file)), Archive(file) as archive:
        description = parse_json(_description(archive))
        outline = _Reader(archive.placeholder)
        model = outline.model(description)
        check_form(model)
        outline.check_use(archive)
        model = _Reader(archive.array).model(description)
        check_contents(model)
    return model


def _description(archive: Archive) -> bytes:
    header = archive.headers.get(DESCRIPTION)
    if header is None:
        raise ModelError(
            "the archive has no member 'model'", key=DESCRIPTION, hint="it holds the JSON description as uint8"
        )
    if header.dtype != np.uint8 or len(header.shape) != 1:
        raise ModelError(f"is {header.dtype} of shape {header.shape}, must be a vector of uint8", key=DESCRIPTION)
    if header.data_bytes > MAX_JSON_BYTES:
        raise ModelError(f"has {header.data_bytes} bytes, at most {MAX_JSON_BYTES} are read", key=DESCRIPTION)
    return archive.array(DESCRIPTION).tobytes()


class _Reader:
    """Builds a Model from its description; ``resolve`` gives the array of a member."""

    def __init__(self, resolve: Resolver) -> None:
        self._resolve = resolve
        self._used: dict[str, int] = {}

    def model(self, description: object) -> Model:
        top = Fields(description)
        if top.text("format") != FORMAT:
            raise ModelError(f"must be {FORMAT!r}", key="format", hint="this is no hwgen model")
        version = top.integer("version")
        if version != VERSION:
            raise ModelError(f"is {version}, this version of hwgen reads {VERSION}", key="version", hint="update hwgen")
        name = top.text("name")
        source = _activation(Fields(top.take("input"), "input."))
        maps = {INPUT: source}
        layers = []
        items = top.objects("layers")
        if len(items) > MAX_LAYERS:
            raise ModelError(f"has {len(items)} layers, at most {MAX_LAYERS} are read", key="layers")
        for index, item in enumerate(items):
            layer = self._layer(item, f"layers[{index}].", maps)
            maps[layer.name] = layer.output
            layers.append(layer)
        outputs = top.texts("outputs")
        top.done()
        return Model(name=name, input=source, layers=tuple(layers), outputs=outputs)

    def check_use(self, archive: Archive) -> None:
        """Every member is named, and members named often do not add up to more than an archive may hold."""
        unused = archive.headers.keys() - self._used.keys() - {DESCRIPTION}
        if unused:
            raise ModelError(
                f"archive member {min(unused)!r} is named by no key", key=DESCRIPTION, hint="remove it from the archive"
            )
        total = sum(archive.headers[name].data_bytes * uses for name, uses in self._used.items())
        if total > MAX_ARRAY_BYTES:
            raise ModelError(
                f"the layers name {total} bytes of arrays, at most {MAX_ARRAY_BYTES} are read", key=DESCRIPTION
            )

    def _array(self, source: Fields, key: str) -> NDArray[Any]:
        path, member = source.key(key), source.text(key)
        try:
            array = self._resolve(member)
        except ModelError as error:
            raise ModelError(error.what, key=path, hint=error.hint) from None
        self._used[member] = self._used.get(member, 0) + 1
        return array

    def _layer(self, item: object, path: str, maps: dict[str, Activation]) -> Layer:
        source = Fields(item, path)
        name = source.text("name")
        check_name(name, f"{path}name")
        with located(layer=name):
            return self._named_layer(name, Fields(item), maps)

    def _named_layer(self, name: str, source: Fields, maps: dict[str, Activation]) -> Layer:
        source.text("name")
        op = source.text("op")
        if op not in OPS:
            raise ModelError(f"{describe(op)} is no operation", key="op", hint=f"one of {', '.join(OPS)}")
        kind = OPS[op]
        inputs = source.texts("inputs")
        values: dict[str, Any] = {
            "name": name,
            "inputs": inputs,
            "output": _activation(Fields(source.take("output"), "output.")),
        }
        # Weights last: a sparse shape may have to be inferred from stride, padding and groups.
        wanted_fields = sorted(
            (field for field in fields(kind) if field.name not in values), key=lambda f: f.name == "weights"
        )
        for field in wanted_fields:
            if field.name in source or field.default is MISSING:
                values[field.name] = self._value(kind, field.name, source, values, maps)
        source.done()
        return kind(**values)

    def _value(
        self, kind: type[Layer], key: str, source: Fields, values: dict[str, Any], maps: dict[str, Activation]
    ) -> object:
        match key:
            case "weights":
                outline = {**values, "input": maps.get(values["inputs"][0]) if values["inputs"] else None}
                return self._weights(Fields(source.take(key), "weights."), outline)
            case "bias":
                return self._array(source, key)
            case "requant" if kind is Add:
                return _add_requant(Fields(source.take(key), "requant."))
            case "requant":
                return self._requant(Fields(source.take(key), "requant."))
            case "stride" | "padding" | "kernel":
                return source.integers(key)
            case "count_include_pad":
                return source.flag(key)
            case "source_op" | "domain":
                return source.text(key)
            case _:
                return source.integer(key)

    def _requant(self, source: Fields) -> Requant:
        requant = Requant(
            multiplier=self._array(source, "multiplier"),
            shift=self._array(source, "shift"),
            rounding=source.text("rounding"),  # type: ignore[arg-type]
        )
        source.done()
        return requant

    def _weights(self, source: Fields, outline: dict[str, Any]) -> Weights:
        encoding = source.text("encoding")
        if encoding not in ENCODINGS:
            raise ModelError(
                f"{describe(encoding)} is no encoding", key="weights.encoding", hint=f"one of {', '.join(ENCODINGS)}"
            )
        kind = ENCODINGS[encoding]
        values: dict[str, Any] = {}
        for field in fields(kind):
            if field.name in source or (field.default is MISSING and field.name != "shape"):
                if field.name in kind.array_keys:
                    values[field.name] = self._array(source, field.name)
                elif field.name == "shape":
                    values[field.name] = source.integers(field.name)
                else:
                    values[field.name] = source.integer(field.name)
            elif field.name == "shape" and kind is SparseWeights:
                values[field.name] = None
            elif field.name == "shape":
                source.take(field.name)
        source.done()
        if kind is SparseWeights and values["shape"] is None:
            values["shape"] = infer_sparse_shape(values["indptr"].size - 1, outline)
        return kind(**values)


def _add_requant(source: Fields) -> AddRequant:
    requant = AddRequant(
        left_shift=source.integer("left_shift"),
        input_multipliers=source.integers("input_multipliers"),  # type: ignore[arg-type]
        input_shifts=source.integers("input_shifts"),  # type: ignore[arg-type]
        multiplier=source.integer("multiplier"),
        shift=source.integer("shift"),
        rounding=source.text("rounding") if "rounding" in source else "tflite_double",  # type: ignore[arg-type]
    )
    source.done()
    return requant


def _activation(source: Fields) -> Activation:
    shape = source.integers("shape")
    bits, signed = source.integer("bits"), source.flag("signed")
    # Checked here as well, because the default range is computed from it.
    low, high = value_range(bits, signed) if 1 <= bits <= 32 else (0, 0)
    activation = Activation(
        shape=shape,
        bits=bits,
        signed=signed,
        scale=source.number("scale"),
        zero_point=source.integer("zero_point"),
        min=source.integer("min") if "min" in source else low,
        max=source.integer("max") if "max" in source else high,
    )
    source.done()
    return activation
