"""Gradient checkpointing: what is kept, what is run again, what it saves and costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_cases import NETWORKS, chains
from support import analyzed

import cnncalc
from cnncalc.analyses.checkpointing import Checkpoints
from cnncalc.analyses.cut_points import cut_points
from cnncalc.analyses.storages import storages
from cnncalc.analyses.trainable import trainable
from cnncalc.workspace.find import shipped_names


def ways(report):
    return Checkpoints(report.network, report.counts, report.setup)


@pytest.mark.parametrize("name", shipped_names())
def test_never_worse_than_without(name):
    report = cnncalc.analyze(name, batch=32)
    found = ways(report)
    best = found.best(32)
    assert best.training.peak(32).at(32) <= found.plain.peak(32).at(32)
    assert best.training.peak(32).at(32) <= min((each.training.peak(32).at(32) for each in found.candidates()), default=10**30)
    assert 0 <= best.extra_macs < report.totals.macs


@pytest.mark.parametrize("text", NETWORKS)
@pytest.mark.parametrize("count", [1, 2, 3, 5, 99])
def test_the_same_is_left_as_without(text, count):
    found = ways(analyzed(text))
    assert found.balanced(count).training.left == found.plain.left
    assert found.balanced(count).number <= count


@given(chains(), st.integers(2, 6))
def test_laws_of_random_networks(text, count):
    found = ways(analyzed(text))
    chosen = found.balanced(count)
    assert chosen.training.left == found.plain.left
    assert chosen.training.gradients == found.plain.gradients
    assert chosen.training.kept_per_image <= found.plain.kept_per_image
    ends = [segment.end for segment in chosen.segments]
    assert [segment.start for segment in chosen.segments] == [1, *(end + 1 for end in ends)][: len(ends)]
    again = [node for node, phase in zip(chosen.training.nodes, chosen.training.phases, strict=True) if phase == "recompute"]
    assert set(again) <= set(range(1, ends[-1] + 1) if ends else ())


def test_only_what_crosses_is_read_later():
    """Behind each cut, layers read one storage only, and nobody overwrites it."""
    report = cnncalc.analyze("resnet50")
    run = storages(report.network, trainable(report.network).depends, training=True)
    found = cut_points(report.network, run, image_crosses=True)
    nodes = report.network.graph.nodes
    for cut in found:
        later = range(cut.after + 1, len(nodes))
        read = {run.of[source] for at in later for source in nodes[at].inputs if run.of[source] <= cut.after}
        assert read == {cut.storage}
        assert not [at for at in later if run.of[at] == cut.storage and run.keeps[at].storage == "in place"]
    assert len(found) == 20  # 16 blocks, the four layers before them and the two behind, but for what works in place


def test_the_work_of_the_second_runs_is_that_of_their_layers():
    report = cnncalc.analyze("vgg16", batch=32, checkpoint="root")
    chosen = report.checkpoints[1]
    inside = [row for segment in chosen.segments for row in report.rows[segment.start : segment.end + 1]]
    assert chosen.extra_macs == sum(row.counts.macs.value for row in inside) < report.totals.macs


def test_what_is_reported():
    report = cnncalc.analyze("resnet50", batch=32, checkpoint="auto")
    training = report.to_dict()["memory"]["training"]
    found = training["checkpointing"]
    assert training["peak"] == found["peak"] == report.training_peak < found["without"] / 2
    assert found["without"] == 2_987_738_000
    assert found["peak"] <= found["root"]["peak"]
    assert len(found["kept"]) == found["segments"] - 1
    assert "segments run twice" in str(report)
    assert "checkpointing" not in cnncalc.analyze("resnet50").to_dict()["memory"]["training"]


def test_a_network_without_cuts_is_left_alone():
    report = cnncalc.analyze("INPUT[8x8x3] -> FC-10", checkpoint="auto")
    assert report.checkpoints[1].segments == ()
    assert "checkpoints do not lower the peak" in str(report)


def test_dropout_and_norm_are_kept_in_the_second_run_only():
    """What a checkpointed segment keeps beside its input is there in its backward pass only."""
    report = analyzed("INPUT[8x8x4] -> CONV3-4 -> BN -> DROPOUT -> CONV3-4 -> BN -> DROPOUT -> FC-3")
    found = ways(report)
    assert found.balanced(2).training.kept_fixed < found.plain.kept_fixed


def test_a_network_with_several_results():
    """Results before the end are held by the caller; nothing is cut behind the first of them, and nothing leaks."""
    report = cnncalc.analyze("googlenet", outputs=["aux1", "aux2"])
    assert len(report.network.graph.outputs) == 3
    found = ways(report)
    first = min(output.at for output in report.network.graph.outputs)
    results = sum(report.rows[output.at].counts.values for output in report.network.graph.outputs)
    step = found.plain
    assert step.left == (step.parameters + step.buffers + step.gradients + step.state + 4 * 4, step.batch_per_image + 4 * results)
    for chosen in found.candidates():
        assert chosen.training.left == step.left
        assert all(segment.end < first for segment in chosen.segments)


def test_the_root_of_n_is_never_better_than_what_is_chosen():
    """On this network the plain rule beats all balanced segments."""
    found = cnncalc.analyze("resnet164_preact", batch=32, optimizer="adam", checkpoint="auto").to_dict()["memory"]["training"][
        "checkpointing"
    ]
    assert found["peak"] <= found["root"]["peak"] < found["without"]
