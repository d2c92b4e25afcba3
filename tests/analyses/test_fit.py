"""The largest batch that fits: one more image does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_cases import NETWORKS, chains
from support import analyzed, found, graph, setup

import cnncalc
from cnncalc.analyses.checkpointing import Checkpoints
from cnncalc.analyses.fit import Moments, Question, fit, largest, running, trained
from cnncalc.analyses.inference_memory import inference_live
from cnncalc.analyses.training_memory import training
from cnncalc.request.devices import device
from cnncalc.request.optimizers import OPTIMIZERS
from cnncalc.request.request import request
from cnncalc.tasks.fit import fitted
from cnncalc.transforms.first_layer import coarser
from cnncalc.workspace.find import find

KIB, GIB = 2**10, 2**30


def fits(spec, size, wanted=None, **mode):
    """Return the ways of a shipped network or of a pattern, by name."""
    settings = request(**mode, device=size)
    return fitted(find(spec) if "->" not in spec else found(spec), settings, wanted)[1]


def by_name(result):
    return {way.name: way for way in result.ways}


@pytest.mark.parametrize("size", ["3GiB", "4GiB", "6GiB", "12GiB", "H200"])
@pytest.mark.parametrize("name", ["vgg16", "resnet50", "lenet5"])
def test_one_image_more_does_not_fit(name, size):
    """Compared with the figures of the analysis, which are computed without `fit`."""
    memory = device(size).bytes
    result = fits(name, size)
    ways = {way.name: way for way in result.ways if way.group in {"inference", "training"}}
    report = cnncalc.analyze(name)
    for optimizer in OPTIMIZERS:
        way = ways[f"training with {optimizer}"]
        peaks = [report.at(batch=batch, optimizer=optimizer).training_peak for batch in (max(1, way.batch), way.batch + 1)]
        assert peaks[0] == way.bytes
        assert peaks[1] - memory == way.over > 0
        assert way.batch == 0 or peaks[0] <= memory
        assert 0 <= way.surely <= way.batch
    batch = ways["inference"].batch
    assert report.at(batch=batch).inference_peak <= memory < report.at(batch=batch + 1).inference_peak
    batch = ways["inference (eager PyTorch)"].batch
    assert report.at(batch=batch).eager_peak <= memory < report.at(batch=batch + 1).eager_peak


@given(chains(), st.integers(0, 10**6), st.sampled_from(sorted(OPTIMIZERS)), st.sampled_from(["", "root", "auto"]))
def test_one_image_more_does_not_fit_random_networks(text, memory, optimizer, way):
    report = analyzed(text)
    mode = setup(optimizer=optimizer, checkpoint=way or None)
    moments, _ = trained(report.network, report.counts, mode, 1, memory)
    for each in (moments, running(report.network, (report.memory.parameters, report.memory.buffers), 4)):
        batch = each.largest(memory)
        assert each.peak(batch + 1)[2] > memory
        assert batch == 0 or each.peak(batch)[2] <= memory


def test_segments_are_chosen_for_the_largest_batch():
    report = cnncalc.analyze("resnet50")
    mode = setup(checkpoint="auto")
    batch = trained(report.network, report.counts, mode, 1, 12 * GIB)[0].largest(12 * GIB)
    for each in Checkpoints(report.network, report.counts, mode).candidates():
        assert each.training.peak(batch + 1).at(batch + 1) > 12 * GIB


@pytest.mark.parametrize("text", NETWORKS)
def test_more_memory_never_fits_less(text):
    report = analyzed(text)
    batches = [
        [way.batch for way in fit(Question(report.network, report.counts, report.setup, device(f"{size}KiB"))).ways]
        for size in (50, 500, 5000, 50000)
    ]
    assert all(list(column) == sorted(column) for column in zip(*batches, strict=True))


def test_what_limits():
    way = by_name(fits("vgg16", "12GiB"))["training with momentum"]
    report = cnncalc.analyze("vgg16", batch=way.batch + 1)
    peak = report.training.peak(way.batch + 1)
    assert (way.node, way.phase) == (peak.node, peak.phase)


def test_not_even_one_image():
    way = by_name(fits("vgg16", "1GiB"))["training with momentum"]
    assert (way.batch, way.surely) == (0, 0)
    assert way.over == cnncalc.analyze("vgg16").training_peak - GIB
    assert way.dominant == "parameters"


def test_the_ways_to_make_it_fit():
    """Each effect is computed from the changed network or mode alone."""
    result = fits("vgg16", "4GiB", wanted=32, optimizer="adam")
    ways = by_name(result)
    usual = ways["training with adam"]
    changes = [way for way in result.ways if way.group == "change"]
    assert [way.name for way in changes] == [
        "first layer 7x7 stride 2",
        "first layer 11x11 stride 4",
        "half precision",
        "autocast (16 bit)",
        "checkpointing, balanced",
        "checkpointing, root of n",
        "plain sgd",
    ]
    report = cnncalc.analyze("vgg16")
    assert usual.at_wanted == report.at(batch=32, optimizer="adam").training_peak
    assert ways["half precision"].at_wanted == report.at(batch=32, dtype="float16", optimizer="adam").training_peak
    assert ways["autocast (16 bit)"].at_wanted == report.at(batch=32, autocast="float16", optimizer="adam").training_peak
    assert ways["plain sgd"].at_wanted == report.at(batch=32, optimizer="sgd").training_peak
    assert all(way.batch >= usual.batch for way in changes)


def test_a_coarser_first_layer_is_that_of_the_spec_with_it():
    pattern = "INPUT[224x224x3] -> CONV{}-64{} -> RELU -> [CONV3-64 -> RELU]*2 -> POOL2 -> FC-10"
    for kernel, stride in ((7, 2), (11, 4)):
        changed = coarser(analyzed(pattern.format(3, "")).network, kernel, stride)
        wanted = analyzed(pattern.format(kernel, f"/{stride}"), rounding="floor").network
        assert [typed.output for typed in changed.typed] == [typed.output for typed in wanted.typed]


@pytest.mark.parametrize("name", ["resnet50", "alexnet", "zfnet"])
def test_networks_that_begin_coarse_are_not_changed(name):
    assert coarser(cnncalc.load(name), 7, 2) is None
    assert not [way for way in fits(name, "12GiB").ways if way.name.startswith("first layer")]


def test_a_first_layer_that_leaves_too_little_is_not_proposed():
    assert coarser(analyzed("INPUT[8x8x3] -> CONV3-4 -> POOL4/4 -> CONV2-4(padding=0) -> FC-2").network, 11, 4) is None


def test_a_microcontroller():
    ways = by_name(fits("lenet5", "STM32F746", dtype="int8"))
    report = cnncalc.analyze("lenet5", dtype="int8")
    batch = ways["inference"].batch
    assert report.inference.peak * batch <= 320 * KIB < report.inference.peak * (batch + 1)
    assert ways["inference"].surely is None
    flash = by_name(fits("alexnet", "STM32F746", dtype="int8"))["inference"]
    assert (flash.batch, flash.dominant) == (0, "parameters")


def test_enormous_memory_is_exact():
    way = by_name(fits("lenet5", "99999999999999999999TiB"))["inference"]
    report = cnncalc.analyze("lenet5")
    held = report.memory.parameters + report.memory.buffers
    assert way.batch == (99999999999999999999 * 2**40 - held) // report.inference.peak > 2**63


def test_by_hand():
    """INPUT 32 numbers, CONV 64 of 12 parameters, FC 3 of 195: 828 bytes twice, and bytes per image at each moment."""
    text = "INPUT[4x4x2] -> CONV1-4 -> RELU -> FC-3"
    report = analyzed(text)
    moments, extra = trained(report.network, report.counts, setup(optimizer="sgd"), 1, 10**6)
    assert extra == 0
    # the backward step of RELU: image and target 136, volume, its gradient, and the one before: 3*256; scores 12
    assert [moments.peak(batch) for batch in (1, 10)] == [
        (2, "backward", 828 + 8 + 780 + 136 + 3 * 256 + 12),
        (2, "backward", 828 + 8 + 780 + 10 * (136 + 3 * 256 + 12)),
    ]
    assert moments.peak(0) == (1, "backward", 828 + 8 + 828)
    fixed, each = 828 + 8 + 780, 136 + 3 * 256 + 12
    assert [moments.largest(fixed + 7 * each + more) for more in (-1, 0, each - 1, each)] == [6, 7, 7, 8]
    assert moments.largest(fixed) == 0
    assert moments.largest(0) == 0
    assert [moments.dominant(batch) for batch in (0, 3, 4)] == ["parameters", "parameters", "volumes kept for backward"]
    assert {name: (held, image) for name, held, image in moments.parts} == {
        "parameters": (828, 0),
        "buffers": (0, 0),
        "gradients of the parameters": (828, 0),
        "optimizer state": (0, 0),
        "volumes kept for backward": (4, 256 + 12),
        "images": (0, 136),
    }


def test_inference_by_hand():
    report = analyzed("INPUT[4x4x2] -> CONV1-4 -> RELU -> FC-3")
    moments = running(report.network, (828, 40), 4)
    assert (moments.peak(3), moments.largest(868 + 5 * 396)) == ((3, "forward", 868 + 3 * 396), 5)
    assert (moments.dominant(1), moments.dominant(3)) == ("parameters", "volumes")
    assert moments.parts == (("parameters", 828, 0), ("buffers", 40, 0), ("volumes", 0, 396))
    stored = running(report.network, (828, 40), 4, stored=True)
    assert moments.surely(device("1GiB")) == stored.surely(device("1GiB")) == 0
    assert stored.peak(3) == (3, "forward", 3 * 396)


@pytest.mark.parametrize("text", NETWORKS)
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adagrad"])
def test_the_moments_that_are_kept_are_the_largest_for_every_batch(text, optimizer):
    report = analyzed(text)
    mode = setup(optimizer=optimizer)
    step = training(report.network, mode)
    moments, _ = trained(report.network, report.counts, mode, 1, 10**9)
    for batch in (0, 1, 2, 3, 5, 8, 13, 50, 200, 10**4, 10**9):
        peak = step.peak(batch)
        assert moments.peak(batch)[2] == peak.at(batch)
    assert len(set(moments.per_image)) == len(moments.per_image) <= len(set(step.per_image))


def test_what_is_dominant_where_not_one_image_fits():
    """The figures are for the tried batch, not for batch 0."""
    result = fits("INPUT[64x64x3] -> [CONV3-32 -> RELU]*3 -> GAP -> FC-2", "100KiB", optimizer="sgd")
    way = by_name(result)["training with sgd"]
    assert (way.batch, way.dominant) == (0, "volumes kept for backward")


def test_the_batch_that_ways_are_compared_at():
    result = fits("lenet5", "2MiB")
    assert result.wanted == by_name(result)["training with momentum"].batch
    assert fits("lenet5", "2MiB", wanted=3).wanted == 3
    assert fits("vgg16", "1MiB").wanted == 1


@pytest.mark.parametrize(
    "mode, names",
    [
        ({}, ["half precision", "autocast (16 bit)", "checkpointing, balanced", "checkpointing, root of n", "plain sgd"]),
        ({"optimizer": "sgd"}, ["half precision", "autocast (16 bit)", "checkpointing, balanced", "checkpointing, root of n"]),
        ({"dtype": "float16"}, ["checkpointing, balanced", "checkpointing, root of n", "plain sgd"]),
        ({"dtype": "float64"}, ["half precision", "checkpointing, balanced", "checkpointing, root of n", "plain sgd"]),
        ({"autocast": "float16"}, ["half precision", "checkpointing, balanced", "checkpointing, root of n", "plain sgd"]),
        ({"checkpoint": "root"}, ["half precision", "autocast (16 bit)", "plain sgd"]),
    ],
)
def test_what_can_be_changed(mode, names):
    result = fits("INPUT[8x8x3] -> CONV3-4 -> RELU -> FC-2", "1MiB", **mode)
    assert [way.name for way in result.ways if way.group == "change" and not way.name.startswith("first")] == names


def test_the_work_of_checkpoints_is_told():
    ways = by_name(fits("vgg16", "12GiB"))
    report = cnncalc.analyze("vgg16")
    assert ways["training with momentum"].extra_macs == ways["training with adam"].extra_macs == ways["inference"].extra_macs == 0
    assert ways["checkpointing, root of n"].extra_macs == Checkpoints(report.network, report.counts, report.setup).root().extra_macs
    checkpointed = by_name(fits("vgg16", "12GiB", checkpoint="root"))
    assert checkpointed["training with momentum, checkpointing (root)"].extra_macs == ways["checkpointing, root of n"].extra_macs
    assert checkpointed["training with adam, checkpointing (root)"].extra_macs == ways["checkpointing, root of n"].extra_macs


@pytest.mark.parametrize("group", ["inference", "training"])
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_largest(group, optimizer):
    report = analyzed("INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> FC-10")
    mode = setup(optimizer=optimizer)
    question = Question(report.network, report.counts, mode, device("5MiB"))
    name = "inference" if group == "inference" else f"training with {optimizer}"
    assert largest(question, group) == by_name(fit(question))[name].batch > 0


def test_inference_lets_go_of_the_inputs_of_blocks_unless_it_is_eager():
    network = graph("input: 4x4x2\nblocks:\n  two: CONV1-8 -> CONV1-8 -> CONV1-8\npattern: INPUT -> CONV1-4 -> two -> CONV1-1\n")
    plain, eager = (inference_live(network, 4, eager=each).peak for each in (False, True))
    assert running(network, (0, 0), 4).per_image == [plain]
    assert running(network, (0, 0), 4, eager=True).per_image == [eager]
    assert plain < eager


def test_a_batch_surely_fits_at_every_moment():
    moments = Moments([10**9, 0], [10**6, 10**9], [1, 2], ["forward", "backward"], ())
    low, high = sorted(
        Moments([each], [step], [1], ["forward"], ()).surely(device("12GiB")) for each, step in ((10**9, 10**6), (0, 10**9))
    )
    assert 0 < low < high
    assert moments.surely(device("12GiB")) == low


def test_buffers_are_held_in_inference():
    text = "INPUT[4x4x8] -> BN"  # 16 parameters, 16 numbers and a counter of 8 bytes
    report = analyzed(text)
    ways = by_name(fit(Question(report.network, report.counts, report.setup, device("10KB"))))
    assert ways["inference"].bytes == 64 + 72 + 1024 * ways["inference"].batch
    assert ways["inference"].batch == (10_000 - 136) // 1024


def test_parameters_that_do_not_fit_the_flash_leave_no_batch():
    way = by_name(fits("alexnet", "STM32F746", dtype="int8"))["inference"]
    assert (way.batch, way.dominant) == (0, "parameters")
    assert by_name(fits("lenet5", "STM32F746", dtype="int8"))["inference"].batch > 0


def test_micro_batches_whose_gradients_are_added_up():
    """VGG-16 in 12 GiB: 152 images by themselves, 147 where the gradients live from the start of the backward pass."""
    result, several = fits("vgg16", "12GiB", 304), fits("vgg16", "12GiB", 304, accumulate=3)
    assert (by_name(result)["training with momentum"].batch, result.micro) == (152, 147)
    assert (by_name(several)["training with momentum"].batch, several.micro) == (147, 147)


WAYS = {
    "half precision": {"dtype": "float16"},
    "autocast (16 bit)": {"autocast": "bfloat16"},
    "checkpointing, balanced": {"checkpoint": "auto"},
    "checkpointing, root of n": {"checkpoint": "root"},
    "plain sgd": {"optimizer": "sgd"},
    **{f"training with {optimizer}": {"optimizer": optimizer} for optimizer in OPTIMIZERS},
}


@settings(max_examples=25, deadline=None)
@given(chains(), st.integers(10_000, 400_000), st.sampled_from([1, 4]))
def test_the_largest_batch_fits_and_one_image_more_does_not_in_every_way(text, memory, accumulate):
    """Each way of `fit` against the analysis under the options that it stands for."""
    asked = request(device=f"{memory}B", accumulate=accumulate)
    report, result = fitted(found(text), asked)
    for name, options in WAYS.items():
        way = by_name(result)[name]
        assert report.at(batch=way.batch + 1, **options).training_peak == memory + way.over > memory
        if way.batch:
            assert report.at(batch=way.batch, **options).training_peak == way.bytes <= memory
    micro = {"accumulate": max(2, accumulate)}
    assert report.at(batch=result.micro + 1, **micro).training_peak > memory
    assert not result.micro or report.at(batch=result.micro, **micro).training_peak <= memory


@settings(max_examples=15, deadline=None)
@given(chains(), st.integers(20_000, 400_000))
def test_a_coarser_first_layer_fits_its_batch_and_not_one_more(text, memory):
    text = text.replace("INPUT[8x8x4] -> ", "INPUT[24x24x3] -> CONV3-4 -> ")
    report, result = fitted(found(text), request(device=f"{memory}B"))
    for kernel, stride in ((7, 2), (11, 4)):
        changed = training(coarser(report.network, kernel, stride), report.setup)
        way = by_name(result)[f"first layer {kernel}x{kernel} stride {stride}"]
        assert changed.peak(way.batch + 1).at(way.batch + 1) > memory
        assert not way.batch or changed.peak(way.batch).at(way.batch) == way.bytes <= memory
