"""Where the elements of a map live in the banked activation memory.

Channel c lives in bank ``c % pes``, slot ``c // pes``. Inside a bank all addresses are *element* addresses; an element
is one activation, a word is ``lanes`` elements:

    address(slot, y, x) = base + slot*slot_stride + ((y % m)*m + x % m)*plane + (y // m)*pitch + (x // m)*x_pitch

``m`` (the split) is the stride of the map's consumers, so that a strided window reads neighbouring elements. All banks
use the same address for the same slot. A vector of F features is the map (F, 1, 1) with ``slot_stride`` 1: the words of
a bank hold ``lanes`` neighbouring features.

A *spread* map has so few channels that its planes find room side by side: plane (i, j) of channel c lives in bank
``c*m*m + i*m + j``, and the term of the plane leaves the address.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


def ceil_div(a: int, b: int) -> int:
    """a / b rounded up."""
    return -(-a // b)


@dataclass(frozen=True, kw_only=True)
class MapLayout:
    """One map's place in the banks; every figure but ``split`` in elements."""

    name: str
    channels: int
    height: int
    width: int
    slots: int
    split: int
    pitch: int
    x_pitch: int
    plane: int
    slot_stride: int
    extent: int
    base: int = 0
    spread: bool = False

    @property
    def channel_banks(self) -> int:
        """Banks from a channel to the next."""
        return self.split * self.split if self.spread else 1

    def at(self, base: int) -> MapLayout:
        """The same layout at another base address."""
        return replace(self, base=base)

    def offset(self, y: int, x: int) -> int:
        """Element offset of (y, x) in its slot; also for y, x off the map (padding), where it may be negative."""
        m = self.split
        plane = 0 if self.spread else self.plane
        return (y % m * m + x % m) * plane + y // m * self.pitch + x // m * self.x_pitch

    def bank(self, y: int, x: int) -> int:
        """How many banks behind its channel's first (y, x) lives."""
        m = self.split
        return y % m * m + x % m if self.spread else 0

    def address(self, slot: int, y: int, x: int) -> int:
        """Element address in the bank."""
        return self.base + slot * self.slot_stride + self.offset(y, x)


def map_layout(
    name: str,
    shape: tuple[int, int, int],
    *,
    pes: int,
    lanes: int,
    split: int,
    pitch: int,
    x_pitch: int = 1,
    spread: bool = False,
) -> MapLayout:
    """Layout of a (C, H, W) map: each of the split*split planes starts on a word (docs/architecture.md, section 5).

    ``x_pitch`` above 1 leaves room for that many frames of a batch beside each element.
    """
    channels, height, width = shape
    rows = ceil_div(height, split)
    plane = ceil_div(rows * pitch * x_pitch, lanes) * lanes
    slots = ceil_div(channels, pes)
    planes = 1 if spread else split * split
    return MapLayout(
        name=name,
        channels=channels,
        height=height,
        width=width,
        slots=slots,
        split=split,
        pitch=pitch * x_pitch,
        x_pitch=x_pitch,
        plane=plane,
        slot_stride=planes * plane,
        extent=slots * planes * plane,
        spread=spread,
    )


def vector_layout(name: str, features: int, *, pes: int, lanes: int) -> MapLayout:
    """Layout of a vector: feature i is element ``i // pes`` of bank ``i % pes``."""
    slots = ceil_div(features, pes)
    return MapLayout(
        name=name,
        channels=features,
        height=1,
        width=1,
        slots=slots,
        split=1,
        pitch=1,
        x_pitch=1,
        plane=1,
        slot_stride=1,
        extent=ceil_div(slots, lanes) * lanes,
    )
