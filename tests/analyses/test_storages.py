"""Storages of outputs, live volumes, and trainable layers: small networks, computed by hand."""

import pytest
from hypothesis import given
from memory_cases import chains
from support import analyzed, graph, setup

import cnncalc
from cnncalc.analyses.cut_points import Cut, cut_points
from cnncalc.analyses.inference_memory import inference_live
from cnncalc.analyses.storages import storages
from cnncalc.analyses.trainable import NothingToFreezeError, trainable
from cnncalc.analyses.training_memory import training

STORAGES = [  # in training of all layers: the node that allocates the storage of each output
    ("CONV1-2 -> RELU -> CONV1-2", [0, 1, 1, 3]),  # a rectifier works in place
    ("CONV1-2 -> GELU -> CONV1-2", [0, 1, 2, 3]),  # GELU needs its input
    ("RELU -> CONV1-2", [0, 1, 2]),  # the image is not overwritten
    ("POOL2 -> RELU", [0, 1, 1]),
    ("CONV1-2 -> SIGMOID -> RELU", [0, 1, 2, 3]),  # the sigmoid needs its output
    ("CONV1-2 -> SIGMOID(overwrite=true) -> RELU", [0, 1, 1, 3]),
    ("CONV1-2 -> RELU(overwrite=false) -> CONV1-2", [0, 1, 2, 3]),
    ("CONV1-2 -> ELU -> CONV1-2", [0, 1, 2, 3]),
    ("CONV1-2 -> ELU(overwrite=true) -> CONV1-2", [0, 1, 1, 3]),
    ("CONV1-2 -> SILU(overwrite=true) -> CONV1-2", [0, 1, 1, 3]),
    ("CONV1-2 -> { ELU(overwrite=true) | } -> ADD", [0, 1, 2, 3]),
    ("CONV1-2 -> { RELU | } -> ADD", [0, 1, 2, 3]),  # the other branch reads the volume that it would overwrite
    ("CONV1-2 -> RELU -> { | POOL1 } -> ADD", [0, 1, 1, 3, 4]),
    ("CONV1-2 -> FLATTEN -> RESHAPE(4x4x2) -> SLICE(start=1)", [0, 1, 1, 1, 1]),  # views of views
    ("CONV1-2 -> FLATTEN -> RELU", [0, 1, 1, 1]),
    ("CONV1-2 -> { FLATTEN -> RELU | FLATTEN } -> ADD", [0, 1, 1, 3, 1, 5]),  # a view is another reader of its storage
    ("CONV1-2 -> DROPOUT -> CONV1-2", [0, 1, 2, 3]),
    ("CONV1-2 -> DROPOUT(overwrite=true) -> CONV1-2", [0, 1, 1, 3]),
    ("CONV1-2 -> BN -> RELU -> CONV1-2", [0, 1, 2, 2, 4]),
    ("CONV1-2 -> { | OUTPUT } -> RELU -> CONV1-2", [0, 1, 2, 3]),  # a result is not overwritten
]


@pytest.mark.parametrize("text, wanted", STORAGES)
def test_storages(text, wanted):
    network = graph(f"INPUT[4x4x2] -> {text}")
    assert list(storages(network, trainable(network).depends, training=True).of) == wanted


def test_storages_without_a_backward_pass():
    """Nothing is kept, and more can be overwritten; dropout does nothing. In the ideal, every activation works in place."""
    network = graph("INPUT[4x4x2] -> CONV1-2 -> SIGMOID -> RELU -> DROPOUT -> CONV1-2")
    none = [False] * len(network.nodes)
    assert list(storages(network, none, training=False).of) == [0, 1, 2, 2, 2, 5]
    assert list(storages(network, none, training=False, ideal=True).of) == [0, 1, 1, 1, 1, 5]


def test_readers():
    network = graph("INPUT[4x4x2] -> CONV1-2 -> { FLATTEN | FLATTEN } -> ADD")
    run = storages(network, trainable(network).depends, training=True)
    assert list(run.readers) == [1, 4, 0, 0, 0]
    assert list(run.values) == [32] * 5


LIVE = [  # bytes per image at each node, of 4-byte numbers
    # 32, 64, 64 in place, 16, 3
    ("CONV1-4 -> RELU -> POOL2 -> FC-3", [128, 384, 384, 448, 204]),
    ("CONV1-4 -> SILU -> POOL2 -> FC-3", [128, 384, 384, 448, 204]),
    ("CONV1-4 -> GELU -> POOL2 -> FC-3", [128, 384, 640, 448, 204]),  # no framework has a form in place
    # the other branch reads what the activation would overwrite
    ("CONV1-4 -> { SILU | } -> ADD", [128, 384, 640, 896]),
    # both branches live until they are joined
    ("{ CONV1-4 | CONV1-8 } -> CONCAT -> CONV1-1", [128, 384, 896, 128 + 256 + 512 + 768, 128 + 768 + 64]),
    ("CONV1-4 -> { CONV1-4 | } -> ADD", [128, 384, 640, 896]),
    ("CONV1-4 -> CONV1-4 -> CONV1-4", [128, 384, 640, 640]),
    # the image and a result are held to the end
    ("FLATTEN -> FC-2", [128, 128, 136]),
]


