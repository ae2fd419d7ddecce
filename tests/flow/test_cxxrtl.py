"""CXXRTL's compiler."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import CheckFailedError
from hwgen.flow import cxxrtl
from hwgen.flow.cxxrtl import compile_core, mangled, passes
from hwgen.flow.folder import CoreFolder
from hwgen.flow.frames import from_beats, to_beats
from hwgen.flow.native import compiled, play
from hwgen.flow.process import ToolFailedError, silent
from tests.flow.fixture import SHAPE, reference


def test_names_are_mangled_as_cxxrtl_does() -> None:
    assert mangled("s_axis_tdata") == "p_s__axis__tdata"
    assert mangled("core__x") == "p_core____x"


def test_one_evaluation_a_cycle_is_enough(core: CoreFolder, tmp_path: Path) -> None:
    assert compile_core(core, tmp_path).is_file()
    log = (core.path / "reports" / "cxxrtl.log").read_text()
    assert "Executing CXXRTL backend" in log
    assert cxxrtl.DELTA_CYCLES not in log


def test_a_core_that_takes_several_evaluations(
    edited: Callable[[str, str], CoreFolder], monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    """opt makes the enables of a memory copies of one bit, which looks like a loop."""
    folder = edited("localparam BEATS = 12;", "localparam BEATS = 4'd12;")
    usual = passes(folder, Path("core.cc"))
    with_opt = [line.replace("opt_merge", "opt") for line in usual if line != "splitnets -driver"]
    monkeypatch.setattr(cxxrtl, "passes", lambda _, target, **__: [*with_opt[:-1], f"write_cxxrtl -g1 {target}"])
    given = rng.integers(-128, 128, (20, *SHAPE))
    beats, record = play(folder, compiled(folder, "cxxrtl", silent), to_beats(given, folder.input), silent)
    assert cxxrtl.DELTA_CYCLES in (folder.path / "reports" / "cxxrtl.log").read_text()
    assert np.array_equal(from_beats(beats, folder.output), reference(given))
    assert record.cycles_per_frame == [301] + [302] * 19


def test_a_large_core_keeps_its_modules(
    core: CoreFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    """Slower, and the same in every cycle."""
    monkeypatch.setattr(cxxrtl, "LARGE", 1000)
    program = compile_core(core, tmp_path)
    assert "struct p_scale__max" in (tmp_path / "core.cc").read_text()
    assert (tmp_path / "core.cc").read_text().count(" : public module {") > 1
    given = rng.integers(-128, 128, (20, *SHAPE))
    beats, record = play(core, program, to_beats(given, core.input), silent)
    assert np.array_equal(from_beats(beats, core.output), reference(given))
    assert record.cycles_per_frame == [301] + [302] * 19


def test_a_combinational_loop_does_not_hang(edited: Callable[[str, str], CoreFolder]) -> None:
    loop = "wire again = m_axis_tvalid; assign m_axis_tvalid = state == SEND && !again;"
    folder = edited("assign m_axis_tvalid = state == SEND;", loop)
    with pytest.raises(CheckFailedError, match="combinational loop"):
        play(folder, compiled(folder, "cxxrtl", silent), to_beats(np.zeros((1, *SHAPE), int), folder.input), silent)


def test_images_are_read_when_the_simulator_starts(core: CoreFolder, tmp_path: Path) -> None:
    """One program for all contents of the memories."""
    program = compiled(core, "cxxrtl", silent)
    copy = tmp_path / "core"
    shutil.copytree(core.path, copy, ignore=shutil.ignore_patterns("build", "reports"))
    image = copy / "mem" / "weights.mem"
    image.write_text(image.read_text().replace("0010", "0020"))
    given = np.full((1, *SHAPE), 9)
    folder = CoreFolder.open(copy)
    beats, _ = play(folder, program, to_beats(given, folder.input), silent)
    assert from_beats(beats, folder.output).ravel().tolist() == [9 * 32 >> 4, *reference(given).ravel()[1:]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("1\n2\n", "does not hold the memory's words"),
        ("1\n2\n3\n00004\n", "does not hold the memory's words"),
        ("1\n2\n3\n4\n5\n", "holds more words than the memory"),
    ],
)
def test_an_image_that_does_not_fit_its_memory(core: CoreFolder, tmp_path: Path, text: str | None, said: str) -> None:
    program = compiled(core, "cxxrtl", silent)
    copy = tmp_path / "core"
    shutil.copytree(core.path, copy, ignore=shutil.ignore_patterns("build", "reports"))
    image = copy / "mem" / "weights.mem"
    if text is None:
        image.unlink()
    else:
        image.write_text(text)
    folder = CoreFolder.open(copy)
    with pytest.raises(CheckFailedError, match=rf"weights\.mem {said}"):
        play(folder, program, to_beats(np.zeros((1, *SHAPE), int), folder.input), silent)


def test_broken_verilog_is_one_error(edited: Callable[[str, str], CoreFolder], tmp_path: Path) -> None:
    folder = edited("assign s_axis_tready = state == LOAD;", "assign s_axis_tready = state = LOAD;")
    with pytest.raises(ToolFailedError, match=r"scale_max\.v"):
        compile_core(folder, tmp_path)
