"""Places for multipliers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hwgen.flow.synth.floorplan import BEL, ECP5_SITES, MultiplierSites, assigned, place_multipliers

ROWS = (("a0", "a1", "a2", "a3", "a4"), ("b0", "b1", "b2", "b3", "b4"))


def names(pes: int, lanes: int, requantisers: int) -> list[str]:
    found = [f"core.array.pe_{pe}.multiply.lane[{lane}].mult" for pe in range(pes) for lane in range(lanes)]
    return found + [f"core.array.requantiser_{index}.multiply.mult" for index in range(requantisers)]


def test_pes_in_order_there_and_back_with_the_requantisers_among_their_pes() -> None:
    placed = assigned(list(reversed(names(4, 2, 2))), ROWS)
    order = sorted(placed, key=lambda name: [*ROWS[0], *ROWS[1][::-1]].index(placed[name]))
    short = [name.removeprefix("core.array.").replace(".multiply", "").replace(".mult", "") for name in order]
    assert short == [
        "pe_0.lane[0]", "pe_0.lane[1]", "requantiser_0", "pe_1.lane[0]", "pe_1.lane[1]",
        "pe_2.lane[0]", "pe_2.lane[1]", "requantiser_1", "pe_3.lane[0]", "pe_3.lane[1]",
    ]  # fmt: skip


def test_few_stand_in_the_middle_of_the_rows() -> None:
    assert assigned(names(1, 1, 1), ROWS) == {
        "core.array.pe_0.multiply.lane[0].mult": "a2",
        "core.array.requantiser_0.multiply.mult": "b2",
    }


def test_lanes_are_counted_not_spelt() -> None:
    placed = assigned(names(1, 12, 0), [[str(index) for index in range(12)]])
    assert [int(placed[name]) for name in names(1, 12, 0)] == list(range(12))


@pytest.mark.parametrize("many", [names(6, 2, 0), ["core.stream.mult", *names(1, 1, 0)], []])
def test_left_to_the_placer_where_places_run_out_or_a_cell_has_no_pe(many: list[str]) -> None:
    assert assigned(many, ROWS) == {}


@pytest.mark.parametrize(("size", "count"), [("25k", 28), ("45k", 72), ("85k", 156)])
def test_all_multipliers_of_the_devices(size: str, count: int) -> None:
    places = [place for row in ECP5_SITES[size].rows for place in row]
    assert len(places) == len(set(places)) == count


def test_only_multipliers_are_placed(tmp_path: Path) -> None:
    cells = {name: {"type": "MULT", "attributes": {"keep": "1"}} for name in names(2, 1, 0)} | {"x": {"type": "FF"}}
    file = tmp_path / "netlist.json"
    file.write_text(json.dumps({"modules": {"top": {"cells": cells}, "other": {"cells": {}}}}), encoding="utf-8")
    assert place_multipliers(file, MultiplierSites(cell="MULT", rows=ROWS)) == 2
    found = json.loads(file.read_text(encoding="utf-8"))["modules"]["top"]["cells"]
    assert [cell.get("attributes", {}).get(BEL) for cell in found.values()] == ["a2", "b2", None]
    assert found[names(2, 1, 0)[0]]["attributes"]["keep"] == "1"