@pytest.mark.parametrize("text, wanted", LIVE)
def test_live(text, wanted):
    found = inference_live(graph(f"INPUT[4x4x2] -> {text}"), 4)
    assert list(found.moments) == wanted
    assert found.peak == max(wanted)
    assert found.at == wanted.index(max(wanted))


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("CONV1-4 -> RELU -> POOL2 -> FC-3", (0, 1, 3)),
        ("{ CONV1-4 | CONV1-8 } -> CONCAT -> CONV1-1", (0, 1, 2, 3)),
        ("CONV1-4 -> CONV1-8 -> CONV1-1", (0, 1, 2)),
    ],
)
def test_what_lives_at_the_peak(text, wanted):
    assert inference_live(graph(f"INPUT[4x4x2] -> {text}"), 4).volumes == wanted


def test_eager_works_in_place_where_it_is_told_to_and_makes_indices():
    """GELU has a new volume, a rectifier none; a max pool makes int64 indices, 16 of them, and lets go of them."""
    network = graph("INPUT[4x4x2] -> CONV1-4 -> GELU -> RELU -> POOL2 -> FC-3")
    assert list(inference_live(network, 4, eager=True).moments) == [128, 384, 640, 384, 576, 204]


@given(chains())
def test_the_ideal_is_at_most_every_volume_and_at_most_the_eager_peak(text):
    network = graph(text)
    ideal, eager = (inference_live(network, 4, eager=each) for each in (False, True))
    assert ideal.peak <= ideal.total
    assert ideal.peak <= eager.peak
    assert ideal.total <= eager.total


@pytest.mark.parametrize("kind", ["RELU", "RELU6", "LEAKYRELU", "ELU", "SILU", "HSWISH", "MISH", "SIGMOID"])
def test_an_activation_in_a_chain_takes_no_memory_in_inference(kind):
    """With 305 parameters, volumes of 64, 1024 and 64 values: 5,828 bytes of float32."""
    figures = analyzed(f"INPUT[8x8x1] -> CONV3-16 -> {kind} -> CONV3-1").to_dict()["memory"]["inference"]
    assert (figures["peak"], figures["naive"]) == (5828, 5828)


def test_an_activation_without_a_form_in_place_has_a_volume_that_every_figure_includes():
    figures = analyzed("INPUT[8x8x1] -> CONV3-16 -> GELU -> CONV3-1").to_dict()["memory"]["inference"]
    assert (figures["peak"], figures["naive"]) == (5828 - 256 + 4096, 5828 + 4096)


PERSON_DETECTION = """
input: 96x96x1
pattern: >-
  INPUT -> CONV3-8/2 -> RELU6 -> DWCONV3 -> RELU6 -> CONV1-16 -> RELU6 -> DWCONV3/2 -> RELU6 -> CONV1-32 -> RELU6
  -> DWCONV3 -> RELU6 -> CONV1-32 -> RELU6 -> DWCONV3/2 -> RELU6 -> CONV1-64 -> RELU6 -> GAP -> FC-2
"""


def test_the_arena_of_a_microcontroller():
    """The first layers of MobileNet 0.25 on 96x96x1, as in TensorFlow Lite Micro's person detection, in int8.

    Largest input and output of a layer: 48x48x8 + 48x48x16 = 55,296 bytes; the image of 9,216 is no longer needed.
    """
    report = analyzed(PERSON_DETECTION, dtype="int8", rounding="floor")
    figures = report.to_dict()["memory"]["inference"]
    assert figures["arena"] == 55_296
    assert figures["activations_peak"] == 55_296 + 9_216
    assert "arena       54.0 KiB for the volumes with activations fused and the input's buffer reused" in str(report)


@given(chains())
def test_the_arena_is_at_most_the_peak_with_a_held_input(text):
    held, reused = (inference_live(graph(text), 1, held=each).peak for each in (True, False))
    assert held - 8 * 8 * 4 <= reused <= held


def test_an_activation_of_the_image_overwrites_it_in_the_arena():
    network = graph("INPUT[4x4x2] -> RELU -> CONV1-4 -> CONV1-2")
    assert list(inference_live(network, 1, held=False).moments) == [32, 32, 96, 96]
    assert list(inference_live(network, 1).moments) == [32, 64, 128, 128]


