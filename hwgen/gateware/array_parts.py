"""What the parts of the array have in common: the plan, its memories, and where a component stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from amaranth.hdl import DomainRenamer, Module, Value
from amaranth.lib import wiring

from hwgen.gateware.cells import Store
from hwgen.gateware.decoder import Decoder
from hwgen.gateware.entry_decoder import EntryDecoder
from hwgen.gateware.load_bus import LoadBus
from hwgen.gateware.pipeline import GROUP, pe_groups
from hwgen.gateware.records import fields_of
from hwgen.plan.plan import Plan
from hwgen.plan.shape import ArrayShape

RESULTS = "results"
"""The domain of what walks through the results."""


def group_domain(group: int) -> str:
    """The domain of a group of PEs."""
    return f"pes_{group}"


def reset_domains(shape: ArrayShape) -> list[str]:
    """Of the clock of ``sync``, each with a reset register of its own: all that clock's registers are too far apart."""
    return [RESULTS, *(group_domain(group) for group in range(pe_groups(shape.pes)))]


@dataclass(frozen=True, kw_only=True)
class ArrayParts:
    """Handed to every part of :class:`hwgen.gateware.array.PEArray`.

    ``domains``: those of :func:`reset_domains` that exist; what belongs to another is in ``sync``. ``stores``: the
    plan's images, by name.
    """

    plan: Plan
    domains: Collection[str]
    load_bus: LoadBus | None
    stores: dict[str, Store]

    @property
    def shape(self) -> ArrayShape:
        return self.plan.shape

    @property
    def read_record(self) -> dict[str, Value]:
        """The fields of the read record that the sequencer looks at."""
        return fields_of(self.shape.read_fields, self.stores["schedule_read"].data)

    @property
    def write_record(self) -> dict[str, Value]:
        """The fields of the running step's write record."""
        return fields_of(self.shape.write_fields, self.stores["schedule_write"].data)

    def near(self, m: Module, name: str, index: int, component: wiring.Component) -> None:
        """Add a component of PE ``index``, in the domain of its group."""
        self.within(m, group_domain(index // GROUP), f"{name}_{index}", component)

    def within(self, m: Module, domain: str, name: str, component: wiring.Component) -> None:
        """Add a component in ``domain``."""
        m.submodules[name] = DomainRenamer(self.domain(domain))(component)

    def domain(self, name: str) -> str:
        """The domain ``name``, or ``sync`` where it does not exist."""
        return name if name in self.domains else "sync"

    def attach_codebook(self, m: Module, decoder: Decoder | EntryDecoder) -> None:
        """Let the loader write a decoder's codebook."""
        if self.load_bus is not None and self.plan.codebook is not None:
            self.load_bus.attach(m, self.plan.codebook.name, decoder.wen, decoder.waddr, decoder.wdata)
