"""A plan's memory images, interpreted, compute what the model means."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import golden
from hwgen.plan import PlanOptions, build_plan
from tests.gateware.networks import Case, cases
from tests.gateware.tiles import network
from tests.plan.emulator import Emulator
from tests.plan.planned import buildable, renamed, words
from tests.plan.small import lenet


@settings(max_examples=60)
@given(case=cases(columns=1500))
def test_the_images_compute_the_model(case: Case) -> None:
    plan = buildable(case.model, case.options)
    frames = case.frames[: case.options.batch]
    outputs = Emulator(plan).run(frames)
    expected = golden.infer(case.model, frames)
    np.testing.assert_array_equal(outputs.reshape(expected.shape), expected)


@settings(max_examples=60)
@given(case=cases(columns=400, tiles=True), longer=st.booleans())
def test_the_images_compute_tiles(case: Case, longer: bool) -> None:
    with words(longer=longer):
        plan = buildable(case.model, case.options)
    frames = case.frames[: case.options.batch]
    outputs = Emulator(plan).run(frames)
    expected = golden.infer(case.model, frames)
    np.testing.assert_array_equal(outputs.reshape(expected.shape), expected)


@pytest.mark.parametrize("algorithm", ["winograd2", "winograd4"])
def test_high_bits_of_tiles_may_lie_beyond_the_longest_column(algorithm: Literal["winograd2", "winograd4"]) -> None:
    net = network(6, 6, (5, 7), layers=2)
    with words(longer=True):
        plan = build_plan(net, PlanOptions(pes=4, lanes=2, algorithm=algorithm))
    columns = plan.shape.word_columns
    if plan.shape.lift:
        # No layer's weights are shorter.
        assert columns.kinds == ((14, 7),)
        assert plan.shape.weight_word_bits == columns.room == 7 * plan.shape.weight_bits
    else:
        assert columns.long == columns.room // plan.shape.plain_bits
        assert plan.shape.weight_word_bits == columns.long * plan.shape.weight_bits > columns.room
    frames = np.random.default_rng(5).integers(-128, 128, (1, *net.input.shape)).astype(np.int8)
    np.testing.assert_array_equal(Emulator(plan).run(frames).reshape(-1), golden.infer(net, frames).reshape(-1))


@settings(max_examples=30)
@given(case=cases(columns=300, tiles=True, sparse=True))
def test_the_images_compute_tiles_beside_sparse_layers(case: Case) -> None:
    """Weights in the Winograd domain sparse or not, kernels in tiles, and layers of other kinds in one core."""
    plan = buildable(case.model, case.options)
    frames = case.frames[: case.options.batch]
    expected = golden.infer(case.model, frames)
    np.testing.assert_array_equal(Emulator(plan).run(frames).reshape(expected.shape), expected)


@settings(max_examples=25)
@given(case=cases(columns=800, bits=(2, 8, 16), weight_bits=16))
def test_also_with_sixteen_bits(case: Case) -> None:
    plan = buildable(case.model, case.options)
    frames = case.frames[: case.options.batch]
    outputs = Emulator(plan).run(frames)
    expected = golden.infer(case.model, frames)
    np.testing.assert_array_equal(outputs.reshape(expected.shape), expected)


@settings(max_examples=30)
@given(case=cases(columns=600, sparse=True))
def test_the_images_compute_sparse_models(case: Case) -> None:
    """Of every index, coding and order; zeros skipped as the scanner skips them."""
    plan = buildable(case.model, case.options)
    frames = case.frames[: case.options.batch]
    expected = golden.infer(case.model, frames)
    np.testing.assert_array_equal(Emulator(plan).run(frames).reshape(expected.shape), expected)


@given(case=cases(columns=1500))
def test_every_layer_is_counted(case: Case) -> None:
    plan = buildable(case.model, case.options)
    assert [layer.name for layer in plan.layers] == [layer.name for layer in case.model.layers]
    names = renamed(case.model)
    assert {plan.layers[index].name for index in plan.pulses} == {layer.name for layer in plan.layers} - names
    assert all((layer.cycles > 0) == (layer.name not in names) for layer in plan.layers)
    assert all(0 <= layer.utilisation <= 1 for layer in plan.layers)
    assert plan.interval >= max(plan.load_cycles - 1, max(layer.cycles for layer in plan.layers))


def test_work_is_counted_by_layer() -> None:
    plan = build_plan(lenet(), PlanOptions(pes=2, lanes=4))
    by_name = {layer.name: layer for layer in plan.layers}
    assert by_name["conv1"].macs == 3 * 9 * 72
    assert by_name["pool1"].macs == 0
    assert by_name["flat"].cycles == 0
    assert by_name["flat"].algorithm == "alias"
    assert by_name["fc2"].macs == by_name["fc2"].weights == 28
    assert by_name["conv2"].encoding == "codebook"
    codes = lenet().layer("conv2").weights.decode()  # type: ignore[attr-defined]
    assert by_name["conv2"].nonzero_weights == np.count_nonzero(codes)
    assert by_name["conv2"].nonzero_macs == np.count_nonzero(codes) * 4


@pytest.mark.parametrize("batch", [1, 4])
def test_a_batch_multiplies_the_work(batch: int) -> None:
    plan = build_plan(lenet(), PlanOptions(pes=2, lanes=4, batch=batch))
    assert sum(layer.macs for layer in plan.layers) == batch * sum(
        layer.macs for layer in build_plan(lenet(), PlanOptions(pes=2, lanes=4)).layers
    )


@given(case=cases(columns=1500))
def test_the_same_model_gives_the_same_plan(case: Case) -> None:
    assert buildable(case.model, case.options).digest == buildable(case.model, case.options).digest