def test_eager_holds_the_input_of_a_block():
    text = "input: 4x4x2\nblocks:\n  two: CONV1-8 -> CONV1-8 -> CONV1-8\npattern: INPUT -> CONV1-4 -> two -> CONV1-1\n"
    network = graph(text)
    image, first, inside, last = 128, 256, 512, 64
    assert list(inference_live(network, 4).moments) == [
        image,
        image + first,
        image + first + inside,
        image + 2 * inside,
        image + 2 * inside,
        image + inside + last,
    ]
    assert list(inference_live(network, 4, eager=True).moments) == [
        image,
        image + first,
        image + first + inside,
        image + first + 2 * inside,
        image + first + 2 * inside,
        image + inside + last,
    ]


CUTS = [
    ("CONV1-2 -> RELU -> CONV1-2 -> CONV1-2", [Cut(2, 1), Cut(3, 3)]),  # not before it is overwritten
    ("CONV1-2 -> { CONV1-2 | } -> ADD -> CONV1-2", [Cut(1, 1), Cut(3, 3)]),
    ("{ CONV1-2 | CONV1-2 } -> ADD -> CONV1-2", [Cut(1, 1), Cut(3, 3)]),
    ("CONV1-2 -> FLATTEN -> FC-3 -> FC-3", [Cut(1, 1), Cut(2, 1), Cut(3, 3)]),
    ("FC-3", []),
]


@pytest.mark.parametrize("text, wanted", CUTS)
def test_cut_points(text, wanted):
    network = graph(f"INPUT[4x4x2] -> {text}")
    run = storages(network, trainable(network).depends, training=True)
    assert cut_points(network, run, image_crosses=True) == wanted


def test_the_image_crosses_where_it_is_not_there_anyway():
    network = graph("INPUT[4x4x2] -> { CONV1-2 | CONV1-2 } -> ADD -> CONV1-2")
    run = storages(network, trainable(network).depends, training=True)
    assert cut_points(network, run, image_crosses=False) == [Cut(3, 3)]


TRAINABLE = "INPUT[4x4x2] -> a=CONV1-2 -> BN -> POOL2 -> b=CONV1-3 -> RELU -> FC-2"


def test_trainable():
    learns = trainable(graph(TRAINABLE))
    assert list(learns.learned) == [0, 6, 4, 0, 9, 0, 26]
    assert list(learns.depends) == [False, True, True, True, True, True, True]
    assert learns.parameters == 45


@pytest.mark.parametrize(
    "names, learned, depends",
    [
        (("a",), [0, 0, 4, 0, 9, 0, 26], [False, False, True, True, True, True, True]),
        (("a", "bn1"), [0, 0, 0, 0, 9, 0, 26], [False] * 4 + [True] * 3),
        (("b",), [0, 6, 4, 0, 0, 0, 26], [False] + [True] * 6),
    ],
)
def test_frozen(names, learned, depends):
    network = graph(TRAINABLE)
    learns = trainable(network, names)
    assert (list(learns.learned), list(learns.depends), learns.parameters) == (learned, depends, 45)
    at = 4
    assert learns.products(at, network.nodes[at]) == (depends[3], bool(learned[4]))


def test_freezing_a_block_freezes_all_in_it():
    text = "input: 4x4x2\nblocks:\n  two: CONV1-2 -> CONV1-2\npattern: INPUT -> two -> CONV1-2\n"
    network = graph(text)
    block = network.nodes[1].name.split("/")[0]
    assert list(trainable(network, (block,)).learned) == list(trainable(network, (f"{block}/",)).learned) == [0, 0, 0, 6]


def test_shared_weights_learn_where_they_are_made():
    network = graph("INPUT[4x4x2] -> a=CONV1-2 -> CONV1-2(share=a)")
    learns = trainable(network)
    assert (list(learns.learned), learns.parameters) == ([0, 6, 0], 6)
    assert learns.products(2, network.nodes[2]) == (True, True)
    frozen = trainable(network, ("a",))
    assert list(frozen.depends) == [False, False, False]


def test_a_training_step_moment_by_moment():
    """INPUT 32 numbers, CONV 64 of 12 parameters, RELU in place, FC 3 of 195 parameters; plain sgd, 4 bytes a number."""
    network = graph("INPUT[4x4x2] -> CONV1-4 -> RELU -> FC-3")
    step = training(network, setup(optimizer="sgd"))
    weights, gradients_fc, gradients_conv = 4 * (12 + 195), 4 * 195, 4 * 12
    image, volume, scores = 128 + 8, 256, 12  # with the target
    assert [tuple(each) for each in step.moments] == [
        (weights, image, 0, "forward"),
        (weights, image + volume, 1, "forward"),
        (weights, image + volume, 2, "forward"),
        (weights, image + volume + scores, 3, "forward"),
        (weights + 8, image + volume + 2 * scores, 3, "loss"),
        (weights + 12, image + volume + 4 * scores, 3, "loss"),
        (weights + 8 + gradients_fc, image + 2 * volume + 2 * scores, 3, "backward"),
        (weights + 8 + gradients_fc, image + 3 * volume + scores, 2, "backward"),
        (weights + 8 + gradients_fc + gradients_conv, image + volume + scores, 1, "backward"),
        (2 * weights, image, 3, "step"),
    ]
    assert (step.parameters, step.gradients, step.buffers, step.state) == (weights, weights, 0, 0)
    assert step.activations(5) == 4 + 5 * (volume + scores)
    assert list(step.kept) == [1]
    assert list(step.kept_so_far) == [0, 0, volume, volume]
    assert analyzed("INPUT[4x4x2] -> CONV1-4 -> RELU -> FC-3", batch=5).training is not None


