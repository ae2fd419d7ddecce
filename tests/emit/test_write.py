"""The output folder as a whole."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hwgen import golden, model
from hwgen.emit import write_core
from hwgen.errors import UnsupportedError, UsageError
from hwgen.flow.folder import CoreFolder
from hwgen.flow.lint import lint_icarus, lint_verilator
from hwgen.flow.simulate import simulate
from hwgen.flow.tools import SYNTHESIS
from hwgen.flow.yosys import run_script
from hwgen.model import save
from hwgen.plan import PlanOptions, build_plan
from tests.emit.conftest import Written, written
from tests.emit.networks import tiny
from tests.plan.small import act, conv, weights
from tests.plan.small import model as small_model

ROOT = Path(__file__).parents[2]


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_everything_is_there(core: Written) -> None:
    found = set(files(core.path))
    cells = {f"rtl/cells_{family}.v" for family in ("generic", "ecp5", "gowin", "ice40", "xilinx")}
    wanted = {"model.npz", "manifest.json", "filelist.f", "tiny.core", "README.md", "rtl/tiny.v", "tb/Makefile"}
    assert found >= wanted | cells
    assert (core.path / "reports").is_dir()
    listed = (core.path / "filelist.f").read_text().splitlines()
    assert set(listed) == {name for name in found if name.startswith("rtl/")} - cells | {"rtl/cells_generic.v"}


def test_the_model_is_the_one_it_was_built_from(core: Written) -> None:
    content = (core.path / "model.npz").read_bytes()
    assert hashlib.sha256(content).hexdigest() == core.manifest["model_sha256"]
    assert model.load(core.path / "model.npz").name == "tiny"


def test_one_module_a_file_named_after_it(core: Written) -> None:
    for name, content in files(core.path).items():
        if name.startswith("rtl/tiny"):
            modules = re.findall(r"^module (\S+)\(", content.decode(), re.MULTILINE)
            assert modules == [Path(name).stem]


def test_equal_processing_elements_are_one_module(core: Written) -> None:
    instances = re.findall(r"^  tiny_pe pe_\d+ \(", (core.path / "rtl" / "tiny_pe_array.v").read_text(), re.MULTILINE)
    assert len(instances) == core.manifest["pes"] == 2


def test_every_memory_has_its_image_and_none_is_spelt_out(core: Written) -> None:
    text = "".join(content.decode() for name, content in files(core.path).items() if name.startswith("rtl/tiny"))
    images = {name for name in files(core.path) if name.startswith("mem/")}
    assert set(re.findall(r'INIT\("(.+?)"\)', text)) == images
    assert not re.search(r"^  reg .*\w \[", text, re.MULTILINE)
    for image in core.plan.images:
        lines = (core.path / "mem" / f"{image.name}.mem").read_text().split()
        assert [int(line, 16) for line in lines] == list(image.words)


def test_a_loadable_core_has_its_weights_in_the_stream_only(loadable: Written) -> None:
    assert [name for name in files(loadable.path) if name.startswith("mem/")] == ["mem/weights.bin"]
    assert "s_axis_weights_tdata" in (loadable.path / "rtl" / "tiny.v").read_text()


@pytest.mark.parametrize("kind", ["dense", "codebook", "nm", "load", "one by one", "limited"])
def test_lint(kind: str, tmp_path: Path) -> None:
    options = {
        "load": {"weights": "load"},
        "one by one": {"pes": 1, "lanes": 1},
        "limited": {"target": "ecp5-25k", "requantisers": 2, "multipliers": 5},
    }.get(kind, {"pes": 4, "lanes": 4})
    net = tiny(coded=kind == "codebook", pruned=kind == "nm")
    folder = CoreFolder.open(written(tmp_path / "tiny", net, **options).path)
    lint_verilator(folder)
    if shutil.which("iverilog"):
        lint_icarus(folder)


def test_computes_what_the_golden_model_computes(core: Written, rng: np.random.Generator, tmp_path: Path) -> None:
    shutil.copytree(core.path, tmp_path / "tiny")
    frames = rng.integers(-128, 128, (7, 2, 5, 5)).astype(np.int8)
    result = simulate(CoreFolder.open(tmp_path / "tiny"), frames)
    np.testing.assert_array_equal(result.outputs, golden.infer(core.model, frames))
    assert result.compute_cycles == [layer["cycles"] for layer in core.manifest["cycles"]["layers"]]


def test_a_pruned_layer_takes_half_of_the_columns_in_verilog(rng: np.random.Generator, tmp_path: Path) -> None:
    made = written(tmp_path / "tiny", tiny(pruned=True))
    frames = rng.integers(-128, 128, (5, 2, 5, 5)).astype(np.int8)
    result = simulate(CoreFolder.open(made.path), frames)
    np.testing.assert_array_equal(result.outputs, golden.infer(made.model, frames))
    layers = made.manifest["cycles"]["layers"]
    assert result.compute_cycles == [layer["cycles"] for layer in layers]
    assert [layer["encoding"] for layer in layers] == ["nm", "none", "dense"]
    assert made.manifest["notes"] == []


def test_the_same_bytes_whatever_the_hash_seed_and_the_folder(tmp_path: Path) -> None:
    save(tiny(coded=True), tmp_path / "model.npz")
    command = [sys.executable, "-m", "hwgen", "build", str(tmp_path / "model.npz"), "--pes", "2", "--lanes", "2", "-o"]
    outputs = []
    for seed in ("1", "4242"):
        folder = tmp_path / f"seed {seed}"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        subprocess.run([*command, str(folder)], cwd=tmp_path, env=environment, check=True, capture_output=True)
        outputs.append(files(folder))
    assert outputs[0].keys() == outputs[1].keys()
    for name, content in outputs[0].items():
        assert content == outputs[1][name], name


def test_nothing_of_the_machine_is_in_the_files(core: Written) -> None:
    for name, content in files(core.path).items():
        assert str(ROOT).encode() not in content, name
        assert str(Path.home()).encode() + b"/" not in content, name
        assert b"src =" not in content, name


@pytest.mark.parametrize("name", ["hwgen", "hwgen_rom"])
def test_names_of_vendor_cells_are_refused(name: str, tmp_path: Path) -> None:
    named = tiny(name=name)
    plan = build_plan(named, PlanOptions(pes=1, lanes=1))
    with pytest.raises(UnsupportedError, match="rename the model"):
        write_core(plan, named, tmp_path / "core")
    assert not list(tmp_path.iterdir())


def test_a_foreign_folder_stays_as_it_is(core: Written, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("keep")
    with pytest.raises(UsageError, match="hwgen did not write"):
        write_core(core.plan, core.model, tmp_path)
    assert files(tmp_path) == {"notes": b"keep"}


def test_a_model_that_cannot_be_saved_leaves_nothing(core: Written, tmp_path: Path) -> None:
    broken = dataclasses.replace(core.model, outputs=("nothing",))
    with pytest.raises(Exception, match="nothing"):
        write_core(core.plan, broken, tmp_path / "core")
    assert not list(tmp_path.iterdir())


def test_tells_its_stages(core: Written, tmp_path: Path) -> None:
    stages: list[str] = []
    write_core(core.plan, core.model, tmp_path / "core", progress=lambda stage, _part: stages.append(stage))
    assert stages == ["gateware", "Verilog", "files"]


def blocks_of(core: Path) -> tuple[int, set[str]]:
    """MULT18X18D in the Verilog for ECP5, and the BLOCKS of the products."""
    sources = sorted((core / "rtl").glob("tiny*.v"))
    passes = [
        f"read_verilog {' '.join(map(str, sources))} rtl/cells_ecp5.v",
        "hierarchy -top tiny",
        "flatten",
        "tee -q -o stat.json stat -json",
    ]
    run_script(passes, cwd=core, log=core / "reports" / "blocks.log", install=SYNTHESIS)
    counts = json.loads((core / "stat.json").read_text(encoding="utf-8"))["design"]["num_cells_by_type"]
    text = "".join(source.read_text(encoding="utf-8") for source in sources)
    return counts.get("MULT18X18D", 0), set(re.findall(r"\.BLOCKS\(32'd(\d+)\)", text))


@pytest.mark.parametrize(
    ("target", "pes", "lanes", "multipliers", "taken", "blocks"),
    [
        ("ecp5-25k", 4, 2, None, 8 + 4, {"5"}),
        ("ecp5-25k", 4, 2, 11, 11, {"1"}),
        ("ecp5-85k", 16, 8, 128, 128, set()),
    ],
)
def test_a_core_on_ecp5_takes_no_more_multipliers_than_it_is_allowed(
    target: str, pes: int, lanes: int, multipliers: int | None, taken: int, blocks: set[str], tmp_path: Path
) -> None:
    """A requantiser for each PE, whose product needs one block."""
    x = act(2, 5, 5)
    net = small_model(x, conv("c", "input", x, weights(2, 2, 3, 3), pad=1))
    made = written(
        tmp_path / "core", net, target=target, pes=pes, lanes=lanes, requantisers=pes, multipliers=multipliers
    )
    assert blocks_of(made.path) == (taken, blocks)
