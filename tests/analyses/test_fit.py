"""The largest batch that fits: one image more does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_cases import NETWORKS, chains
from support import analyzed, found, setup

import cnncalc
from cnncalc.analyses.checkpointing import Checkpoints
from cnncalc.analyses.fit import Question, fit, running, trained
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
    """Against the report itself, which knows nothing of fitting."""
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
    """Each effect is that of the changed network or mode by itself."""
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