@pytest.mark.parametrize(
    "name, meant",
    [
        ("conv2_x1/same1/body1/con1", "conv2_x1/same1/body1/conv1"),
        ("conv2_x1/same1/boddy1", "conv2_x1/same1/body1"),
        ("conv2_x1/smae1", "conv2_x1/same1"),
        ("conv2_x1x", "conv2_x1"),
    ],
)
def test_a_name_that_nothing_has(name, meant):
    with pytest.raises(NothingToFreezeError) as raised:
        trainable(cnncalc.analyze("resnet18").network, (name,))
    assert str(raised.value).startswith(f"freeze: no layer or block is named {name!r}; did you mean `{meant}`")


def test_a_name_that_is_like_no_other():
    with pytest.raises(NothingToFreezeError) as raised:
        trainable(graph(TRAINABLE), ("xyzzy",))
    assert str(raised.value) == "freeze: no layer or block is named 'xyzzy'; `cnncalc analyze` shows the names"


SECOND_GRADIENTS = [
    # a part of CONCAT's gradient waits for the second one: it cannot be added to, a new one is allocated next to both
    (
        "CONV1-4 -> { CONV1-2 | } -> CONCAT -> FC-3",
        [(0, 136), (1, 392), (2, 520), (3, 904), (4, 788)],
        [(4, 800), (4, 824)],
        [(4, 1184), (3, 788), (2, 1044), (1, 1044), (1, 404)],
    ),
    # ADD's gradient itself waits, and a view of it is added to it
    (
        "CONV1-4 -> { IDENTITY | } -> ADD -> FC-3",
        [(0, 136), (1, 392), (2, 392), (3, 648), (4, 404)],
        [(4, 416), (4, 440)],
        [(4, 672), (3, 404), (2, 404), (1, 660), (1, 404)],
    ),
    # a gradient of its own waits, and the second one is added to it in place
    (
        "CONV1-4 -> { CONV1-4 | } -> ADD -> FC-3",
        [(0, 136), (1, 392), (2, 648), (3, 904), (4, 660)],
        [(4, 672), (4, 696)],
        [(4, 928), (3, 660), (2, 916), (1, 404)],
    ),
]


@pytest.mark.parametrize("text, forward, loss, backward", SECOND_GRADIENTS)
def test_where_two_gradients_meet(text, forward, loss, backward):
    """Bytes per image, of 4-byte numbers: image and target 136, volumes of 64 numbers 256, scores 12."""
    step = training(graph(f"INPUT[4x4x2] -> {text}"), setup(optimizer="sgd"))
    found = {phase: [(each.node, each.per_image) for each in step.moments if each.phase == phase] for phase in step.phases}
    assert found == {"forward": forward, "loss": loss, "backward": backward, "step": [(4, 136)]}


KEPT = [  # bytes once, bytes per image: volumes of 64 numbers are 256, the log-probabilities 12, the weight of the loss 4
    ("RELU", 4, 256 + 12),
    ("GELU", 4, 256 + 256 + 12),
    ("IN", 4, 256 + 4 * 2 * 4 + 256 + 12),
    ("GN(2)", 4, 256 + 2 * 2 * 4 + 256 + 12),
    ("LN", 4, 256 + 16 * 2 * 4 + 256 + 12),
    ("BN", 4 + 4 * 2 * 4, 256 + 256 + 12),
    ("DROPOUT", 4, 64 + 256 + 12),
    ("POOL2", 4, 256 + 16 * 8 + 64 + 12),
    ("LRN", 4, 256 + 3 * 256 + 4 * 16 * 4 + 256 + 12),
    ("STOCHDEPTH(0.5)", 4, 4 + 256 + 12),
]


@pytest.mark.parametrize("text, once, each", KEPT)
def test_what_is_kept_for_backward(text, once, each):
    step = training(graph(f"INPUT[4x4x2] -> CONV1-4 -> {text} -> FC-3"), setup(optimizer="sgd"))
    assert (step.kept_fixed, step.kept_per_image) == (once, each)
    assert step.moments[-1].fixed == 2 * step.parameters + step.buffers
