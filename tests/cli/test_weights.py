"""``weights``."""

from __future__ import annotations

import json
from pathlib import Path

from hwgen.model import save
from tests.cli.run import Hwgen
from tests.emit.networks import tiny


def test_the_stream_of_the_model_as_built(tmp_path: Path, hwgen: Hwgen) -> None:
    save(tiny(), tmp_path / "m.npz")
    assert hwgen("build", "m.npz", "-o", "core", "--pes", 2, "--lanes", 2, "--weights", "load").status == 0
    shown = hwgen("weights", "m.npz", "--for", "core", "-o", "stream.bin", "--json", "r.json")
    assert shown.status == 0, shown.err
    stream = (tmp_path / "stream.bin").read_bytes()
    assert stream == (tmp_path / "core" / "mem" / "weights.bin").read_bytes()
    record = json.loads((tmp_path / "r.json").read_text())
    assert record == {"file": "stream.bin", "beats": len(stream) // 4, "bytes": len(stream)}
    save(tiny(features=90), tmp_path / "large.npz")
    refused = hwgen("weights", "large.npz", "--for", "core", "-o", "other.bin")
    assert refused.status == 2
    assert "words of" in refused.error
    assert not (tmp_path / "other.bin").exists()


def test_a_core_with_baked_weights_is_refused(core: Path, tmp_path: Path, hwgen: Hwgen) -> None:
    save(tiny(), tmp_path / "m.npz")
    shown = hwgen("weights", "m.npz", "--for", core, "-o", "s.bin")
    assert shown.status == 2
    assert shown.error == "the core has its weights baked in (build it with --weights load)"
