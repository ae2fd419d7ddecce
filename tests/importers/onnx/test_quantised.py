"""QuantizeLinear and DequantizeLinear: which integers come out, and how near to onnx's evaluator they are."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from hwgen import golden
from hwgen.errors import HwgenError, ModelError, UnsupportedError
from hwgen.importers.calibration import Calibration
from hwgen.importers.onnx.weighted import row_scales
from hwgen.model import Conv2d, Dense, Model
from tests.importers.onnx.graphs import Builder, imported, oracle, quantised_graphs


def frames_of(shape: tuple[int, ...], count: int = 12) -> np.ndarray:
    return np.random.default_rng(1).uniform(-3, 3, (count, *shape)).astype(np.float32)


def integers_of(model: onnx.ModelProto, found: Model, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The model's output for the evaluator's own quantised inputs, and the evaluator's output as integers."""
    q = np.rint(frames / np.float32(found.input.scale)) + found.input.zero_point
    got = golden.infer(found, np.clip(q, found.input.min, found.input.max).astype(found.input.dtype))
    output = found.activation(found.outputs[0])
    want = np.rint(oracle(model, frames) / np.float32(output.scale)) + output.zero_point
    assert isinstance(got, np.ndarray)
    return got.astype(np.int64), want.reshape(got.shape).astype(np.int64)


@settings(max_examples=60)
@given(drawn=quantised_graphs(most=1))
def test_one_operator_is_within_one_of_the_evaluator(drawn: tuple[onnx.ModelProto, tuple[int, ...]]) -> None:
    model, shape = drawn
    found = imported(model)
    got, want = integers_of(model, found, frames_of(shape))
    assert np.abs(got - want).max() <= 1


@settings(max_examples=40, derandomize=True)
@given(drawn=quantised_graphs(most=5))
def test_networks_have_the_evaluators_integers_but_for_few(drawn: tuple[onnx.ModelProto, tuple[int, ...]]) -> None:
    """A layer may be one off where the exact result is a half, and the layers behind it pass that on with their gain.

    How far it gets has no bound that holds for all graphs: these are the same in every run.
    """
    model, shape = drawn
    found = imported(model)
    got, want = integers_of(model, found, frames_of(shape))
    assert np.abs(got - want).max() <= 3
    assert np.mean(got != want) <= 0.1


