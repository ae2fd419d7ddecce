from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from hwgen.plan import Plan, PlanOptions, build_plan
from hwgen.plan.weight_stream import weight_beats, weight_stream
from tests.plan.small import act, conv, dense, lenet, model, weights


def plan_of(**options: int) -> Plan:
    return build_plan(lenet(), PlanOptions(weights="load", **{"pes": 3, "lanes": 4} | options))  # type: ignore[arg-type]


def test_the_stream_holds_every_word_of_every_image_and_a_checksum() -> None:
    plan = plan_of()
    beats = weight_stream(plan).tolist()
    assert len(beats) == weight_beats(plan)
    taken = iter(beats)
    for image in plan.images:
        for word in image.words:
            value = 0
            for position in range(-(-image.width // 32)):
                value |= next(taken) << 32 * position
            assert value == word, image.name
    checksum = next(taken)
    assert list(taken) == []
    data = plan.signature.to_bytes(4, "little") + b"".join(beat.to_bytes(4, "little") for beat in beats[:-1])
    assert checksum == zlib.crc32(data)


def test_two_models_of_one_shape_differ_in_their_streams_only() -> None:
    x = act(2, 5, 5)
    nets = [model(x, conv("c", "input", x, weights(3, 2, 3, 3), bias=np.full(3, bias))) for bias in (100, 90)]
    one, other = (build_plan(net, PlanOptions(pes=2, lanes=2, weights="load")) for net in nets)
    assert one.structure_digest == other.structure_digest
    assert one.digest != other.digest
    assert len(weight_stream(one)) == len(weight_stream(other))
    assert weight_stream(one).tolist() != weight_stream(other).tolist()


def test_another_structure_has_another_signature() -> None:
    plan = plan_of()
    assert plan.signature != plan_of(lanes=2).signature
    assert plan.signature == replace(plan, shape=replace(plan.shape, name="renamed")).signature
    other = replace(plan, shape=replace(plan.shape, acc_bits=plan.shape.acc_bits + 1))
    assert weight_stream(plan)[-1] != weight_stream(other)[-1]
    assert weight_stream(plan)[:-1].tolist() == weight_stream(other)[:-1].tolist()


def test_every_word_fits_its_image() -> None:
    net = model(act(9), dense("fc", "input", weights(4, 9)))
    for image in build_plan(net, PlanOptions(pes=2, lanes=4, weights="load")).images:
        assert image.width >= 1
        assert all(0 <= word < 1 << image.width for word in image.words)
