"""Places for multipliers and block RAMs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hwgen.flow.synth.floorplan import BEL, ECP5_SITES, Floorplan, Sites, assigned, beside, place_blocks

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


def test_no_pe_stands_in_two_rows_where_there_is_room() -> None:
    """Three PEs of two lanes: one in the first row, not one and a half. Full rows take what comes."""
    placed = assigned(names(3, 2, 0), ROWS)
    assert [placed[name][0] for name in names(3, 2, 0)] == ["a", "a", "b", "b", "b", "b"]
    full = assigned(names(5, 2, 0), ROWS)
    assert sorted(full.values()) == sorted(place for row in ROWS for place in row)
    assert {full[name][0] for name in names(5, 2, 0) if "pe_2." in name} == {"a", "b"}


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


@pytest.mark.parametrize(("size", "multipliers", "memories"), [("25k", 28, 56), ("45k", 72, 108), ("85k", 156, 208)])
def test_all_blocks_of_the_devices(size: str, multipliers: int, memories: int) -> None:
    sites = ECP5_SITES[size]
    for kind, count in ((sites.multipliers, multipliers), (sites.memories, memories)):
        places = [place for row in kind.rows for place in row]
        assert len(places) == len(set(places)) == count


def test_a_memory_stands_beside_the_multipliers_of_its_owner_others_in_the_middle() -> None:
    multipliers = {"pe_0.mult": "X0/Y0/M", "pe_1.mult": "X90/Y0/M", "requantiser_0.mult": "X40/Y0/M"}
    memories = ["weights_0.mem", "bank_1.even.mem", "requantiser_0.add.mem", "schedule.mem", "requantiser_7.mul.mem"]
    places = ["X90/Y1/R", "X1/Y1/R", "X43/Y0/R", "X42/Y1/R", "X44/Y1/R", "X200/Y1/R"]
    found = beside(memories, multipliers, places)
    assert found["weights_0.mem"] == "X1/Y1/R"
    assert found["bank_1.even.mem"] == "X90/Y1/R"
    assert set(found.values()) == set(places) - {"X200/Y1/R"}


def test_a_requantiser_without_multipliers_stands_with_its_pes() -> None:
    multipliers = {f"pe_{pe}.mult": f"X{20 * pe}/Y0/M" for pe in range(4)}
    places = ["X9/Y1/R", "X51/Y1/R", "X30/Y1/R"]
    found = beside(["requantiser_0.add.mem", "requantiser_1.mul.mem"], multipliers, places)
    assert found == {"requantiser_0.add.mem": "X9/Y1/R", "requantiser_1.mul.mem": "X51/Y1/R"}


def test_what_is_nobodys_takes_the_middle_before_the_memories_of_a_pe() -> None:
    multipliers = {f"pe_{pe}.mult": f"X{20 * pe}/Y0/M" for pe in range(3)}
    found = beside(["weights_1.mem", "schedule.mem"], multipliers, ["X20/Y1/R", "X30/Y1/R"])
    assert found == {"schedule.mem": "X20/Y1/R", "weights_1.mem": "X30/Y1/R"}


def test_what_takes_the_nearest_place_is_decided_for_all_together() -> None:
    """The second memory has no other place near; the first gives way."""
    multipliers = {"pe_0.mult": "X10/Y0/M", "pe_1.mult": "X11/Y0/M"}
    found = beside(["weights_0.mem", "weights_1.mem"], multipliers, ["X11/Y0/R", "X0/Y0/R", "X99/Y0/R"])
    assert found == {"weights_0.mem": "X0/Y0/R", "weights_1.mem": "X11/Y0/R"}


@pytest.mark.parametrize("multipliers", [{}, {"pe_0.mult": "X0/Y0/M"}])
def test_memories_are_left_to_the_placer_without_multipliers_or_places(multipliers: dict[str, str]) -> None:
    assert beside(["weights_0.mem", "weights_1.mem"], multipliers, ["X0/Y0/R"]) == {}


def test_only_blocks_are_placed(tmp_path: Path) -> None:
    cells = {name: {"type": "MULT", "attributes": {"keep": "1"}} for name in names(2, 1, 0)}
    cells |= {"x": {"type": "FF"}, "core.array.weights_1.mem": {"type": "RAM"}}
    file = tmp_path / "netlist.json"
    file.write_text(json.dumps({"modules": {"top": {"cells": cells}, "other": {"cells": {}}}}), encoding="utf-8")
    multipliers = Sites(cell="MULT", rows=(("X1/Y1/M", "X2/Y1/M"), ("X1/Y8/M", "X2/Y8/M")))
    memories = Sites(cell="RAM", rows=(("X1/Y2/R",), ("X1/Y7/R",)))
    assert place_blocks(file, Floorplan(multipliers=multipliers, memories=memories)) == 3
    found = json.loads(file.read_text(encoding="utf-8"))["modules"]["top"]["cells"]
    assert [cell.get("attributes", {}).get(BEL) for cell in found.values()] == ["X1/Y1/M", "X1/Y8/M", None, "X1/Y7/R"]
    assert found[names(2, 1, 0)[0]]["attributes"]["keep"] == "1"
