"""Several inputs: the caller holds all images, and a receptive field is in one of them."""

import itertools

import pytest
from support import analyzed, graph

from cnncalc.analyses.inference_memory import inference_live
from cnncalc.analyses.receptive_field import receptive_fields
from cnncalc.analyses.schedules import best_schedule, permuted
from cnncalc.analyses.storages import storages
from cnncalc.reports.rf import in_one

JOINED = "{ a=INPUT[4x4x2] | b=INPUT[4x4x1] } -> CONCAT -> FC-3"


def test_inference_by_hand():
    """32 + 16 values of the images throughout; the joined volume of 48, and the 3 scores."""
    live = inference_live(graph(JOINED), 4)
    assert live.moments == [4 * 48, 4 * 48, 4 * 96, 4 * 99]
    assert live.volumes == (0, 1, 2, 3)


def test_the_images_live_from_the_first_moment_on():
    """The second image is held by the caller while the first branch runs."""
    live = inference_live(graph("{ INPUT[4x4x2] -> CONV3-8 -> GAP | INPUT[4x4x1] -> GAP -> CONV1-8 } -> ADD"), 1)
    assert live.moments == [48, 48 + 128, 48 + 128 + 8, 48 + 8, 48 + 8 + 1, 48 + 8 + 1 + 8, 48 + 8 + 8 + 8]


def test_training_by_hand():
    """Parameters, gradients and momentum of 147 numbers; images, an int64 target; the input of FC is kept, scores twice."""
    step = analyzed(JOINED).training
    assert step.batch_per_image == 4 * 48 + 8
    assert step.parameters == 4 * (48 * 3 + 3)
    assert step.kept == [2]
    assert step.kept_per_image == 4 * (48 + 3)


def test_images_of_the_notes():
    report = analyzed(JOINED, batch=5)
    assert report.memory.images == report.miscellaneous.images == 5 * 4 * 48
    assert report.totals.values == 48 + 48 + 3


def test_no_image_is_overwritten():
    """A rectifier works in place, but not on storages of the caller."""
    network = graph("{ INPUT[4x4x2] -> RELU | INPUT[4x4x2] -> RELU -> RELU } -> ADD")
    assert storages(network, [False] * 6, training=False).of == [0, 1, 2, 3, 3, 5]


def orders(network):
    """Yield every order of the nodes in which each comes after its inputs; node 0 stays first."""
    for rest in itertools.permutations(range(1, len(network.nodes))):
        order = [0, *rest]
        place = {node: at for at, node in enumerate(order)}
        if all(place[each] < place[node] for node in order for each in network.nodes[node].inputs):
            yield order


@pytest.mark.parametrize(
    "text",
    [
        "{ INPUT[4x4x2] -> CONV3-8 -> GAP | INPUT[4x4x1] -> CONV3-32 -> GAP -> CONV1-8 } -> ADD",
        "{ INPUT[8x8x1] -> CONV3-2 -> GAP | INPUT[4x4x1] -> CONV3-2 -> RELU -> GMP } -> ADD -> FC-2",
        "INPUT[4x4x2] -> CONV3-4 -> { CONV3-8 | INPUT[4x4x1] -> CONV3-8 } -> ADD",
        "INPUT[4x4x2] -> { CONV3-4 -> { INPUT[4x4x1] -> CONV3-16 | | } -> CONCAT -> CONV1-2 | } -> MUL",
    ],
)
def test_the_best_schedule_is_the_best_of_all_orders(text):
    network = graph(text)
    best = min(inference_live(permuted(network, order), 4).peak for order in orders(network))
    assert best_schedule(network, 4).live.peak == best


@pytest.mark.parametrize(
    "text",
    [
        "{ INPUT[8x8x2] -> [CONV3-8 -> RELU]*4 | INPUT[8x8x1] -> CONV3-8 } -> ADD -> [CONV3-8 -> RELU]*4 -> GAP -> FC-2",
        "INPUT[8x8x2] -> [CONV3-8 -> RELU]*3 -> { | INPUT[8x8x8] } -> ADD -> [CONV3-8 -> RELU]*3 -> GAP -> FC-2",
    ],
)
def test_checkpoints_keep_less(text):
    """A crossing volume is kept; images are available anyway."""
    report = analyzed(text, batch=64)
    network = report.network
    again = analyzed(text, batch=64, checkpoint="auto")
    assert again.training_peak < report.training_peak
    for segment in again.checkpoints[1].segments:
        inside = range(segment.start, segment.end + 1)
        read = {each for at in inside for each in network.nodes[at].inputs} - set(inside) - set(network.inputs)
        of = storages(network, [True] * len(network.nodes), training=True).of
        assert {of[each] for each in read} <= {segment.source}


FIELDS = "{ left=INPUT[32x32x3] -> CONV3-4 -> CONV3-4 | right=INPUT[32x32x1] -> CONV5-4 } -> ADD -> CONV3-4 -> GAP"


def test_fields_in_each_input():
    network = graph(FIELDS)
    left, right = (receptive_fields(network, source) for source in network.inputs)
    sizes = [[None if each.independent else each.axes[0].size for each in fields] for fields in (left, right)]
    assert sizes == [[1, 3, 5, None, None, 5, 7, 32], [None, None, None, 1, 5, 5, 7, 32]]
    assert [each.source for each in right] == [3] * 8


def test_a_layer_has_its_field_in_the_first_input_that_it_depends_on():
    rows = analyzed(FIELDS).rows
    assert [row.field.source for row in rows] == [0, 0, 0, 3, 3, 0, 0, 0]
    assert [row.field.axes[0].size for row in rows[:-1]] == [1, 3, 5, 1, 5, 5, 7]


def test_paths_of_one_input_are_not_held_against_those_of_another():
    """The branches have different strides, and meet in one layer; each input has one path."""
    text = "{ a=INPUT[16x16x1] -> CONV3-4 | b=INPUT[32x32x1] -> CONV3-4 -> POOL2 } -> ADD -> CONV3-4"
    network = graph(text)
    for source, stride, size in ((0, 1, 5), (2, 2, 8)):
        fields = receptive_fields(network, source)[-1]
        assert fields.aligned
        assert (fields.axes[0].stride, fields.axes[0].size) == (stride, size)


def test_the_table_is_that_of_the_first_input_that_the_result_depends_on():
    report = analyzed("{ a=INPUT[8x8x1] -> CONV3-4 -> OUTPUT | b=INPUT[8x8x1] -> CONV5-4 }")
    assert in_one(report).input.name == "b"
    assert in_one(report, 0).input.name == "a"


def test_unproductive_layers_are_those_beyond_their_own_input():
    report = analyzed("{ a=INPUT[64x64x1] -> [CONV3-4]*3 -> GAP | b=INPUT[4x4x1] -> [CONV3-4]*3 -> GAP } -> ADD")
    from cnncalc.analyses.unproductive import smallest_input, unproductive

    assert [report.rows[at].name for at in unproductive(report.network, report.fields)] == ["conv5", "conv6"]
    assert smallest_input(report.network, receptive_fields(report.network, 5), 5) == (7, 7)
