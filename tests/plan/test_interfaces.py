from __future__ import annotations

import numpy as np
import pytest

from hwgen.flow.frames import from_beats, to_beats
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.interfaces import interfaces
from hwgen.plan.weight_stream import weight_beats
from tests.gateware.simulation import interface
from tests.plan.small import act, conv, dense, lenet, model, weights


@pytest.mark.parametrize("channels", [1, 3, 7, 64, 65, 200])
@pytest.mark.parametrize("bits", [2, 8, 16])
@pytest.mark.parametrize("pes", [1, 3, 8])
def test_beats_are_what_the_frames_need(channels: int, bits: int, pes: int) -> None:
    """The flow packs frames by the interface; it must agree with the loader's shape."""
    x = act(channels, 2, 3, bits=bits, min=0, max=1, zero_point=0)
    plan = build_plan(model(x, conv("c", "input", x, weights(2, channels, 1, 1))), PlanOptions(pes=pes, lanes=2))
    source = interface(plan, "input")
    assert source.shape == x.shape
    assert source.beats_per_pixel == plan.shape.input.beats_per_pixel
    assert source.beats_per_frame == 6 * source.beats_per_pixel
    assert source.data_bits == plan.shape.input.data_bits <= 512
    assert source.data_bits == -(-source.elements_per_beat * source.element_bits // 8) * 8
    frames = np.random.default_rng(channels).integers(0, 2, (2, *x.shape))
    np.testing.assert_array_equal(from_beats(to_beats(frames, source), source), frames)


def test_a_vector_is_one_pixel() -> None:
    plan = build_plan(model(act(20), dense("fc", "input", weights(9, 20))), PlanOptions(pes=4, lanes=2))
    source, sink = interface(plan, "input"), interface(plan, "output")
    assert (source.shape, source.elements_per_beat, source.beats_per_frame) == ((20,), 8, 3)
    assert (sink.shape, sink.elements_per_beat, sink.beats_per_frame) == ((9,), 8, 2)


def test_loadable_cores_have_a_third_stream() -> None:
    rom = build_plan(lenet(), PlanOptions(pes=2, lanes=2))
    load = build_plan(lenet(), PlanOptions(pes=2, lanes=2, weights="load"))
    assert set(interfaces(rom)) == {"input", "output"}
    assert interfaces(load)["weights"] == {
        "prefix": "s_axis_weights",
        "data_bits": 32,
        "beats": weight_beats(load),
    }
