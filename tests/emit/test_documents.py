"""The files that come from templates."""

from __future__ import annotations

import re

import pytest

from hwgen.emit.documents import DOCUMENTS, documents
from tests.emit.conftest import Written


def render(core: Written, **changes: object) -> dict[str, str]:
    return documents({**core.manifest, **changes}, ["rtl/cells_generic.v", "rtl/tiny.v"], ["mem/a.mem", "mem/b.mem"])


def test_every_template_is_written_and_ends_with_a_line(core: Written) -> None:
    found = render(core)
    assert set(found) == {path.format(name="tiny") for path in DOCUMENTS.values()}
    for path, text in found.items():
        assert text.endswith("\n"), path
        assert "{{" not in text, path
        assert "{%" not in text, path


@pytest.mark.parametrize(("clock", "period"), [(100.0, "10.000"), (24.0, "41.667"), (0.5, "2000.000")])
def test_the_clock_in_every_tools_words(core: Written, clock: float, period: str) -> None:
    found = render(core, clock_mhz=clock)
    assert f"-period {period} " in found["constraints/tiny.sdc"]
    assert f'FREQUENCY PORT "aclk" {clock:g} MHZ;' in found["constraints/tiny.lpf"]
    assert f"\nset_frequency aclk {clock:g}\n" in found["constraints/tiny.pcf"]


def test_fusesoc_lists_every_file(core: Written) -> None:
    text = render(core)["tiny.core"]
    assert text.startswith("CAPI=2:\n")
    listed = re.findall(r"^      - (\S+?):?(?: .*)?$", text, re.MULTILINE)
    assert listed == ["rtl/cells_generic.v", "rtl/tiny.v", "mem/a.mem", "mem/b.mem", "lint/waivers.vlt"]


def test_waives_four_classes_and_only_the_cores_own_files(core: Written) -> None:
    rules = re.findall(r'^lint_off -rule (\w+) -file "(.*)"$', render(core)["lint/waivers.vlt"], re.MULTILINE)
    assert {rule for rule, _ in rules} == {"UNUSEDSIGNAL", "WIDTHEXPAND", "CASEOVERLAP", "CMPCONST"}
    assert {file for _, file in rules} == {"*rtl/tiny*"}


def test_the_readme_tells_of_ports_beats_and_cycles(core: Written, loadable: Written) -> None:
    text = (core.path / "README.md").read_text(encoding="utf-8")
    for port in ("aclk", "aresetn", "s_axis_tdata", "m_axis_tlast", "frame_start", "layer_done"):
        assert f"| `{port}` |" in text
    assert "s_axis_weights" not in text
    assert "| input | 2 x 5 x 5 | signed 8 bits in 8 | 2 | 25 |" in text
    assert f"{core.manifest['cycles']['total']} for a frame" in text
    for layer in core.manifest["cycles"]["layers"]:
        assert f"| {layer['name']} | {layer['op']} | {layer['encoding']} |" in text
    assert "| `s_axis_weights_tdata` | in | 32 |" in (loadable.path / "README.md").read_text(encoding="utf-8")


def test_the_bench_is_python(core: Written) -> None:
    compile((core.path / "tb" / "test_tiny.py").read_text(encoding="utf-8"), "test_tiny.py", "exec")
