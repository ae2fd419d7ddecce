"""The step ``lowrank``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hwgen.compress.energy import positions
from hwgen.compress.factor import factor_dense, factor_separable, factor_tucker2, why_not
from hwgen.compress.lowrank import rank_for_cycles, rank_for_energy, singular_values
from hwgen.compress.predict import layer_cycles
from hwgen.compress.steps.base import (
    Context,
    IntByLayer,
    Outcome,
    by_layer,
    check_choice,
    check_names,
    check_range,
    values_of,
)
from hwgen.compress.steps.training import Training, network, require_torch, train
from hwgen.compress.weighted import Real, float_weights, weighted_layers
from hwgen.errors import UsageError
from hwgen.model import Model

METHODS = ("svd", "tucker2", "separable")


@dataclass(frozen=True, kw_only=True)
class LowrankStep(Training):
    """Layers as products of smaller ones: "svd" (fully connected), "tucker2" or "separable" (convolutions).

    One of ``rank`` (a number, or one for each layer named), ``energy`` (0..1, the share of the weights' squares that is
    kept) and ``cycles`` (0..1, the share of the layer's predicted cycles that its factors may take) chooses the rank.
    ``layers``: which; none named is all that the method treats. Tucker-2 has two ranks: of the input channels ``rank``,
    of the output channels the same share of them. With ``epochs`` the factors train afterwards.
    """

    name: ClassVar[str] = "lowrank"
    method: str = "svd"
    rank: IntByLayer | None = None
    energy: float | None = None
    cycles: float | None = None
    layers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.method, METHODS, "method")
        if sum(value is not None for value in (self.rank, self.energy, self.cycles)) != 1:
            raise UsageError("needs one of rank, energy and cycles", key="rank")
        for rank in values_of(self.rank) if self.rank is not None else ():
            check_range(rank, 1, 1 << 20, "rank")
        check_range(self.energy, 1e-9, 1, "energy")
        check_range(self.cycles, 1e-9, 1, "cycles")

    def run(self, model: Model, context: Context) -> Outcome:
        check_names(self.layers, model, "layers")
        ranks: dict[str, int] | int = self.rank if self.rank is not None else 0
        if self.layers and not isinstance(ranks, dict):
            ranks = dict.fromkeys(self.layers, ranks)
        chosen, skipped = by_layer(ranks, model, "layers" if self.layers else "rank")
        for index, (name, rank) in enumerate(chosen.items()):
            context.progress(f"lowrank: {name}", index / len(chosen))
            reason = why_not(model.layer(name), self.method)
            if reason is None:
                reason, model = self._factored(model, name, rank, context)
            if reason is not None:
                skipped[name] = reason
        if self.trains:
            require_torch(self.name)
            model = train(network(model), self, context)
        return Outcome(model=model, skipped=skipped)

    def _factored(self, model: Model, name: str, rank: int, context: Context) -> tuple[str | None, Model]:
        weights = float_weights(model)[name]
        most = full_rank(weights, self.method)
        if rank > most:
            raise UsageError(f"the rank is {rank}, must lie in 1..{most}", layer=name, key="rank")
        if self.energy is not None:
            rank = rank_for_energy(singular_values(spectrum(weights, self.method)), self.energy)
        elif self.cycles is not None:
            found = self._for_cycles(model, name, most, context)
            if isinstance(found, str):
                return found, model
            rank = found
        factored = factored_at(model, name, self.method, rank)
        before, after = (products(one) for one in (model, factored))
        if after >= before and self.rank is None:
            return (
                f"at rank {rank} its factors have no fewer multiplications ({after:,} of the model's {before:,})",
                model,
            )
        return None, factored

    def _for_cycles(self, model: Model, name: str, most: int, context: Context) -> int | str:
        """The rank, or why there is none."""
        assert self.cycles is not None
        whole = layer_cycles(model, context.options)
        if whole is None:
            return "its cycles are unknown: the model has no core"

        def cycles(rank: int) -> int:
            found = layer_cycles(factored_at(model, name, self.method, rank), context.options)
            assert found is not None
            return sum(count for layer, count in found.items() if layer in (name, f"{name}_a", f"{name}_b"))

        try:
            return rank_for_cycles(cycles, int(self.cycles * whole[name]), most)
        except UsageError as error:
            return error.what


def factored_at(model: Model, name: str, method: str, rank: int) -> Model:
    """The model with the layer's factors of ``rank``."""
    if method == "svd":
        return factor_dense(model, name, rank)
    if method == "separable":
        return factor_separable(model, name, rank)
    out, inputs = float_weights(model)[name].shape[:2]
    return factor_tucker2(model, name, rank, max(1, round(rank * out / inputs)))


def full_rank(weights: Real, method: str) -> int:
    """The greatest rank of the method."""
    if method == "tucker2":
        return weights.shape[1]
    return min(spectrum(weights, method).shape)


def spectrum(weights: Real, method: str) -> Real:
    """The matrix whose singular values tell what a rank keeps; Tucker-2's of the input channels."""
    if method == "svd":
        return weights
    if method == "tucker2":
        return weights.swapaxes(0, 1).reshape(weights.shape[1], -1)
    out, inputs, kh, kw = weights.shape
    return weights.transpose(0, 3, 1, 2).reshape(out * kw, inputs * kh)


def products(model: Model) -> int:
    """Multiplications of one frame."""
    return sum(layer.weights.decode().size * positions(layer) for layer in weighted_layers(model).values())
