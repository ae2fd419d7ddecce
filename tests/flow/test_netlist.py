"""Gates answer as the golden model does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen import golden
from hwgen.emit import write_core
from hwgen.errors import UsageError
from hwgen.flow.folder import CoreFolder
from hwgen.flow.netlist import netlist_of
from hwgen.flow.simulate import simulate
from hwgen.model import Activation, CodebookWeights, Conv2d, Dense, DenseWeights, MaxPool2d, Model, Requant
from hwgen.plan import PlanOptions, build_plan

RNG = np.random.default_rng(7)


def requant(channels: int, shift: int) -> Requant:
    return Requant(
        multiplier=RNG.integers(1 << 11, 1 << 12, channels).astype(np.int32),
        shift=np.full(channels, shift, np.int8),
        rounding="half_up",
    )


def int8(*shape: int) -> Activation:
    return Activation(shape=shape, zero_point=-5, min=-128, max=127)


def network() -> Model:
    """A convolution, a pooling, a fully connected layer of codes: every kind of memory and multiplier."""
    conv = Conv2d(
        name="conv",
        inputs=("input",),
        output=int8(3, 4, 4),
        weights=DenseWeights.from_dense(RNG.integers(-127, 128, (3, 1, 3, 3))),
        bias=RNG.integers(-500, 500, 3),
        requant=requant(3, 20),
        padding=(1, 1, 1, 1),
    )
    pool = MaxPool2d(name="pool", inputs=("conv",), output=int8(3, 2, 2), kernel=(2, 2), stride=(2, 2))
    codes = RNG.integers(0, 16, (5, 12)).astype(np.uint8)
    book = np.concatenate([[0], RNG.integers(-127, 128, 15)]).astype(np.int8)
    dense = Dense(
        name="fc",
        inputs=("pool",),
        output=int8(5),
        weights=CodebookWeights(codes=codes, codebook=book, code_bits=4, bits=8),
        requant=requant(5, 20),
    )
    return Model(name="tiny", input=int8(1, 4, 4), layers=(conv, pool, dense), outputs=("fc",))


def test_netlist_equals_golden(tmp_path: Path) -> None:
    target = "ice40-up5k"
    model = network()
    write_core(build_plan(model, PlanOptions(pes=2, lanes=1, target=target)), model, tmp_path / "core")
    folder = CoreFolder.open(tmp_path / "core")
    frames = RNG.integers(-128, 128, (8, 1, 4, 4)).astype(np.int8)
    frames[:2] = np.array([-128, 127], np.int8)[:, None, None, None]
    result = simulate(netlist_of(folder, target), frames)
    np.testing.assert_array_equal(result.outputs, golden.infer(model, frames))
    assert result.compute_cycles == [layer["cycles"] for layer in folder.manifest["cycles"]["layers"]]


def test_target_without_models_is_named(tmp_path: Path) -> None:
    model = network()
    write_core(build_plan(model, PlanOptions(pes=1, lanes=1)), model, tmp_path / "core")
    with pytest.raises(UsageError, match="no simulation models"):
        netlist_of(CoreFolder.open(tmp_path / "core"), "gowin-gw1nr9")
