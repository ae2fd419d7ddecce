from __future__ import annotations

from dataclasses import replace

import pytest

from hwgen.plan import PlanOptions, build_plan, utilisation
from hwgen.plan.images import MemoryImage
from tests.plan.small import lenet

PLAN = build_plan(lenet(), PlanOptions(pes=3, lanes=2))


def test_figures_follow_from_structure_and_images() -> None:
    shape = PLAN.shape
    assert PLAN.multipliers == 6
    assert PLAN.compute_cycles == sum(layer.cycles for layer in PLAN.layers)
    bits = PLAN.memory_bits
    assert PLAN.codebook is not None
    assert bits["weights"] == sum(PLAN.image(f"weights_{pe}").bits for pe in range(3))
    assert bits["activations"] == shape.bank_words * 2 * 8 * 3
    assert bits["output_buffer"] == shape.output_words * 8 * 3
    # every lane of every decoder has its own codebook where a layer is wide
    assert bits["codebooks"] == PLAN.codebook.bits * 3 * (2 if shape.has_wide else 1)
    held = bits["weights"] + bits["requantisation"] + bits["schedule"] + PLAN.codebook.bits
    assert held == sum(image.bits for image in PLAN.images)


def test_images_are_found_by_name() -> None:
    assert PLAN.image("taps").name == "taps"
    assert set(PLAN.array_images) == {"schedule_read", "schedule_write", "taps", "weights_0", "weights_1", "weights_2"}
    with pytest.raises(StopIteration):
        PLAN.image("nothing")


def test_the_structure_does_not_depend_on_contents() -> None:
    changed = [MemoryImage(image.name, image.width, [0] * image.depth) for image in PLAN.images]
    other = replace(PLAN, images=tuple(changed))
    assert other.structure_digest == PLAN.structure_digest
    assert other.signature == PLAN.signature
    assert other.digest != PLAN.digest


@pytest.mark.parametrize("change", ["width", "depth", "shape"])
def test_the_structure_depends_on_every_width_and_depth(change: str) -> None:
    first = PLAN.images[0]
    if change == "shape":
        other = replace(PLAN, shape=replace(PLAN.shape, add_zeros=PLAN.shape.add_zeros + 1))
    else:
        width = first.width + (change == "width")
        words = [*first.words, 0] if change == "depth" else first.words
        other = replace(PLAN, images=(MemoryImage(first.name, width, words), *PLAN.images[1:]))
    assert other.structure_digest != PLAN.structure_digest


def test_utilisation_is_work_by_capacity() -> None:
    layers = [layer for layer in PLAN.layers if layer.cycles]
    work = sum(layer.macs for layer in layers)  # none of them is N:M
    assert utilisation(PLAN.layers) == pytest.approx(work / (6 * PLAN.compute_cycles))
    assert utilisation([layer for layer in PLAN.layers if not layer.cycles]) == 0
    for layer in layers:
        assert layer.utilisation == pytest.approx(layer.macs / (6 * layer.cycles))
