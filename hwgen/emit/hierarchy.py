"""The design as modules: one RTLIL text per component, identical components once.

Amaranth converts a whole hierarchy at once: every instance becomes a module of its own, whose ports are the nets that
cross its border, under numbers. Here each fragment is converted by itself, its children being instances of what they
became. So ports keep the names of the component's members, and N equal PEs have equal texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from amaranth.back import rtlil
from amaranth.hdl import Elaboratable, Fragment, Instance, Value
from amaranth.lib import wiring

from hwgen.emit.identifiers import identifier, snake_case
from hwgen.emit.rtlil_names import readable

_MODULE = re.compile(r"^(module |  cell )\\(@\w+@)", re.MULTILINE)
_SELF = "@self@"


@dataclass(frozen=True)
class _Ports:
    """Ports of a module by name, with the signals behind them."""

    inputs: dict[str, Any]
    outputs: dict[str, Any]


@dataclass(frozen=True)
class _Text:
    """A module that stands for all components of the same text.

    ``key`` is its name in other texts, ``kind`` its class in snake case, ``path`` the first instance's place.
    """

    key: str
    kind: str
    path: tuple[str, ...]
    text: str


@dataclass
class Hierarchy:
    """Takes a design apart. ``top`` becomes the name of the top module and the prefix of all others."""

    top: str
    _texts: dict[str, _Text] = field(default_factory=dict)

    def add(self, core: Any, platform: object) -> None:
        """Elaborate ``core``, a component whose members are the ports of the top, and split it."""
        ports = [(name, getattr(core, name), None) for name in core.signature.members]
        elaborated: Elaboratable = core
        design = Fragment.get(elaborated, platform).prepare(ports=ports, hierarchy=(self.top,))
        self._split(design, design.fragment, (self.top,))

    def modules(self) -> dict[str, str]:
        """RTLIL by module name, children before their parents."""
        *inner, top = self._texts.values()
        names = {top.key: self.top}
        for text in inner:
            alike = [other.path for other in inner if other.kind == text.kind]
            names[text.key] = identifier(f"{self.top}_{_suffix(text, alike)}", set(names.values()))
        return {names[text.key]: _resolved(text.text, {**names, _SELF: names[text.key]}) for text in (*inner, top)}

    def _split(self, design: Any, fragment: Fragment, path: tuple[str, ...]) -> tuple[str, _Ports]:
        """Convert a fragment after its children; its key, and its ports."""
        aliases: dict[int, str] = {}
        for index, (child, name, location) in enumerate(fragment.subfragments):
            if type(child) is not Fragment:
                continue
            label = name or f"part_{index}"
            module, ports = self._split(design, child, (*path, label))
            for port, signal in (ports.inputs | ports.outputs).items():
                aliases.setdefault(id(signal), f"{label}_{port}")
            connections = {f"i_{port}": signal for port, signal in ports.inputs.items()}
            connections |= {f"o_{port}": signal for port, signal in ports.outputs.items()}
            fragment.subfragments[index] = (Instance(module, **connections), name, location)
        return self._convert(design, fragment, path, aliases)

    def _convert(
        self, design: Any, fragment: Fragment, path: tuple[str, ...], aliases: dict[int, str]
    ) -> tuple[str, _Ports]:
        info = design.fragments[fragment]
        ports: dict[str, Any] = {}
        if info.parent is None:
            ports = {name: signal for name, signal, _ in design.ports}
        else:
            outside = design.fragments[info.parent].used_signals
            members = _members(fragment)
            for signal in info.used_signals:
                if signal in outside or id(signal) in members:
                    ports[identifier(signal.name, ports)] = signal
        text, names = rtlil.convert_fragment(
            fragment,
            [(name, signal, None) for name, signal in ports.items()],
            name=_SELF,
            emit_src=False,
            propagate_domains=False,
        )
        known = {names[signal][-1]: aliases[id(signal)] for signal in names if id(signal) in aliases}
        text, directions = readable(text, ports, known, keep_unused=info.parent is None)
        component = _component(fragment)
        kind = path[-1] if component is None else snake_case(type(component).__name__)
        found = self._texts.setdefault(text, _Text(f"@{len(self._texts)}@", kind, path, text))
        return found.key, _Ports(
            {name: signal for name, signal in ports.items() if directions.get(name) == "input"},
            {name: signal for name, signal in ports.items() if directions.get(name) == "output"},
        )


def _component(fragment: Fragment) -> wiring.Component | None:
    """What the fragment was elaborated from, perhaps through a DomainRenamer."""
    return next((origin for origin in fragment.origins or () if isinstance(origin, wiring.Component)), None)


def _members(fragment: Fragment) -> set[int]:
    """Identities of the component's own ports: they stay ports where nothing outside drives or reads them."""
    component = _component(fragment)
    if component is None:
        return set()
    return {id(Value.cast(value)) for _path, _member, value in component.signature.flatten(component)}


def _suffix(text: _Text, alike: list[tuple[str, ...]]) -> str:
    """The class, and as much of the place as tells the forms of one class apart."""
    if len(alike) == 1:
        return text.kind
    length = 1
    while sum(path[-length:] == text.path[-length:] for path in alike) > 1:
        length += 1
    place = "_".join(text.path[-length:])
    return place if place.startswith(text.kind) else f"{text.kind}_{place}"


def _resolved(text: str, names: dict[str, str]) -> str:
    """The text with the modules' final names."""
    return _MODULE.sub(lambda found: f"{found[1]}\\{names[found[2]]}", text)
