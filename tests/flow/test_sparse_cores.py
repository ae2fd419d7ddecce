"""Cores with sparse layers on the upper rungs: lint, the emitted Verilog on frames, the bench with stalls."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from hwgen import golden
from hwgen.emit import write_core
from hwgen.flow.folder import CoreFolder
from hwgen.flow.lint import lint_icarus, lint_verilator
from hwgen.flow.simulate import simulate
from hwgen.flow.verify import random_frames, verify
from hwgen.model import Model
from hwgen.plan import Plan, PlanOptions, build_plan
from hwgen.plan.activity import layer_cycles
from tests.plan.small import act, dense, model, pruned, sparse_net


def written(path: Path, net: Model, **options: object) -> tuple[CoreFolder, Plan]:
    plan = build_plan(net, PlanOptions(**options))  # type: ignore[arg-type]
    write_core(plan, net, path)
    return CoreFolder.open(path), plan


@pytest.mark.parametrize(("coded", "index_bits"), [(False, 2), (True, None)])
def test_the_verilog_computes_what_the_golden_model_computes(
    coded: bool, index_bits: int | None, tmp_path: Path
) -> None:
    """Convolution, pooling and fully connected layers; plain weights with fillers, codes without; in time."""
    net = sparse_net(coded=coded)
    folder, plan = written(tmp_path / "core", net, pes=3, lanes=2, index_bits=index_bits)
    lint_verilator(folder)
    if shutil.which("iverilog"):
        lint_icarus(folder)
    frames = random_frames(net.input, 20, 1)
    result = simulate(folder, frames)
    np.testing.assert_array_equal(result.outputs, golden.infer(net, frames))
    maps = {"input": frames[:1], **golden.run(net, frames[:1])}
    assert result.compute_cycles == layer_cycles(plan, net, maps)


def small() -> Model:
    return model(act(9), dense("a", "input", pruned(11, 9, coded=True)), dense("b", "a", pruned(4, 11, coded=True)))


def test_stalls_on_both_sides(tmp_path: Path) -> None:
    folder, _ = written(tmp_path / "core", small(), pes=2, lanes=1, index_bits=1)
    result = verify(folder, frames=6, seed=3)
    assert (result.values, result.mismatches) == (24, 0)
