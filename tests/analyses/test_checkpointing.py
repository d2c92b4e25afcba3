"""Gradient checkpointing: kept storages, recomputed layers, savings and costs."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_cases import NETWORKS, chains
from support import analyzed, graph, setup

import cnncalc
from cnncalc.analyses import checkpointing
from cnncalc.analyses.checkpointing import Checkpoints, _balanced, _nearest, _spread, _within
from cnncalc.analyses.cut_points import Cut, Segment, cut_points
from cnncalc.analyses.storages import storages
from cnncalc.analyses.trainable import trainable
from cnncalc.analyses.training_memory import training
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
    assert 0 <= best.extra_macs <= report.totals.macs  # all of them where the last segment has none, as a RESIZE at the end


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
    """After each cut, layers only read one earlier storage, and none overwrites it."""
    report = cnncalc.analyze("resnet50")
    run = storages(report.network, trainable(report.network).depends, training=True)
    found = cut_points(report.network, run, image_crosses=True)
    nodes = report.network.graph.nodes
    for cut in found:
        later = range(cut.after + 1, len(nodes))
        read = {run.of[source] for at in later for source in nodes[at].inputs if run.of[source] <= cut.after}
        assert read == {cut.storage}
        assert not [at for at in later if run.of[at] == cut.storage and run.keeps[at].storage == "in place"]
    assert len(found) == 20  # 16 blocks, the four layers before them and the two after, except for in-place layers


def test_the_work_of_the_second_runs_is_that_of_their_layers():
    report = cnncalc.analyze("vgg16", batch=32, checkpoint="root")
    chosen = report.checkpoints[1]
    inside = [row for segment in chosen.segments for row in report.rows[segment.start : segment.end + 1]]
    assert chosen.extra_macs == sum(row.counts.macs.value for row in inside) < report.totals.macs


def test_what_is_reported():
    report = cnncalc.analyze("resnet50", batch=32, checkpoint="auto")
    figures = report.to_dict()["memory"]["training"]
    found = figures["checkpointing"]
    assert figures["peak"] == found["peak"] == report.training_peak < found["without"] / 2
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
    """A checkpointed segment keeps storages other than its input in its backward pass only."""
    report = analyzed("INPUT[8x8x4] -> CONV3-4 -> BN -> DROPOUT -> CONV3-4 -> BN -> DROPOUT -> FC-3")
    found = ways(report)
    assert found.balanced(2).training.kept_fixed < found.plain.kept_fixed


def test_a_network_with_several_results():
    """The caller holds results before the end; there is no cut after the first of them, and nothing leaks."""
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


# compared with all possible choices


def largest_part(found, cuts):
    """Return the most bytes kept in a segment between some cuts."""
    kept = found.plain.kept_so_far
    ends = [*(kept[cut.after] for cut in cuts), kept[-1]]
    return max(end - begin for begin, end in zip([0, *ends], ends, strict=False))


@given(chains(), st.integers(1, 5))
def test_balanced_segments_keep_as_little_as_any(text, count):
    found = ways(analyzed(text))
    every = [cuts for number in range(count) for cuts in itertools.combinations(found.cut_points, number)]
    ends = {segment.end for segment in found.balanced(count).segments}
    chosen = [cut for cut in found.cut_points if cut.after in ends]
    assert largest_part(found, chosen) == min(largest_part(found, cuts) for cuts in every)


ROOTS = [
    # 9 nodes: 3 segments, cut after nodes 2 and 5
    ("[CONV1-2]*8", [Segment(1, 2, 0), Segment(3, 5, 2)]),
    # 10 nodes: 10/3 and 20/3 rounded down are 3 and 6
    ("[CONV1-2]*9", [Segment(1, 2, 0), Segment(3, 5, 2)]),
    # 3 nodes: one segment only
    ("[CONV1-2]*2", []),
    # 4 nodes: 2 segments, cut after node 1
    ("[CONV1-2]*3", [Segment(1, 1, 0)]),
    # no cut within the branches: node 3 of 6 is equally near to the ADD, node 3, and to node 1 before them: the first is used
    ("CONV1-2 -> { CONV1-2 | } -> ADD -> CONV1-2 -> CONV1-2", [Segment(1, 1, 0)]),
]


@pytest.mark.parametrize("text, wanted", ROOTS)
def test_the_root_of_n(text, wanted):
    assert list(ways(analyzed(f"INPUT[4x4x2] -> {text}")).root().segments) == wanted


def test_every_number_of_segments_is_tried_where_there_are_few():
    """Four volumes are kept, without the image: three segments would not keep less than two."""
    found = ways(analyzed("INPUT[4x4x2] -> [CONV1-2]*5"))
    assert len(found.cut_points) == 4
    assert {each.number for each in found.candidates()} == {2, 4}
    assert next(iter(found.all())).number == 1


def test_fewer_numbers_are_tried_of_many():
    found = ways(analyzed("INPUT[4x4x2] -> [CONV1-2]*40"))
    wanted = {min(count, 40) for count in (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 27, 33)}
    assert {-(-39 // -(-39 // count)) for count in wanted} == {each.number for each in found.candidates()}


def test_what_is_chosen():
    found = ways(analyzed("INPUT[4x4x2] -> [CONV1-2]*8"))
    assert found.chosen("root", 1).segments == found.root().segments
    assert found.chosen("4", 1).segments == found.balanced(4).segments
    assert found.chosen("auto", 7).segments == found.best(7).segments


def test_a_segment_runs_again_where_only_its_last_layer_learns():
    report = analyzed("INPUT[4x4x2] -> a=CONV1-2 -> b=CONV1-2 -> CONV1-2")
    mode = setup(freeze=["a"])
    phases = training(report.network, mode, [Segment(1, 2, 0)]).phases
    assert phases.count("recompute") == 2
    assert training(report.network, setup(freeze=["a", "b"]), [Segment(1, 2, 0)]).phases.count("recompute") == 0
    assert training(report.network, setup(freeze=["b"]), [Segment(1, 1, 0)]).phases.count("recompute") == 1


def test_the_peak_with_a_segment_by_hand():
    """Three layers of 64 numbers; the first two are recomputed: before, only the image and the second volume are kept."""
    step = training(graph("INPUT[4x4x4] -> CONV1-4 -> GELU -> CONV1-4 -> FC-3"), setup(optimizer="sgd"), [Segment(1, 2, 0)])
    volume, image, scores = 256, 256 + 8, 12
    found = [(phase, node, per_image) for _, per_image, node, phase in step.moments]
    assert found == [
        ("forward", 0, image),
        ("forward", 1, image + volume),
        ("forward", 2, image + 2 * volume),
        ("forward", 3, image + 2 * volume),
        ("forward", 4, image + 2 * volume + scores),
        ("loss", 4, image + 2 * volume + 2 * scores),
        ("loss", 4, image + 2 * volume + 4 * scores),
        ("backward", 4, image + 3 * volume + 2 * scores),
        ("backward", 3, image + 3 * volume + scores),
        ("recompute", 1, image + 2 * volume + scores),
        ("recompute", 2, image + 3 * volume + scores),
        ("backward", 2, image + 3 * volume + scores),
        ("backward", 1, image + volume + scores),
        ("step", 4, image),
    ]
    assert list(step.kept_so_far) == [0, 0, 0, volume, 2 * volume]


def test_large_networks_are_walked_a_few_times_only(monkeypatch):
    """With the budget of nodes spent at once, three numbers of segments are tried: 39 volumes in 2, 3 and 4 parts."""
    monkeypatch.setattr(checkpointing, "_NODES", 10)
    found = ways(analyzed("INPUT[4x4x2] -> [CONV1-2]*40"))
    assert [each.number for each in found.candidates()] == [6, 2, 3, 4]


CUTS = [Cut(1, 1), Cut(2, 2), Cut(3, 3)]
KEPT = [0, 3, 5, 6, 9]  # bytes after each node: 3, 2, 1 and 3 more


@pytest.mark.parametrize(
    "most, count, wanted",
    [
        (9, 1, []),
        (8, 1, None),
        (6, 2, [3]),
        (5, 2, [2]),
        (4, 2, None),
        (4, 3, [1, 3]),
        (3, 3, [1, 3]),
        (3, 2, None),
        (2, 4, None),
    ],
)
def test_the_latest_cuts(most, count, wanted):
    found = _within(CUTS, KEPT, most, count)
    assert found == (None if wanted is None else [CUTS[at - 1] for at in wanted])


@pytest.mark.parametrize("count, wanted", [(1, []), (2, [2]), (3, [1, 3]), (9, [1, 3])])
def test_balanced_cuts(count, wanted):
    assert _balanced(CUTS, KEPT, count) == [CUTS[at - 1] for at in wanted]


@pytest.mark.parametrize(
    "most, tries, wanted",
    [(60, 24, [2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 27, 33, 41, 51]), (60, 5, [2, 3, 4, 5, 6]), (3, 9, [2, 3]), (1, 9, [])],
)
def test_numbers_of_segments_lie_further_and_further_apart(most, tries, wanted):
    assert list(_spread(most, tries)) == wanted


@given(st.sets(st.integers(1, 40), min_size=1), st.lists(st.integers(0, 45), min_size=1, max_size=6))
def test_the_nearest_cuts_are_the_nearest_of_all(after, wanted):
    """The segment behind a cut begins one node later; of two equally near cuts the first is taken."""
    places = [Cut(each, 0) for each in sorted(after)]
    nearest = {min(places, key=lambda cut: (abs(cut.after + 1 - node), cut.after)) for node in wanted}
    assert _nearest(places, wanted) == sorted(nearest)
