"""The array's shape: depths are those of the memories, options those that some step needs. What it does: test_build."""

from __future__ import annotations

from hypothesis import given, settings

from hwgen.plan import PlanOptions
from hwgen.plan.array_shape import array_shape
from hwgen.plan.contents import contents
from hwgen.plan.decisions import decide
from tests.gateware.networks import Case, cases
from tests.plan.planned import drawn
from tests.plan.small import act, conv, dense, max_pool, model, weights


@settings(max_examples=30)
@given(case=cases(columns=1000, sparse=True, tiles=True))
def test_memories_are_as_deep_as_their_images(case: Case) -> None:
    with drawn():
        decided = decide(case.model, case.options)
        packed = contents(decided)
    shape = array_shape(decided, packed)
    depth = {image.name: image.depth for image in packed.images}
    width = {image.name: image.width for image in packed.images}
    assert shape.weight_words == depth["weights_0"]
    assert shape.weight_word_bits == width["weights_0"]
    assert (shape.requant_words, shape.tap_words) == (depth["requant_mul_0"], depth["taps"])
    assert shape.steps == depth["schedule_read"] == depth["schedule_write"]
    assert (shape.sparse is None) == ("pointers_0" not in depth)
    assert shape.sparse is None or shape.sparse.pointer_words == depth["pointers_0"]
    assert f"requant_mul_{shape.requantisers - 1}" in depth
    assert f"requant_mul_{shape.requantisers}" not in depth
    assert set(shape.in_luts) <= set(depth)


def test_a_core_has_what_its_layers_need() -> None:
    options = PlanOptions(pes=2, lanes=2, algorithm="direct")

    def of(*layers: object) -> tuple[bool, bool, bool, bool]:
        decided = decide(model(x, *layers), options)  # type: ignore[arg-type]
        shape = array_shape(decided, contents(decided))
        return shape.has_matrix, shape.has_local, shape.has_maximum, shape.has_wide

    x = act(2, 4, 4)
    first = conv("c", "input", x, weights(2, 2, 1, 1))
    pool = max_pool("p", "c", first.output, 2, 2)
    assert of(first) == (True, False, False, False)
    assert of(first, pool) == (True, True, True, False)
    x = act(4)
    assert of(dense("fc", "input", weights(3, 4))) == (True, False, False, True)


def test_tiles_only_where_a_layer_is_computed_in_them() -> None:
    x = act(2, 8, 8)
    net = model(x, conv("c", "input", x, weights(2, 2, 3, 3), pad=1))
    direct, tiled = (
        decide(net, PlanOptions(pes=2, lanes=2, algorithm=algorithm)) for algorithm in ("direct", "winograd2")
    )
    assert array_shape(direct, contents(direct)).tiles is None
    tiles = array_shape(tiled, contents(tiled)).tiles
    assert tiles is not None
    assert tiles.sizes == (2,)
