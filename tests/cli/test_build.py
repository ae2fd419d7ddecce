"""``build``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hwgen.model import SparseWeights, save
from tests.cli.run import MODELS, Hwgen
from tests.emit.networks import tiny
from tests.plan import small


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "some model.npz"
    save(tiny(), file)
    return file


def test_writes_a_folder_named_after_the_model_and_prints_its_table(model: Path, tmp_path: Path, hwgen: Hwgen) -> None:
    shown = hwgen("build", model.name, "--pes", 2, "--lanes", 2)
    assert shown.status == 0, shown.err
    folder = tmp_path / "rtl_out" / "tiny"
    manifest = json.loads((folder / "manifest.json").read_text())
    lines = shown.out.splitlines()
    assert lines[0].split() == ["layer", "op", "encoding", "algorithm", "MACs", "weights", "cycles", "util", "%"]
    for line, layer in zip(lines[1:4], manifest["cycles"]["layers"], strict=True):
        assert line.split()[:4] == [layer[key] for key in ("name", "op", "encoding", "algorithm")]
        assert line.split()[6] == f"{layer['cycles']:,}"
    assert lines[4].split()[0] == "total"
    assert f"{manifest['cycles']['total']:,}" in lines[4].split()
    assert "2 PEs x 2 lanes" in shown.out
    assert f"{manifest['memory_bits']:,} bits" in shown.out
    assert "rtl_out/tiny/" in shown.out
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() for line in lines)


def test_layers_that_gain_nothing_are_named_on_stderr(tmp_path: Path, hwgen: Hwgen) -> None:
    save(tiny(pruned=True), tmp_path / "pruned.npz")
    shown = hwgen("build", "pruned.npz", "-o", "core", "--pes", 1, "--lanes", 1)
    assert shown.status == 0
    warnings = [line for line in shown.err.splitlines() if "warning" in line]
    assert warnings == ["hwgen: warning: conv: 1:2 is computed as dense: 2 does not divide 1 PEs"]
    assert json.loads((tmp_path / "core" / "manifest.json").read_text())["notes"] == [
        warnings[0][len("hwgen: warning: ") :]
    ]
    assert "warning" not in hwgen("build", "pruned.npz", "-o", "other", "--pes", 2, "--lanes", 1).err


def test_a_sparse_layer_that_is_hardly_pruned_is_built_with_a_warning(tmp_path: Path, hwgen: Hwgen) -> None:
    save(small.model(small.act(64), small.dense("fc1", "input", small.pruned(32, 64, density=1))), tmp_path / "m.npz")
    shown = hwgen("build", "m.npz", "-o", "core", "--pes", 2, "--lanes", 1)
    assert shown.status == 0
    (warning,) = (line for line in shown.err.splitlines() if "warning" in line)
    assert warning.startswith("hwgen: warning: fc1: at 100 % density sparse weights take 1.")
    assert warning.endswith("x the bits of dense and no fewer cycles: store the layer as dense")
    assert json.loads((tmp_path / "core" / "manifest.json").read_text())["cycles"]["layers"][0]["encoding"] == "sparse"


def test_an_index_that_cannot_address_the_rows_names_both_widths(tmp_path: Path, hwgen: Hwgen) -> None:
    values = np.zeros((80, 2), np.int64)
    values[[0, 79]] = 5, 7
    stored = SparseWeights.from_dense(values, codebook=np.array([5, 7], np.int8))
    save(small.model(small.act(2), small.dense("fc1", "input", stored)), tmp_path / "m.npz")
    grid = ("build", "m.npz", "-o", "core", "--pes", 2, "--lanes", 1, "--index-bits")
    shown = hwgen(*grid, 3)
    assert shown.status == 2
    assert shown.error.startswith(
        "key '--index-bits': layer 'fc1': an index of 3 bits cannot address the 40 rows of a PE"
    )
    assert "which need 6 bits" in shown.error
    assert not (tmp_path / "core").exists()
    assert hwgen(*grid, 6).status == hwgen(*grid, "auto").status == 0


def test_progress_goes_to_stderr_a_line_a_stage(model: Path, hwgen: Hwgen) -> None:
    shown = hwgen("build", model, "-o", "core", "--pes", 1, "--lanes", 1)
    assert shown.err.splitlines() == [f"hwgen: {stage}" for stage in ("plan", "gateware", "Verilog", "files")]


def test_json_to_stdout_is_all_of_stdout(model: Path, tmp_path: Path, hwgen: Hwgen) -> None:
    shown = hwgen("build", model, "-o", "core", "--pes", 1, "--lanes", 1, "--json", "-")
    record = json.loads(shown.out)
    assert record.pop("dir") == "core"
    assert record == json.loads((tmp_path / "core" / "manifest.json").read_text())


def test_json_to_a_file_beside_the_table(model: Path, tmp_path: Path, hwgen: Hwgen) -> None:
    shown = hwgen("build", model, "-o", "core", "--pes", 1, "--lanes", 1, "--json", "result.json")
    assert "total" in shown.out
    assert json.loads((tmp_path / "result.json").read_text())["pes"] == 1


def test_options_reach_the_core(model: Path, tmp_path: Path, hwgen: Hwgen) -> None:
    options = ["--target", "ecp5-25k", "--clock-mhz", 55, "--weights", "load", "--algorithm", "direct"]
    options += ["--multipliers", 5]
    assert hwgen("build", model, "-o", "core", "--pes", 1, "--lanes", 4, *options).status == 0
    manifest = json.loads((tmp_path / "core" / "manifest.json").read_text())
    wanted = {"target": "ecp5-25k", "clock_mhz": 55, "weights": "load", "pes": 1, "lanes": 4, "multipliers": 5}
    assert {key: manifest[key] for key in wanted} == wanted


def test_the_multipliers_that_are_allowed_are_shown(model: Path, hwgen: Hwgen) -> None:
    limit = ["--multipliers", 3]
    shown = hwgen("build", model, "-o", "core", *limit)
    assert "generic, at most 3 multipliers, 100 MHz" in shown.out
    assert "1 PE x 2 lanes" in shown.out or "2 PEs x 1 lane" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80
    assert "at most" not in hwgen("build", model, "-o", "core").out


def test_the_class_instead_of_the_scores(model: Path, tmp_path: Path, hwgen: Hwgen) -> None:
    frames = np.random.default_rng(2).integers(-128, 128, (4, *tiny().input.shape)).astype(np.int8)
    np.save(tmp_path / "x.npy", frames)
    assert hwgen("infer", model, "--inputs", "x.npy", "--outputs", "scores.npy").status == 0
    shown = hwgen("build", model, "-o", "core", "--pes", 2, "--lanes", 2, "--argmax")
    assert shown.status == 0, shown.err
    manifest = json.loads((tmp_path / "core" / "manifest.json").read_text())
    assert manifest["interfaces"]["output"]["shape"] == [1]
    assert manifest["cycles"]["layers"][-1]["algorithm"] == "alias"
    assert hwgen("infer", "core/model.npz", "--inputs", "x.npy", "--outputs", "class.npy").status == 0
    scores = np.load(tmp_path / "scores.npy").reshape(4, -1)
    np.testing.assert_array_equal(np.load(tmp_path / "class.npy").reshape(-1), scores.argmax(axis=1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--pes", "0"], "key '--pes': the number of PEs must be"),
        (["--lanes", "3"], "key '--lanes': the number of lanes must be a power of two"),
        (["--multipliers", "0"], "key '--multipliers': a core takes 1 multiplier or more, not 0"),
        (
            ["--pes", "4", "--lanes", "2", "--multipliers", "7"],
            "key '--multipliers': 4 PEs x 2 lanes take 8 multipliers, and 7 are allowed (allow 8 or more",
        ),
        (["--batch", "0"], "key '--batch': "),
        (["--clock-mhz", "-1"], "key '--clock-mhz': "),
        (["--target", "abacus"], "key '--target': "),
        (["--index-bits", "some"], "key '--index-bits': must be a number of bits or auto, not 'some'"),
        (["--index-bits", "0"], "key '--index-bits': a relative index must have 1..16 bits, not 0"),
        (["--queue", "0"], "key '--queue': a queue must hold 1..256 columns, not 0"),
    ],
)
def test_what_cannot_be_built_is_refused_and_nothing_written(
    options: list[str], message: str, model: Path, tmp_path: Path, hwgen: Hwgen
) -> None:
    shown = hwgen("build", model, *options)
    assert shown.status == 2
    assert shown.error.startswith(message)
    assert not (tmp_path / "rtl_out").exists()


def test_a_folder_of_someone_else_is_left_alone(model: Path, tmp_path: Path, hwgen: Hwgen) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes").write_text("keep")
    shown = hwgen("build", model, "-o", "mine")
    assert shown.status == 2
    assert (
        shown.error == "mine: exists and holds something that hwgen did not write (empty it or choose another with -o)"
    )
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["notes"]


@pytest.mark.parametrize("name", ["digits_mlp", "digits_mlp_codebook", "digits_cnn_codebook"])
def test_the_example_models_build(name: str, tmp_path: Path, hwgen: Hwgen) -> None:
    assert hwgen("build", MODELS / f"{name}.npz").status == 0
    assert (tmp_path / "rtl_out" / name / "rtl" / f"{name}.v").is_file()
