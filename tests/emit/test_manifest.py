"""manifest.json."""

from __future__ import annotations

import json

from hwgen.emit.manifest import as_text, clock_mhz, manifest
from hwgen.plan import PlanOptions, build_plan
from tests.emit.conftest import Written
from tests.emit.networks import tiny

KEYS = {
    "name",
    "top",
    "hwgen_version",
    "model_sha256",
    "plan_sha256",
    "pes",
    "lanes",
    "interfaces",
    "cycles",
    "memory_bits",
}
LAYER_KEYS = {
    "name",
    "op",
    "encoding",
    "algorithm",
    "cycles",
    "macs",
    "nonzero_macs",
    "weights",
    "nonzero_weights",
    "utilisation",
}


def test_has_what_others_rely_on(core: Written) -> None:
    record = core.manifest
    assert set(record) >= KEYS
    assert set(record["cycles"]) >= {"total", "io", "load", "layers"}
    assert [layer["name"] for layer in record["cycles"]["layers"]] == ["conv", "pool", "fc"]
    assert all(set(layer) == LAYER_KEYS for layer in record["cycles"]["layers"])
    assert record["memory_bits"] == sum(record["memory_bits_by_use"].values())


def test_cycles_add_up(core: Written) -> None:
    cycles = core.manifest["cycles"]
    assert cycles["total"] == sum(layer["cycles"] for layer in cycles["layers"])
    assert cycles["load"] == 0
    assert cycles["total"] <= cycles["interval"] <= cycles["total"] + cycles["io"]


def test_work_is_that_of_the_model(core: Written) -> None:
    conv, _, fc = core.manifest["cycles"]["layers"]
    assert conv["macs"] == 3 * 25 * 2 * 9
    assert fc["macs"] == fc["weights"] == 5 * 12
    assert conv["weights"] == 3 * 2 * 9
    multipliers = core.manifest["pes"] * core.manifest["lanes"]
    assert conv["utilisation"] == round(conv["macs"] / (multipliers * conv["cycles"]), 6)


def test_a_loadable_core_counts_the_beats_of_its_weights(loadable: Written) -> None:
    stream = (loadable.path / "mem" / "weights.bin").read_bytes()
    assert loadable.manifest["cycles"]["load"] * 4 == len(stream)
    assert loadable.manifest["interfaces"]["weights"]["beats"] * 4 == len(stream)


def test_the_clock_is_the_targets_unless_given() -> None:
    def record(**options: object) -> dict[str, object]:
        plan = build_plan(tiny(), PlanOptions(pes=1, lanes=1, **options))  # type: ignore[arg-type]
        return manifest(plan, model_sha256="")

    assert record(target="ice40-up5k")["clock_mhz"] is None
    assert clock_mhz(record(target="ice40-up5k")) == 24
    assert record(target="ice40-up5k", clock_mhz=12.5)["clock_mhz"] == 12.5
    assert clock_mhz(record(target="ice40-up5k", clock_mhz=12.5)) == 12.5


def test_text_is_sorted(core: Written) -> None:
    text = as_text(core.manifest)
    assert text == (core.path / "manifest.json").read_text(encoding="utf-8")
    assert json.dumps(json.loads(text), sort_keys=True, indent=2) + "\n" == text
