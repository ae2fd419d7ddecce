"""Counters of real cores, read by every simulator; and the file in which the last ones stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen import golden
from hwgen.emit import write_core
from hwgen.errors import UsageError
from hwgen.flow.counters import Measured, keep, last_measured
from hwgen.flow.folder import CoreFolder
from hwgen.flow.lint import lint_verilator
from hwgen.flow.simulate import simulate
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.activity import counters
from hwgen.plan.counters import SPARSE
from tests.flow.conftest import needs_icarus
from tests.plan.small import sparse_net

OPTIONS = PlanOptions(pes=3, lanes=2, index_bits=1, queue=1, counters=True)


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> CoreFolder:
    folder = tmp_path_factory.mktemp("counting") / "core"
    write_core(build_plan(sparse_net(), OPTIONS), sparse_net(), folder)
    return CoreFolder.open(folder)


def frames_with_zeros() -> np.ndarray:  # type: ignore[type-arg]
    rng = np.random.default_rng(4)
    frames = rng.integers(-128, 128, (3, 3, 6, 6)).astype(np.int8)
    frames[rng.random(frames.shape) < 0.6] = sparse_net().input.zero_point
    return frames


@pytest.mark.parametrize("simulator", ["cxxrtl", "verilator", pytest.param("icarus", marks=needs_icarus)])
def test_every_simulator_reads_what_the_plan_predicts(counting: CoreFolder, simulator: str) -> None:
    frames = frames_with_zeros()
    result = simulate(counting, frames, simulator)  # type: ignore[arg-type]
    net = sparse_net()
    plan = build_plan(net, OPTIONS)
    found = [counters(plan, net, {"input": one, **golden.run(net, one)}) for one in np.split(frames, len(frames))]
    assert {name: result.counters[name] for name in SPARSE} == {
        name: sum(one[name] for one in found) for name in SPARSE
    }
    # Frames follow each other: a last layer may wait for the output before it.
    assert result.counters["cycles"] >= sum(one["cycles"] for one in found)
    assert result.counters["skipped"] > 0
    assert result.as_json()["counters"] == result.counters
    assert last_measured(counting) == Measured(3, result.counters)


def test_its_verilog_is_clean(counting: CoreFolder) -> None:
    lint_verilator(counting)


def test_a_core_without_counters_leaves_no_file(core: CoreFolder) -> None:
    assert core.counters == {}
    assert last_measured(core) is None
    keep(core, Measured(1, {}))
    assert last_measured(core) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"frames": 1, "counters": {}}', '{"frames": 0, "counters": ALL}'])
def test_another_file_is_refused(counting: CoreFolder, text: str) -> None:
    keep(counting, Measured(2, dict.fromkeys(counting.counters, 5)))
    assert last_measured(counting) == Measured(2, dict.fromkeys(counting.counters, 5))
    file = Path(counting.path) / "reports" / "counters.json"
    every = ", ".join(f'"{name}": 1' for name in counting.counters)
    file.write_text(text.replace("ALL", f"{{{every}}}"))
    with pytest.raises(UsageError, match="counters of"):
        last_measured(counting)
