"""Random layers for the golden functions: maps, kernels, strides and padding that fit each other."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Padding = tuple[int, int, int, int]


@dataclass(frozen=True)
class Window:
    size: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: Padding

    @property
    def out(self) -> tuple[int, int]:
        top, bottom, left, right = self.padding
        return (
            (self.size[0] + top + bottom - self.kernel[0]) // self.stride[0] + 1,
            (self.size[1] + left + right - self.kernel[1]) // self.stride[1] + 1,
        )


@st.composite
def _windows(draw: DrawFn) -> Window:
    size = (draw(st.integers(1, 11)), draw(st.integers(1, 11)))
    kernel = (draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    stride = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    pads: list[int] = []
    for extent, taps in zip(size, kernel, strict=True):
        before, after = draw(st.integers(0, taps - 1)), draw(st.integers(0, taps - 1))
        pads += [before, max(after, taps - extent - before)]  # the kernel fits the padded map
    return Window(size, kernel, stride, (pads[0], pads[1], pads[2], pads[3]))


def windows() -> SearchStrategy[Window]:
    """Maps of 1..11, kernels of 1..5, strides of 1..3, any padding below the kernel or as wide as it must be."""
    return _windows()
