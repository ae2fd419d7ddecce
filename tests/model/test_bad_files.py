"""Hand-made bad files: each is refused with an error that names file, layer and key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen.errors import ModelError
from hwgen.model import load
from tests.model.networks import NETWORKS
from tests.model.raw import Description, Members, parts_of, write_parts

Break = Callable[[Description, Members], None]


@dataclass(frozen=True)
class Case:
    """``damage`` makes ``network`` bad; the error must name ``layer`` and ``key`` and say ``text``."""

    network: str
    damage: Break
    layer: str | None
    key: str | None
    text: str


def put(path: str, value: Any) -> Break:
    """Set the JSON key at ``path``: "input.bits", "0.weights.bits" (of layer 0), "outputs"."""

    def damage(description: Description, members: Members) -> None:
        target, key = _find(description, path)
        target[key] = value

    return damage


def drop(path: str) -> Break:
    def damage(description: Description, members: Members) -> None:
        target, key = _find(description, path)
        del target[key]

    return damage


def member(name: str, change: Callable[[Any], Any]) -> Break:
    """Replace an archive member by ``change`` of it."""

    def damage(description: Description, members: Members) -> None:
        members[name] = change(members[name])

    return damage


def both(*damages: Break) -> Break:
    def damage(description: Description, members: Members) -> None:
        for each in damages:
            each(description, members)

    return damage


def element(value: Any, index: int = 0) -> Callable[[Any], Any]:
    """A copy with one element replaced."""

    def change(array: Any) -> Any:
        changed = array.copy()
        changed.flat[index] = value
        return changed

    return change


def _find(description: Description, path: str) -> tuple[Any, str]:
    target: Any = description
    *way, last = path.split(".")
    for step in way:
        target = target["layers"][int(step)] if step.isdigit() else target[step]
    return target, last


def _rename(description: Description, members: Members) -> None:
    description["layers"][1]["name"] = "left"


def _swap(description: Description, members: Members) -> None:
    layers = description["layers"]
    layers[0], layers[2] = layers[2], layers[0]


def _extra(description: Description, members: Members) -> None:
    members["spare"] = np.zeros(3, np.int8)


TOP = {
    "another format": Case("dense", put("format", "onnx"), None, "format", "must be 'hwgen-model'"),
    "a later version": Case("dense", put("version", 2), None, "version", "reads 1"),
    "a version of another type": Case("dense", put("version", True), None, "version", "must be an integer, not True"),
    "no name": Case("dense", drop("name"), None, "name", "is missing"),
    "an unknown top key": Case("dense", put("extra", 1), None, "extra", "is no key of format 1"),
    "a name with a path": Case("dense", put("name", "../../etc/passwd"), None, "name", "no Verilog identifier"),
    "a name with a newline": Case("dense", put("name", "net\n"), None, "name", "no Verilog identifier"),
    "a name of 65 characters": Case("dense", put("name", "n" * 65), None, "name", "65 characters"),
    "a reserved word": Case("dense", put("name", "module"), None, "name", "reserved word"),
    "no layers": Case("dense", put("layers", []), None, "layers", "1 to 512 layers"),
    "layers that are no list": Case("dense", put("layers", {}), None, "layers", "list of objects"),
    "a layer that is no object": Case("dense", put("layers", [7]), None, "layers[0]", "JSON object, not 7"),
    "no outputs": Case("dense", put("outputs", []), None, "outputs", "at least one"),
    "an unknown output": Case("dense", put("outputs", ["conv9"]), None, "outputs", "'conv9' is no layer"),
    "the input as output": Case("dense", put("outputs", ["input"]), None, "outputs", "'input' is no layer"),
    "an output twice": Case("dense", put("outputs", ["conv1", "conv1"]), None, "outputs", "twice"),
    "a layer nobody reads": Case(
        "all other operations", put("outputs", ["chances"]), "best", "outputs", "read by no layer"
    ),
    "an unused member": Case("dense", _extra, None, "model", "'spare' is named by no key"),
}

MAPS = {
    "a missing scale": Case("dense", drop("input.scale"), None, "input.scale", "is missing"),
    "a scale of zero": Case("dense", put("input.scale", 0), None, "input.scale", "finite and above 0"),
    "a scale below zero": Case("dense", put("0.output.scale", -1.5), "conv1", "output.scale", "above 0"),
    "a scale that is text": Case("dense", put("0.output.scale", "1"), "conv1", "output.scale", "a finite number"),
    "three bits": Case("dense", put("input.bits", 3), None, "input.bits", "one of 1, 2, 4, 8, 16"),
    "signed that is a number": Case("dense", put("input.signed", 1), None, "input.signed", "true or false"),
    "a zero point out of range": Case(
        "dense", put("0.output.zero_point", 128), "conv1", "output.zero_point", "-128..127"
    ),
    "a zero point of one bit": Case("binary, one-bit maps", put("input.zero_point", 1), None, "input.zero_point", "0"),
    "a clip of one bit": Case("binary, one-bit maps", put("0.output.min", 1), "conv1", "output.min", "no clip"),
    "min out of range": Case("dense", put("0.output.min", -129), "conv1", "output.min", "-128..127"),
    "min above max": Case(
        "dense", both(put("0.output.min", 9), put("0.output.max", 8)), "conv1", "output.min", "9 lies above max 8"
    ),
    "max out of range": Case("unsigned, 16 bits", put("0.output.max", 16), "r1", "output.max", "0..15"),
    "a shape of two": Case("dense", put("input.shape", [4, 6]), None, "input.shape", "[C, H, W] or [F]"),
    "an empty axis": Case("dense", put("input.shape", [4, 0, 5]), None, "input.shape", "1.."),
    "a huge map": Case("dense", put("input.shape", [4, 2**20, 2**20]), None, "input.shape", "at most"),
    "a shape with a float": Case("dense", put("input.shape", [4, 6.0, 5]), None, "input.shape", "list of integers"),
    "an unknown output key": Case("dense", put("0.output.zero", 0), "conv1", "output.zero", "no key of format 1"),
    "an output shape that is wrong": Case(
        "dense", put("0.output.shape", [3, 6, 4]), "conv1", "output.shape", "delivers [3, 6, 5]"
    ),
    "a float map with a scale": Case("float", put("0.output.scale", 0.5), "conv1", "output.scale", "1.0"),
}

LAYERS = {
    "an unknown operation": Case("dense", put("0.op", "conv3d"), "conv1", "op", "'conv3d' is no operation"),
    "an unknown layer key": Case("dense", put("0.dilation", [1, 1]), "conv1", "dilation", "no key of format 1"),
    "a key of another operation": Case("dense", put("0.kernel", [3, 3]), "conv1", "kernel", "no key of format 1"),
    "a layer without output": Case("dense", drop("0.output"), "conv1", "output", "is missing"),
    "a layer without name": Case("dense", drop("0.name"), None, "layers[0].name", "is missing"),
    "a layer called input": Case("dense", put("0.name", "input"), None, "layers[0].name", "reserved"),
    "a layer name that escapes": Case("dense", put("0.name", "a/b"), None, "layers[0].name", "no Verilog identifier"),
    "a layer name with a digit first": Case("dense", put("0.name", "1st"), None, "layers[0].name", "identifier"),
    "two layers of one name": Case("all other operations", _rename, "left", "name", "two layers"),
    "a layer before its input": Case("all other operations", _swap, "sum", "inputs", "earlier layer"),
    "a layer that reads itself": Case("dense", put("0.inputs", ["conv1"]), "conv1", "inputs", "earlier layer"),
    "no inputs": Case("dense", put("0.inputs", []), "conv1", "inputs", "must name"),
    "inputs that are no list": Case("dense", put("0.inputs", "input"), "conv1", "inputs", "list of strings"),
    "an input too many": Case("dense", put("0.inputs", ["input", "input"]), "conv1", "inputs", "names 2"),
    "a vector convolved": Case("dense", put("input.shape", [120]), "conv1", "inputs", "[C, H, W]"),
    "stride 0": Case("dense", put("0.stride", [0, 1]), "conv1", "stride", "1.."),
    "one stride": Case("dense", put("0.stride", [1]), "conv1", "stride", "2 integers"),
    "a negative padding": Case("dense", put("0.padding", [-1, 1, 1, 1]), "conv1", "padding", "0.."),
    "two paddings": Case("dense", put("0.padding", [1, 1]), "conv1", "padding", "4 integers"),
    "a kernel larger than the map": Case("strided", put("0.padding", [0] * 4), "conv1", "output.shape", ""),
    "groups that do not divide": Case("dense", put("0.groups", 3), "conv1", "groups", "must divide"),
    "groups that the weights lack": Case("depthwise", put("0.groups", 2), "conv1", "weights.shape", "2 groups"),
    "a source_op with a newline": Case("dense", put("0.source_op", "a\nb"), "conv1", "source_op", "printable"),
    "an unknown domain": Case("winograd2", put("0.domain", "fft"), "conv1", "domain", "winograd2, winograd4"),
    "the other domain": Case("winograd2", put("0.domain", "winograd4"), "conv1", "weights.shape", "6 x 6"),
    "a strided domain": Case("winograd4", put("0.stride", [2, 2]), "conv1", "stride", "1..1"),
    "an average over padding": Case(
        "avg_pool2d, padded", put("0.count_include_pad", False), "pool1", "padding", "wholly in the padding"
    ),
    "count_include_pad of 1": Case(
        "avg_pool2d, padded", put("0.count_include_pad", 1), "pool1", "count_include_pad", "true or false"
    ),
    "a pool without kernel": Case("avg_pool2d", drop("0.kernel"), "pool1", "kernel", "is missing"),
    "a pool that changes its scale": Case("avg_pool2d", put("0.output.scale", 0.75), "pool1", "output.scale", "keeps"),
    "a concat of two scales": Case(
        "all other operations", put("1.output.scale", 0.75), "joined", "output.scale", "requantize"
    ),
    "a flatten that clips": Case("all other operations", put("6.output.max", 99), "flat", "output.max", "not clip"),
    "an add of one": Case("all other operations", put("2.inputs", ["left"]), "sum", "inputs", "add reads 2"),
    "an add of two shapes": Case(
        "all other operations", put("2.inputs", ["left", "input"]), "sum", "inputs", "must be equal"
    ),
    "an add with a large shift": Case(
        "all other operations", put("2.requant.input_shifts", [63, 0]), "sum", "requant.input_shifts", "0..62"
    ),
    "an add with a negative multiplier": Case(
        "all other operations", put("2.requant.multiplier", -1), "sum", "requant.multiplier", "0.."
    ),
    "a mean of another shape": Case(
        "all other operations", put("8.output.shape", [6, 1]), "average", "output.shape", "[C, H, W] or [F]"
    ),
    "a softmax that is read": Case(
        "all other operations", put("7.inputs", ["chances"]), "best", "inputs", "earlier layer"
    ),
    "a softmax with a positive diff_min": Case(
        "all other operations", put("9.diff_min", 1), "chances", "diff_min", "..0"
    ),
    "an argmax in too few bits": Case(
        "all other operations", both(put("7.output.bits", 4), put("7.output.min", 0), put("7.output.max", 7)),
        "best", "output.max", "0 to 89",
    ),
}  # fmt: skip

REQUANT = {
    "no requant": Case("dense", drop("0.requant"), "conv1", "requant", "is missing"),
    "a requant on real numbers": Case(
        "float", put("2.requant", {"multiplier": "conv1.values", "shift": "conv1.bias", "rounding": "floor"}),
        "mean1", "requant", "must be absent",
    ),
    "an unknown rounding": Case("dense", put("0.requant.rounding", "up"), "conv1", "requant.rounding", "half_up"),
    "a multiplier of int64": Case(
        "dense", member("conv1.mul", lambda a: a.astype(np.int64)), "conv1", "requant.multiplier", "int64"
    ),
    "a negative multiplier": Case("dense", member("conv1.mul", element(-1, 1)), "conv1", "requant.multiplier", "-1"),
    "a multiplier too few": Case("dense", member("conv1.mul", lambda a: a[1:]), "conv1", "requant.multiplier", "(3,)"),
    "a shift of 63": Case("dense", member("conv1.shift", element(63, 2)), "conv1", "requant.shift", "channel 2"),
    "a negative shift": Case("dense", member("conv1.shift", element(-1)), "conv1", "requant.shift", "is -1"),
    "a shift of int32": Case(
        "dense", member("conv1.shift", lambda a: a.astype(np.int32)), "conv1", "requant.shift", "int8"
    ),
    "a bias of int32": Case("dense", member("conv1.bias", lambda a: a.astype(np.int32)), "conv1", "bias", "int64"),
    "a bias too long": Case("dense", member("conv1.bias", lambda a: np.append(a, 0)), "conv1", "bias", "(3,)"),
    "a NaN bias": Case("float", member("conv1.bias", element(np.nan)), "conv1", "bias", "NaN"),
    "an integer bias on real numbers": Case(
        "float", member("conv1.bias", lambda a: a.astype(np.int64)), "conv1", "bias", "float32"
    ),
}  # fmt: skip

WEIGHTS = {
    "weights missing": Case("dense", drop("0.weights"), "conv1", "weights", "is missing"),
    "an unknown encoding": Case("dense", put("0.weights.encoding", "rle"), "conv1", "weights.encoding", "'rle'"),
    "an unknown weights key": Case("dense", put("0.weights.scale", 1), "conv1", "weights.scale", "no key of format 1"),
    "no such member": Case("dense", put("0.weights.values", "gone"), "conv1", "weights.values", "no member"),
    "a member with a path": Case("dense", put("0.weights.values", "../x"), "conv1", "weights.values", "no member"),
    "a member that is a number": Case("dense", put("0.weights.values", 3), "conv1", "weights.values", "a string"),
    "float values in a dense layer": Case(
        "dense", member("conv1.values", lambda a: a.astype(np.float32)), "conv1", "weights.values", "float32"
    ),
    "unsigned values": Case(
        "dense", member("conv1.values", lambda a: a.astype(np.uint8)), "conv1", "weights.values", "uint8"
    ),
    "int16 for 8 bits": Case(
        "dense", member("conv1.values", lambda a: a.astype(np.int16)), "conv1", "weights.values", "int16"
    ),
    "values of three axes": Case(
        "dense", member("conv1.values", lambda a: a[0]), "conv1", "weights.values", "2 or 4"
    ),
    "a vector's weights in a convolution": Case(
        "dense", member("conv1.values", lambda a: a[:, :, 0, 0]), "conv1", "weights.shape", "(out, in/groups, kh, kw)"
    ),
    "too many features": Case(
        "dense, fully connected", put("input.shape", [12]), "fc1", "weights.shape", "11 features"
    ),
    "no weights": Case("dense", member("conv1.values", lambda a: a[:0]), "conv1", "weights.values", "at least 1"),
    "weights beyond their bits": Case("dense", put("0.weights.bits", 3), "conv1", "weights.values", "of 3 bits"),
    "weights of 17 bits": Case("dense", put("0.weights.bits", 17), "conv1", "weights.bits", "2..16"),
    "weights of 1 bit": Case("dense", put("0.weights.bits", 1), "conv1", "weights.bits", "2..16"),
    "weights without bits": Case("dense", drop("0.weights.bits"), "conv1", "weights.bits", "is missing"),
    "a ternary 2": Case("ternary", member("conv1.values", element(2)), "conv1", "weights.values", "-1, 0 or 1"),
    "a code beyond the codebook": Case(
        "codebook", member("conv1.codes", element(16)), "conv1", "weights.codes", "code 16"
    ),
    "a codebook too short": Case(
        "codebook", member("conv1.codebook", lambda a: a[:-1]), "conv1", "weights.codebook", "(16,)"
    ),
    "a codebook entry beyond its bits": Case(
        "codebook", both(put("0.weights.bits", 5), member("conv1.codebook", element(16))),
        "conv1", "weights.codebook", "of 5 bits",
    ),
    "nine code bits": Case("codebook", put("0.weights.code_bits", 9), "conv1", "weights.code_bits", "1..8"),
    "signed codes": Case(
        "codebook", member("conv1.codes", lambda a: a.astype(np.int8)), "conv1", "weights.codes", "int8"
    ),
    "indptr that falls": Case("sparse", member("conv1.indptr", element(99, 5)), "conv1", "weights.indptr", "falls"),
    "indptr that does not start at 0": Case(
        "sparse", member("conv1.indptr", element(1)), "conv1", "weights.indptr", "from 1"
    ),
    "indptr that ends early": Case("sparse", member("conv1.indptr", element(3, -1)), "conv1", "weights.indptr", "to 3"),
    "indptr too short": Case("sparse", member("conv1.indptr", lambda a: a[:-1]), "conv1", "weights.indptr", "(37,)"),
    "indptr of int32": Case(
        "sparse", member("conv1.indptr", lambda a: a.astype(np.int32)), "conv1", "weights.indptr", "int64"
    ),
    "a row beyond the last": Case("sparse", member("conv1.indices", element(3)), "conv1", "weights.indices", "0..2"),
    "a negative row": Case("sparse", member("conv1.indices", element(-1)), "conv1", "weights.indices", "row -1"),
    "rows that do not rise": Case(
        "sparse", member("conv1.indices", lambda a: np.zeros_like(a)), "conv1", "weights.indices", "rise strictly"
    ),
    "rows of two axes": Case(
        "sparse", member("conv1.indices", lambda a: a.reshape(1, -1)), "conv1", "weights.indices", "dimensions"
    ),
    "an explicit zero": Case("sparse", member("conv1.values", element(0, 4)), "conv1", "weights.values", "entry 4"),
    "an explicit zero code": Case(
        "sparse, codes", member("conv1.codebook", lambda a: a * 0), "conv1", "weights.codes", "explicit zero"
    ),
    "values too few": Case("sparse", member("conv1.values", lambda a: a[1:]), "conv1", "weights.values", "shape"),
    "values and codes": Case(
        "sparse, codes", put("0.weights.values", "conv1.codes"), "conv1", "weights", "has both"
    ),
    "codes without a codebook": Case(
        "sparse, codes", both(drop("0.weights.codebook"), lambda _, m: m.pop("conv1.codebook")),
        "conv1", "weights.codebook", "is missing",
    ),
    "neither values nor codes": Case(
        "sparse", both(drop("0.weights.values"), lambda _, m: m.pop("conv1.values")), "conv1", "weights", "neither"
    ),
    "an astronomical sparse shape": Case(
        "sparse", put("0.weights.shape", [2**20, 2**20, 3, 3]), "conv1", "weights.shape", "split the layer"
    ),
    "an offset beyond m": Case("nm", member("conv1.offsets", element(2, -1)), "conv1", "weights.offsets", "0..1"),
    "offsets that do not rise": Case(
        "nm", member("conv1.offsets", lambda a: a * 0), "conv1", "weights.offsets", "rise strictly"
    ),
    "n above m": Case("nm", put("0.weights.n", 3), "conv1", "weights.n", "1..2"),
    "n of another shape": Case("nm", put("0.weights.n", 1), "conv1", "weights.offsets", "n = 1"),
    "m of other channels": Case("nm", put("0.weights.m", 4), "conv1", "weights.shape", "8 channels"),
    "binary weights too short": Case(
        "binary", member("conv1.packed", lambda a: a[:-1]), "conv1", "weights.packed", "(14,)"
    ),
    "bits behind the last binary weight": Case(
        "binary", member("conv1.packed", element(255, -1)), "conv1", "weights.packed", "last 4 bits"
    ),
    "binary weights without shape": Case("binary", drop("0.weights.shape"), "conv1", "weights.shape", "is missing"),
    "an infinite weight": Case("float", member("conv1.values", element(np.inf, 3)), "conv1", "weights.values", "NaN"),
    "a NaN weight": Case("float", member("conv1.values", element(np.nan)), "conv1", "weights.values", "NaN"),
    # A dtype that no key takes is refused before any layer is looked at.
    "float64 weights": Case("float", member("conv1.values", lambda a: a.astype(np.float64)), None, None, "'<f8'"),
    "integer weights between float maps": Case(
        "float", both(put("0.weights", {"encoding": "ternary", "values": "conv1.values"}),
                      member("conv1.values", lambda a: np.sign(a).astype(np.int8))),
        "conv1", "weights.encoding", "integer weights",
    ),
}  # fmt: skip

CASES = TOP | MAPS | LAYERS | REQUANT | WEIGHTS


def test_there_are_enough_cases() -> None:
    assert len(CASES) == sum(map(len, (TOP, MAPS, LAYERS, REQUANT, WEIGHTS))) >= 40


@pytest.mark.parametrize("name", CASES)
def test_bad_file(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    description, members = parts_of(NETWORKS[case.network](), tmp_path / "good.npz")
    bad = tmp_path / "bad.npz"
    write_parts(bad, description, members)
    load(bad)  # Only the damage makes it bad.
    case.damage(description, members)
    write_parts(bad, description, members)
    with pytest.raises(ModelError) as caught:
        load(bad)
    error = caught.value
    assert (error.file, error.layer, error.key) == (str(bad), case.layer, case.key)
    assert case.text in str(error)
    assert len(str(error)) < 400 + len(str(bad))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.npz", "good.npz"]
