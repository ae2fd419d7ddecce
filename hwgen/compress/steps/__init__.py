"""The steps of ``compress`` by name."""

from hwgen.compress.steps.base import Context, Outcome, Step
from hwgen.compress.steps.binary import BinaryStep
from hwgen.compress.steps.distil import DistilStep
from hwgen.compress.steps.dsd import DsdStep
from hwgen.compress.steps.encode import EncodeStep
from hwgen.compress.steps.finetune import FinetuneStep
from hwgen.compress.steps.huffman import HuffmanStep
from hwgen.compress.steps.lowrank import LowrankStep
from hwgen.compress.steps.prune import PruneStep
from hwgen.compress.steps.quantise import QuantiseStep
from hwgen.compress.steps.sensitivity import SensitivityStep
from hwgen.compress.steps.share import ShareStep
from hwgen.compress.steps.ternary import TernaryStep
from hwgen.compress.steps.winograd import WinogradStep

__all__ = ["STEPS", "Context", "Outcome", "Step"]

STEPS: dict[str, type[Step]] = {
    step.name: step
    for step in (
        SensitivityStep,
        LowrankStep,
        PruneStep,
        ShareStep,
        TernaryStep,
        BinaryStep,
        FinetuneStep,
        DistilStep,
        DsdStep,
        QuantiseStep,
        WinogradStep,
        EncodeStep,
        HuffmanStep,
    )
}
"""Every step by its name in a recipe."""
