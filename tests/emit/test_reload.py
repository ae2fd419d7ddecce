"""Weight streams for cores that load them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.emit.reload import stream_for
from hwgen.errors import UsageError
from tests.emit.conftest import Written, written
from tests.emit.networks import tiny
from tests.plan.small import sparse_net


def test_the_model_as_built_gives_the_stream_as_built(loadable: Written) -> None:
    stream = stream_for(loadable.manifest, loadable.model, loadable.model)
    assert stream == (loadable.path / "mem" / "weights.bin").read_bytes()


def test_options_of_sparse_layers_and_counters_are_those_of_the_core(tmp_path: Path) -> None:
    made = written(
        tmp_path / "core", sparse_net(coded=True), weights="load", index_bits=2, queue=3, balance=False, counters=True
    )
    stream = stream_for(made.manifest, made.model, made.model)
    assert stream == (made.path / "mem" / "weights.bin").read_bytes()


@pytest.mark.parametrize("multipliers", [None, 4, 6])
def test_the_multipliers_that_are_allowed_are_those_of_the_core(tmp_path: Path, multipliers: int | None) -> None:
    made = written(tmp_path / "core", tiny(), weights="load", target="ecp5-25k", multipliers=multipliers)
    assert made.manifest["multipliers"] == multipliers
    stream = stream_for(made.manifest, made.model, made.model)
    assert stream == (made.path / "mem" / "weights.bin").read_bytes()
    if multipliers is not None:
        unlimited = stream_for(made.manifest | {"multipliers": None}, made.model, made.model)
        assert unlimited != stream, "another structure, so another signature"


def test_a_core_with_baked_weights_is_refused(core: Written) -> None:
    with pytest.raises(UsageError, match="build it with --weights load"):
        stream_for(core.manifest, core.model, core.model)


def test_a_manifest_of_another_version_is_refused(loadable: Written) -> None:
    manifest = {key: value for key, value in loadable.manifest.items() if key != "queue"}
    with pytest.raises(UsageError, match=r"queue.*missing \(build the core again\)"):
        stream_for(manifest, loadable.model, loadable.model)


def test_a_memory_that_is_too_small_is_named_with_both_depths(loadable: Written) -> None:
    with pytest.raises(UsageError, match=r"needs \d+ words of \w+, the core has \d+ \(build a core for this model\)"):
        stream_for(loadable.manifest, loadable.model, tiny(features=90))


def test_another_structure_is_named(loadable: Written) -> None:
    with pytest.raises(UsageError, match=r"needs another structure: \w+ .+, the core has .+"):
        stream_for(loadable.manifest, loadable.model, tiny(features=3))
