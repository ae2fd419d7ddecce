"""Shared weights while they train: the centroids are the parameters (Han et al., ICLR 2016, section 3.3)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from hwgen.compress.share import Shared


class SharedWeights(nn.Module):
    """weight = codebook[codes]: a centroid's gradient is the sum of its weights'; an entry of zero stays zero."""

    codes: Tensor

    def __init__(self, shared: Shared) -> None:
        super().__init__()
        self.register_buffer("codes", torch.from_numpy(shared.codes.astype(np.int64)))
        self._has_zero = shared.has_zero
        self._start = torch.from_numpy(shared.codebook[int(shared.has_zero) :].astype(np.float32))

    def forward(self, centroids: Tensor) -> Tensor:
        entries = torch.cat([torch.zeros(1), centroids]) if self._has_zero else centroids
        # index_select's backward adds up in a fixed order; indexing with [] does not promise one.
        return entries.index_select(0, self.codes.flatten()).reshape(self.codes.shape)

    def right_inverse(self, _weight: Tensor) -> Tensor:
        """Where training begins: the centroids as k-means left them."""
        return self._start.clone()