@pytest.mark.parametrize("seed", range(4))
def test_a_convolution_is_the_exact_result_rounded_once(seed: int) -> None:
    """Against rational numbers: nearest, halves up, but for what a multiplier of 31 bits leaves open."""
    rng = np.random.default_rng(seed)
    build = Builder(seed)
    s_in, s_out = (float(np.float32(x)) for x in rng.uniform(0.01, 0.05, 2) * (1, 40))
    z_in, z_out = (int(z) for z in rng.integers(-128, 128, 2))
    integers = rng.integers(-128, 128, (3, 2, 2, 2))
    scales = rng.uniform(0.002, 0.02, 3).astype(np.float32)
    biases = rng.integers(-2000, 2000, 3)
    bias_scales = (np.float32(s_in) * scales).astype(np.float32)
    made = build.node(
        "Conv",
        build.quantised("x", s_in, z_in),
        build.integer_weights(integers, scales),
        build.integer_weights(biases, bias_scales, dtype=np.int32),
    )
    model = build.model((1, 2, 4, 4), build.quantised(made, s_out, z_out))
    found = imported(model)
    (layer,) = found.layers
    assert isinstance(layer, Conv2d)
    assert np.array_equal(layer.weights.decode(), integers)
    assert layer.bias is not None
    assert np.array_equal(layer.bias, biases)
    q = rng.integers(-128, 128, (20, 2, 4, 4)).astype(np.int8)
    got = golden.infer(found, q)
    assert isinstance(got, np.ndarray)
    off = 0
    for frame, k, y, x in np.ndindex(got.shape):
        part = q[frame, :, y : y + 2, x : x + 2].astype(int) - z_in
        acc = Fraction(s_in) * Fraction(float(scales[k])) * int((part * integers[k]).sum())
        exact = (acc + int(biases[k]) * Fraction(float(bias_scales[k]))) / Fraction(s_out)
        nearest = min(max(int((exact + Fraction(1, 2)) // 1) + z_out, -128), 127)
        if nearest != got[frame, k, y, x]:
            off += 1
            # The bias, too, is a multiple of s_in * scale: its own scale is that product, rounded to a float32.
            assert abs(exact - round(exact)) > 0.5 - 1e-4
    assert off <= 2


Made = Callable[[Builder, str], str]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("kind", [TensorProto.INT8, TensorProto.UINT8])
def test_an_input_of_integers(dtype: type, kind: int) -> None:
    """The graph begins with a DequantizeLinear."""
    build = Builder()
    numbers = build.constant(0.05), build.constant(3, np.int8 if kind == TensorProto.INT8 else np.uint8)
    made = build.node(
        "Conv", build.node("DequantizeLinear", "x", *numbers), build.integer_weights(np.ones((1, 1, 2, 2)), 0.1)
    )
    model = build.model((1, 1, 4, 4), build.quantised(made, 0.3, 5, dtype), kind=kind)
    found = imported(model)
    assert (found.input.scale, found.input.zero_point) == (pytest.approx(0.05), 3)
    assert found.input.signed == (kind == TensorProto.INT8)
    assert found.layers[0].output.signed == (dtype is np.int8)


def test_clips_become_integers() -> None:
    build = Builder()
    made = build.node("Conv", build.quantised("x", 0.05), build.integer_weights(np.ones((1, 1, 1, 1)), 0.1))
    made = build.node("Clip", made, build.constant(-0.25), build.constant(0.75))
    (layer,) = imported(build.model((1, 1, 2, 2), build.quantised(made, 0.125, 10))).layers
    assert (layer.output.min, layer.output.max) == (8, 16)


def test_asymmetric_weights_take_the_bits_they_need() -> None:
    build = Builder()
    names = build.constant([[0, 255], [7, 130]], np.uint8), build.constant(0.1), build.constant(130, np.uint8)
    made = build.node("MatMul", build.quantised("x", 0.05), build.node("DequantizeLinear", *names))
    (layer,) = imported(build.model((1, 2), build.quantised(made, 1.0))).layers
    assert isinstance(layer, Dense)
    assert layer.weights.bits == 9
    assert layer.weights.decode().tolist() == [[-130, -123], [125, 0]]


def test_weights_quantised_in_the_graph_and_turned() -> None:
    """A float initialiser, QuantizeLinear, DequantizeLinear, Transpose, as PyTorch writes them; opset 13."""
    build = Builder()
    numbers = build.constant([0.1, 0.2]), build.constant([0, 0], np.int8)
    q = build.node("QuantizeLinear", build.constant([[0.3, -0.5], [0.4, 1.0]]), *numbers, axis=0)
    turned = build.node("Transpose", build.node("DequantizeLinear", q, *numbers, axis=0), perm=[1, 0])
    model = build.model((1, 2), build.quantised(build.node("MatMul", build.quantised("x", 0.05), turned), 1.0))
    model.opset_import[0].version, model.ir_version = 13, 7
    (layer,) = imported(model).layers
    assert isinstance(layer, Dense)
    assert layer.weights.decode().tolist() == [[3, -5], [2, 5]]


def test_a_normalisation_behind_quantised_weights_keeps_them() -> None:
    build = Builder()
    integers = np.array([[3, -7], [1, 100]])
    made = build.node("Gemm", build.quantised("x", 0.05), build.integer_weights(integers, [0.1, 0.2]), transB=1)
    made = build.node("Mul", made, build.constant([-2.0, 3.0]))
    (layer,) = imported(build.model((1, 2), build.quantised(made, 1.0))).layers
    assert isinstance(layer, Dense)
    assert layer.weights.decode().tolist() == [[-3, 7], [1, 100]]


def test_a_shift_between_two_quantisers_keeps_its_fractions(rng: np.random.Generator) -> None:
    """As ONNX Runtime's quantiser leaves a bias that is an Add of its own: each channel has the weight that fits it."""
    build = Builder()
    made = build.node("Add", build.quantised("x", 0.036, 24), build.constant(rng.normal(0, 1, (16, 1, 1))))
    model = build.model((1, 16, 8, 8), build.quantised(build.node("Relu", made), 0.0139, -128))
    found = imported(model)
    (layer,) = found.layers
    assert isinstance(layer, Conv2d)
    assert layer.groups == 16
    assert len(np.unique(layer.weights.decode())) > 4
    got, want = integers_of(model, found, frames_of((16, 8, 8), 20))
    assert np.mean(got != want) < 0.002


def test_a_pool_is_quantised_before_it_if_nothing_else_reads_that() -> None:
    build = Builder()
    made = build.node("Conv", build.quantised("x", 0.05), build.integer_weights(np.ones((1, 1, 1, 1)), 0.1))
    end = build.quantised(build.node("MaxPool", made, kernel_shape=[2, 2]), 0.3, 5)
    found = imported(build.model((1, 1, 4, 4), end))
    assert [layer.op for layer in found.layers] == ["conv2d", "max_pool2d"]
    assert {(layer.output.scale, layer.output.zero_point) for layer in found.layers} == {(np.float32(0.3), 5)}


def test_an_average_with_a_scale_of_its_own_is_rounded_once() -> None:
    build = Builder()
    made = build.node("AveragePool", build.quantised("x", 0.05), kernel_shape=[2, 3])
    found = imported(build.model((1, 2, 4, 4), build.quantised(made, 0.02, 5)))
    (layer,) = found.layers
    assert isinstance(layer, Conv2d)
    assert layer.groups == 2
    assert (layer.weights.decode() == 1).all()


def test_a_softmax_may_stay_unquantised() -> None:
    build = Builder()
    made = build.node("Gemm", build.quantised("x", 0.05), build.integer_weights(np.eye(3) * 50, 0.1))
    end = build.node("Softmax", build.quantised(made, 0.1))
    model = build.model((1, 3), end)
    found = imported(model)
    frames = np.random.default_rng(0).uniform(-3, 3, (20, 3)).astype(np.float32)
    shares = golden.infer_float(found, frames)
    assert np.abs(shares - oracle(model, frames)).max() <= 1.5 / 256


def test_equal_quantisers_are_one() -> None:
    """Some exporters quantise a tensor once for each of its readers."""
    build = Builder()
    made = build.node("Conv", build.quantised("x", 0.05), build.integer_weights(np.ones((1, 1, 1, 1)), 0.1))
    numbers = build.constant(0.3), build.constant(0, np.int8)
    first, second = (
        build.node("DequantizeLinear", build.node("QuantizeLinear", made, *numbers), *numbers) for _ in range(2)
    )
    end = build.quantised(build.node("Add", first, build.node("MaxPool", second, kernel_shape=[1, 1])), 0.5)
    found = imported(build.model((1, 1, 2, 2), end))
    assert [layer.op for layer in found.layers] == ["conv2d", "max_pool2d", "add"]


def test_16_bits() -> None:
    build = Builder()
    weights = build.integer_weights(np.ones((1, 1, 1, 1)), 0.1)
    made = build.node("Conv", build.quantised("x", 0.001, 0, np.int16), weights)
    found = imported(build.model((1, 1, 2, 2), build.quantised(made, 0.0001, 7, np.uint16)))
    assert (found.input.bits, found.input.signed) == (16, True)
    assert (found.layers[0].output.bits, found.layers[0].output.signed) == (16, False)


@pytest.mark.parametrize("in_graph", [False, True])
def test_4_bits(in_graph: bool, rng: np.random.Generator) -> None:
    """Weights of INT4, in the file or quantised in the graph, and a map of UINT4."""
    build = Builder()
    integers = rng.integers(-8, 8, (3, 6))
    build.initialisers += [
        helper.make_tensor("w", TensorProto.INT4, (3, 6), integers.reshape(-1).tolist()),
        helper.make_tensor("zero", TensorProto.INT4, (), [0]),
        helper.make_tensor("three", TensorProto.UINT4, (), [3]),
    ]
    scale, map_scale = build.constant(0.1), build.constant(0.3)
    q = build.node("QuantizeLinear", build.constant(integers * 0.1), scale, "zero") if in_graph else "w"
    weights = build.node("DequantizeLinear", q, scale, "zero")
    source = build.node("DequantizeLinear", build.node("QuantizeLinear", "x", map_scale, "three"), map_scale, "three")
    model = build.model((1, 6), build.quantised(build.node("Gemm", source, weights, transB=1), 0.5))
    found = imported(model)
    (layer,) = found.layers
    assert isinstance(layer, Dense)
    assert layer.weights.bits == 4
    assert np.array_equal(layer.weights.decode(), integers)
    assert (found.input.bits, found.input.signed, found.input.zero_point) == (4, False, 3)
    got, want = integers_of(model, found, frames_of((6,)))
    assert np.abs(got - want).max() <= 1


def half(build: Builder) -> str:
    """Quantised up to a convolution, whose output is not."""
    return build.node("Conv", build.quantised("x", 0.05), build.integer_weights(np.ones((1, 1, 1, 1)), 0.1), name="c")


def test_what_is_left_open_needs_frames() -> None:
    build = Builder()
    model = build.model((1, 1, 4, 4), build.node("MaxPool", half(build), kernel_shape=[2, 2]))
    hint = r"\(quantise all of it before the export, or give frames with --calibrate\)"
    with pytest.raises(
        UnsupportedError, match=rf"net\.onnx, layer 'c': no QuantizeLinear gives the map's scale {hint}"
    ):
        imported(model)
    found = imported(model, Calibration(frames=np.random.default_rng(0).uniform(-1, 1, (9, 1, 4, 4))))
    assert found.input.scale == np.float32(0.05)
    assert found.layers[0].weights.decode().tolist() == [[[[1]]]]  # type: ignore[attr-defined]
    build = Builder()
    made = build.node("Conv", build.quantised("x", 0.05), build.normal(1, 1, 1, 1), name="c")
    with pytest.raises(UnsupportedError, match=rf"layer 'c': the weights are not quantised {hint}"):
        imported(build.model((1, 1, 2, 2), build.quantised(made, 0.5)))


def refused(make: Callable[[Builder], str], kind: type[HwgenError] = UnsupportedError) -> str:
    build = Builder()
    model = build.model((1, 2, 3, 3), make(build))
    with pytest.raises(kind) as caught:
        imported(model)
    return str(caught.value)


def test_refuses() -> None:
    scale, zero = 0.1, 3

    def other_scale(build: Builder) -> str:
        q = build.node("QuantizeLinear", "x", build.constant(scale), build.constant(zero, np.int8))
        return build.node(
            "Relu", build.node("DequantizeLinear", q, build.constant(0.2), build.constant(0, np.int8), name="n")
        )

    assert refused(other_scale) == (
        "net.onnx, layer 'n': DequantizeLinear reads with the scale 0.2 and the zero point 0 what is quantised with "
        "0.1 and 3 (use the same scale and zero point)"
    )

    def scales_of_a_map(build: Builder) -> str:
        numbers = build.constant([0.1, 0.2]), build.constant([0, 0], np.int8)
        return build.node(
            "DequantizeLinear", build.node("QuantizeLinear", "x", *numbers, axis=1, name="n"), *numbers, axis=1
        )

    assert refused(scales_of_a_map) == (
        "net.onnx, layer 'n': QuantizeLinear has 2 scales for a map (quantise maps with one scale)"
    )

    def negative(build: Builder) -> str:
        q = build.node("QuantizeLinear", "x", build.constant(-0.1), build.constant(0, np.int8), name="n")
        return build.node("DequantizeLinear", q, build.constant(-0.1), build.constant(0, np.int8))

    assert refused(negative, ModelError) == "net.onnx, layer 'n': QuantizeLinear has the scale -0.1 (export it again)"

    def computes_with_integers(build: Builder) -> str:
        numbers = build.constant(0.1), build.constant(0, np.int8)
        q = build.node("Relu", build.node("QuantizeLinear", "x", *numbers), name="n")
        return build.node("DequantizeLinear", q, *numbers)

    assert refused(computes_with_integers).startswith(
        "net.onnx, layer 'n': Relu computes with the integers of 't0' (put a DequantizeLinear before it)"
    )

    def a_softmax_of_another_scale(build: Builder) -> str:
        vector = build.node("Flatten", build.node("GlobalAveragePool", build.quantised("x", 0.1)))
        return build.quantised(build.node("Softmax", build.quantised(vector, 0.1), name="n"), 0.01)

    assert refused(a_softmax_of_another_scale) == (
        "net.onnx, layer 'n': softmax delivers the scale 1/256 from the least integer on, not 0.01 and 0 "
        "(leave its output unquantised)"
    )


def test_rows_have_one_scale_each() -> None:
    build = Builder()
    weights = build.integer_weights(np.ones((2, 3)), [0.1, 0.2, 0.3], axis=1)
    made = build.node("Gemm", build.quantised("x", 0.05), weights, transB=1, name="n")
    with pytest.raises(UnsupportedError, match="'n': the weights are not quantised"):
        imported(build.model((1, 3), build.quantised(made, 1.0)))
    from hwgen.importers.onnx.constants import Constant

    plain = Constant(real=np.ones((2, 3)), dtype=np.dtype(np.float32))
    assert row_scales(plain) == (None, 8)


@given(bits=st.sampled_from([np.int8, np.uint8, np.int16, np.uint16]))
def test_the_type_without_a_zero_point(bits: type) -> None:
    """UINT8, or what output_dtype says."""
    build = Builder()
    number = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(bits))
    q = build.node("QuantizeLinear", "x", build.constant(0.1), output_dtype=number)
    end = build.node("Relu", build.node("DequantizeLinear", q, build.constant(0.1)))
    model = build.model((1, 2), build.quantised(end, 0.1))
    if bits is not np.uint8:
        model.graph.node[0].attribute[0].i = number
    found = imported(model)
    assert found.input.dtype == bits
