"""``show``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hwgen.model import Activation, Conv2d, FloatWeights, Model, save
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.counters import planned_counters
from tests.cli.run import MODELS, Hwgen
from tests.plan.small import sparse_net


@pytest.mark.parametrize("name", ["digits_mlp", "digits_cnn", "digits_cnn_codebook"])
def test_a_model(name: str, tmp_path: Path, hwgen: Hwgen) -> None:
    shown = hwgen("show", MODELS / f"{name}.npz", "--json", "r.json")
    assert shown.status == 0, shown.err
    record = json.loads((tmp_path / "r.json").read_text())
    assert record["name"] == name
    assert record["cycles"] == sum(layer["cycles"] for layer in record["layers"])
    assert max(map(len, shown.out.splitlines())) <= 80
    for layer, line in zip(record["layers"], shown.out.splitlines()[1:], strict=False):
        assert line.split()[0] == layer["name"]
        if layer["weights"]:
            assert layer["density"] == layer["nonzero_weights"] / layer["weights"]


def test_a_codebook_takes_half_of_the_bits(hwgen: Hwgen) -> None:
    def weights(name: str) -> list[int]:
        layers = json.loads(hwgen("show", MODELS / f"{name}.npz", "--json", "-").out)["layers"]
        return [layer["stored_bits"] for layer in layers]

    plain, coded = weights("digits_mlp"), weights("digits_mlp_codebook")
    assert coded == [bits // 2 + 16 * 8 for bits in plain]


def test_a_core_has_the_cycles_it_was_built_with(core: Path, hwgen: Hwgen) -> None:
    record = json.loads(hwgen("show", core, "--json", "-").out)
    assert record["cycles"] == json.loads((core / "manifest.json").read_text())["cycles"]["total"]
    assert "2 PEs x 2 lanes, as built" in hwgen("show", core).out


def test_a_model_without_hardware_is_shown_with_the_reason(tmp_path: Path, hwgen: Hwgen) -> None:
    values = np.ones((2, 1, 1, 1), np.float32)
    real = Activation(shape=(1, 2, 2), bits=32, min=0, max=0)
    layer = Conv2d(
        name="conv",
        inputs=("input",),
        output=Activation(shape=(2, 2, 2), bits=32, min=0, max=0),
        weights=FloatWeights(bits=32, values=values),
    )
    save(Model(name="floats", input=real, layers=(layer,), outputs=("conv",)), tmp_path / "m.npz")
    shown = hwgen("show", "m.npz")
    assert shown.status == 0, shown.err
    assert "no core" in shown.out
    assert "float" in shown.out


def test_counters_beside_the_plans(tmp_path: Path, hwgen: Hwgen, rng: np.random.Generator) -> None:
    save(sparse_net(), tmp_path / "m.npz")
    assert hwgen("build", "m.npz", "-o", "core", "--pes", 2, "--lanes", 2, "--counters").status == 0
    manifest = json.loads((tmp_path / "core" / "manifest.json").read_text())
    plan = build_plan(sparse_net(), PlanOptions(pes=2, lanes=2, counters=True))
    assert manifest["counters"] == planned_counters(plan)
    before = hwgen("show", "core")
    assert "not yet: run simulate" in before.out
    np.save(tmp_path / "x.npy", rng.integers(-128, 128, (2, 3, 6, 6)).astype(np.int8))
    shown = hwgen("simulate", "core", "--inputs", "x.npy", "--outputs", "y.npy", "--json", "r.json")
    assert shown.status == 0, shown.err
    counters = json.loads((tmp_path / "r.json").read_text())["counters"]
    for name, count in counters.items():
        assert [name, f"{count:,}"] in [line.split() for line in shown.out.splitlines()]
    after = hwgen("show", "core", "--json", "r.json")
    for name, count in counters.items():
        row = [name, f"{manifest['counters'][name]}", f"{count / 2:.1f}"]
        assert row in [line.replace(",", "").split() for line in after.out.splitlines()]
    assert json.loads((tmp_path / "r.json").read_text())["counters"] == {
        "planned": manifest["counters"],
        "batch": 1,
        "simulated": counters,
        "frames": 2,
    }
