"""The bench must pass a good core and kill bad ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import CheckFailedError
from hwgen.flow.folder import CoreFolder
from hwgen.flow.verify import random_frames, verify
from hwgen.model import Activation
from tests.flow.conftest import needs_icarus


@pytest.mark.parametrize("frames", [1, 9])
def test_a_good_core_passes(core: CoreFolder, frames: int) -> None:
    result = verify(core, frames=frames, seed=frames)
    assert asdict(result) == {
        "frames": frames, "values": 3 * frames, "mismatches": 0, "stall_seed": frames, "simulator": "verilator"
    }  # fmt: skip


def test_the_stalls_follow_the_seed(core: CoreFolder) -> None:
    def log(seed: int) -> str:
        verify(core, frames=2, seed=seed)
        text = (core.path / "reports" / "verify_bench-verilator.log").read_text()
        return next(line.split()[0] for line in text.splitlines() if "verify_bench.verify passed" in line)

    assert log(5) == log(5) != log(6)


# Each mutant breaks one thing that the bench must see: (old, new, what is said).
MUTANTS = {
    "a wrong value": ("product >>> 4", "product >>> 5", "values differ; first in frame 0"),
    "a clamp lost": ("(scaled > 127) ? 8'sd127 : ", "", "values differ"),
    "padding not zero": ("{8'd0, best2}", "{8'd1, best2}", "padding"),
    "tlast too early": ("m_axis_tlast = beat == 1", "m_axis_tlast = 1'b1", "tlast is 1"),
    "tvalid falls while stalled": (
        "assign m_axis_tvalid = state == SEND;",
        "reg flip = 0; always @(posedge aclk) flip <= !flip; assign m_axis_tvalid = state == SEND && flip;",
        ".",
    ),
    "a beat lost under stalls": ("SEND: if (m_axis_tready) begin", "SEND: begin", "the beat changed|tvalid fell"),
    "the payload moves while stalled": (
        "assign m_axis_tdata = (beat == 0) ?",
        "reg flip = 0; always @(posedge aclk) flip <= !flip; assign m_axis_tdata = (flip) ? 16'd0 : (beat == 0) ?",
        "the beat changed",
    ),
    "a reset that forgets a counter": ("state <= LOAD;\n            beat <= 0;", "state <= LOAD;", "."),
    "input taken without ready": ("s_axis_tvalid && s_axis_tready", "s_axis_tvalid && state != SEND", "."),
    "never answers": ("(state == SCALE) ? MAXIMUM : SEND", "(state == SCALE) ? MAXIMUM : LOAD", "no frame for"),
}  # fmt: skip


@needs_icarus
@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_bench_kills_mutants(edited: Callable[[str, str], CoreFolder], mutant: str) -> None:
    old, new, said = MUTANTS[mutant]
    with pytest.raises(CheckFailedError, match=said) as caught:
        verify(edited(old, new), frames=6, seed=1, simulator="icarus")
    assert caught.value.exit_status == 1


def test_a_mismatch_is_named(core: CoreFolder, tmp_path: Path) -> None:
    """One weight of the image is not the model's; Verilator's build is the good core's."""
    path = tmp_path / "core"
    shutil.copytree(core.path, path)
    image = path / "mem" / "weights.mem"
    image.write_text(image.read_text().replace("fff3", "fff4"))
    said = r"of 12 values differ; first in frame \d+, element \[1\]: got -?\d+, expected -?\d+"
    with pytest.raises(CheckFailedError, match=said) as caught:
        verify(CoreFolder.open(path), frames=4, seed=3)
    assert caught.value.exit_status == 1


@given(
    st.integers(1, 9),
    st.integers(0, 2**32),
    st.sampled_from([(8, True), (8, False), (16, True), (1, True), (1, False)]),
)
def test_random_frames_reach_the_ends(count: int, seed: int, kind: tuple[int, bool]) -> None:
    bits, signed = kind
    low = 0 if not signed else -1 if bits == 1 else -(2 ** (bits - 1))
    high = 1 if bits == 1 else low + 2**bits - 1
    activation = Activation(shape=(2, 3, 2), bits=bits, signed=signed, min=low, max=high)
    frames = random_frames(activation, count, seed)
    assert frames.shape == (count, 2, 3, 2)
    assert frames.dtype == activation.dtype
    assert frames.min() >= low
    assert frames.max() <= high
    assert np.array_equal(frames, random_frames(activation, count, seed))
    if count > 2:
        assert (frames[0] == low).all()
        assert (frames[1] == high).all()
    if (bits, signed) == (1, True):
        assert not (frames == 0).any()
