"""What every step of a compression has: named keys, a model in, a model out, and why it left layers alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from numpy.typing import NDArray

from hwgen.compress.frames import Frames
from hwgen.compress.weighted import float_weights, weighted_layers
from hwgen.errors import UsageError
from hwgen.model import Model
from hwgen.plan import PlanOptions

T = TypeVar("T")
FloatByLayer = float | dict[str, float]
IntByLayer = int | dict[str, int]
"""One value for all layers, or one for each layer named; the others are left alone."""

Progress = Callable[[str, float | None], None]
"""(what is being done, share done or None)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Context:
    """What a step may use: ``train`` calibrates and trains, ``test`` measures (None where no data were given)."""

    original: Model
    train: Frames | None = None
    test: Frames | None = None
    seed: int = 0
    options: PlanOptions = field(default_factory=PlanOptions)
    progress: Progress = lambda _what, _done: None

    def training_frames(self, step: str) -> Frames:
        """The data to train or calibrate with.

        Raises
        ------
        UsageError
            None were given.
        """
        if self.train is None:
            raise UsageError(f"the step {step!r} needs data", key="--data", hint="give --data X.npy")
        return self.train

    def labelled_frames(self, step: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """The same with labels: (frames, labels)."""
        data = self.training_frames(step)
        if data.labels is None:
            raise UsageError(f"the step {step!r} needs labels", key="--labels", hint="give --labels y.npy")
        return data.frames, data.labels


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """The model after the step; ``skipped``: reasons by the names of layers it left alone.

    ``bits``: stored bits by layer where the step measures them otherwise than the size table does. ``tables``: what
    else it has found, rows by title.
    """

    model: Model
    skipped: Mapping[str, str] = field(default_factory=dict)
    bits: Mapping[str, int] | None = None
    tables: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Step(ABC):
    """One step; its fields are its keys in a recipe."""

    name: ClassVar[str]

    @abstractmethod
    def run(self, model: Model, context: Context) -> Outcome:
        """The model after the step; raises HwgenError."""

    @property
    def trains(self) -> bool:
        """Whether it changes weights by training."""
        return False


def by_layer(value: T | dict[str, T], model: Model, key: str) -> tuple[dict[str, T], dict[str, str]]:
    """The value of each float layer, and the reasons why other layers with weights have none.

    Raises
    ------
    UsageError
        A table names a layer that the model does not have.
    """
    known = weighted_layers(model)
    if isinstance(value, dict):
        check_names(value, model, key)
    skipped, values = {}, {}
    for name in known:
        if name not in float_weights(model):
            skipped[name] = "is quantised already"
        elif isinstance(value, dict) and name not in value:
            skipped[name] = f"is not named in {key!r}"
        else:
            values[name] = value[name] if isinstance(value, dict) else value
    return values, skipped


def check_names(names: Sequence[str] | Mapping[str, object], model: Model, key: str) -> None:
    """Every name is that of a layer with weights."""
    known = weighted_layers(model)
    for name in names:
        if name not in known:
            raise UsageError(
                f"the model has no layer {name!r} with weights", key=key, hint=f"it has {', '.join(known)}"
            )


def check_range(value: float | None, low: float, high: float, key: str) -> None:
    """A number of a recipe lies in low..high."""
    if value is not None and not low <= value <= high:
        raise UsageError(f"is {value}, must lie in {low:g}..{high:g}", key=key)


def check_choice(value: str, choices: Sequence[str], key: str) -> None:
    """A word of a recipe is one of ``choices``."""
    if value not in choices:
        raise UsageError(f"is {value!r}, must be one of {', '.join(choices)}", key=key)


def values_of(value: T | dict[str, T]) -> list[T]:
    """All values of a key that may be given by layer."""
    return list(value.values()) if isinstance(value, dict) else [value]
