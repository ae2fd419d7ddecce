"""On every family the large memories of a core are block RAM: none becomes flip-flops or a sea of LUTs."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.emit import write_core
from hwgen.flow.folder import CoreFolder
from hwgen.flow.synth.synthesise import SynthResult, synthesise
from hwgen.gateware.pipeline import pe_groups
from hwgen.gateware.sparse_pe import LANES_PER_MEMORY
from hwgen.model import Activation, Conv2d, DenseWeights, Model, Requant
from hwgen.plan import PlanOptions, build_plan
from tests.plan.small import sparse_net

PES, LANES = 2, 2


def network(rng: np.random.Generator) -> Model:
    """A map of 2 x 16 x 16 in the banks and 24 x 2 x 3 x 3 weights: both beyond what LUT RAM is for."""
    rows = 24
    conv = Conv2d(
        name="conv",
        inputs=("input",),
        output=Activation(shape=(rows, 16, 16), min=-128, max=127),
        weights=DenseWeights.from_dense(rng.integers(-127, 128, (rows, 2, 3, 3))),
        requant=Requant(multiplier=np.full(rows, 3000, np.int32), shift=np.full(rows, 20, np.int8), rounding="half_up"),
        padding=(1, 1, 1, 1),
    )
    return Model(name="maps", input=Activation(shape=(2, 16, 16), min=-128, max=127), layers=(conv,), outputs=("conv",))


@pytest.mark.parametrize("target", ["ecp5-25k", "ice40-up5k", "gowin-gw1nr9", "xilinx-xc7"])
def test_large_memories_are_blocks(target: str, tmp_path: Path, rng: np.random.Generator) -> None:
    model = network(rng)
    plan = build_plan(model, PlanOptions(target=target, pes=PES, lanes=LANES, algorithm="direct"))
    write_core(plan, model, tmp_path / "core")
    result = synthesise(CoreFolder.open(tmp_path / "core"), target, pnr=False)
    kinds = _kinds(result)
    large = [
        *(f"bank_{pe}.{parity}" for pe in range(PES) for parity in ("even", "odd")),
        *(f"weights_{pe}" for pe in range(PES)),
        *(f"buffer_{pe}" for pe in range(PES)),
    ]
    for name in large:
        found = {kind for memory, kind in kinds if re.search(rf"\b{re.escape(name)}\b", memory)}
        assert found == {"block"}, f"{name} became {found or 'nothing'}: {sorted(kinds)}"
    # Bits in flip-flops: what the pipelines hold, far fewer than the memories.
    assert result.resources.ff < min(plan.memory_bits["weights"], plan.memory_bits["activations"]) / 2


@pytest.mark.parametrize("target", ["ecp5-25k", "xilinx-xc7"])
def test_queues_and_accumulators_are_lut_ram(target: str, tmp_path: Path) -> None:
    """Of sparse layers; their weights and pointers are blocks."""
    net = sparse_net()
    write_core(build_plan(net, PlanOptions(target=target, pes=PES, lanes=LANES)), net, tmp_path / "core")
    kinds = _kinds(synthesise(CoreFolder.open(tmp_path / "core"), target, pnr=False))
    wanted = {"sparse_front.scanner.masks": "lutram"}
    wanted |= {f"sparse_front.scanner.vectors_{group}": "lutram" for group in range(pe_groups(PES))}
    for pe in range(PES):
        wanted |= {f"{name}_{pe}": "block" for name in ("weights", "pointers")}
        wanted |= {f"queue_{pe}.{name}": "lutram" for name in ("columns", "vectors")}
        parts = product(range(2), range(0, LANES, LANES_PER_MEMORY))
        wanted |= {f"pe_{pe}.rows_{half}_{lane}": "lutram" for half, lane in parts}
    for name, kind in wanted.items():
        found = {found for memory, found in kinds if re.search(rf"\b{re.escape(name)}\b", memory)}
        assert found == {kind}, f"{name} became {found or 'nothing'}: {sorted(kinds)}"


def _kinds(result: SynthResult) -> set[tuple[str, str]]:
    return {(memory.name, memory.kind) for memory in result.memories}
