"""A network small enough to emit in a second."""

from __future__ import annotations

import numpy as np

from hwgen.model import Activation, CodebookWeights, Conv2d, Dense, DenseWeights, MaxPool2d, Model, NMWeights, Requant


def tiny(*, name: str = "tiny", seed: int = 0, features: int = 5, coded: bool = False, pruned: bool = False) -> Model:
    """conv 3x3 (2 -> 3 channels, 5 x 5), pooling, fully connected to ``features``; random weights of ``seed``.

    ``pruned``: the convolution's are 1:2.
    """
    rng = np.random.default_rng(seed)

    def int8(*shape: int) -> Activation:
        return Activation(shape=shape, min=-128, max=127)

    def requant(channels: int) -> Requant:
        return Requant(
            multiplier=np.full(channels, 77, np.int32), shift=np.full(channels, 14, np.int8), rounding="half_up"
        )

    def weights(*shape: int) -> DenseWeights | CodebookWeights:
        values = rng.choice(np.array([-100, -7, 0, 1, 30, 127], np.int8), shape)
        values.flat[:2] = (-100, 127)
        return CodebookWeights.from_dense(values) if coded else DenseWeights(bits=8, values=values)

    def halved() -> NMWeights:
        values = weights(3, 2, 3, 3).decode()
        kept = rng.integers(0, 2, (3, 1, 3, 3)) == np.arange(2)[None, :, None, None]
        return NMWeights.from_dense(np.where(kept, values, 0), 1, 2)

    conv = Conv2d(
        name="conv",
        inputs=("input",),
        output=int8(3, 5, 5),
        weights=halved() if pruned else weights(3, 2, 3, 3),
        padding=(1, 1, 1, 1),
        requant=requant(3),
    )
    pool = MaxPool2d(name="pool", inputs=("conv",), output=int8(3, 2, 2), kernel=(2, 2), stride=(2, 2))
    fc = Dense(
        name="fc", inputs=("pool",), output=int8(features), weights=weights(features, 12), requant=requant(features)
    )
    return Model(name=name, input=int8(2, 5, 5), layers=(conv, pool, fc), outputs=("fc",))
