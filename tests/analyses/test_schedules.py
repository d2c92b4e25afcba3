"""The order of branches: optimal if marked as exact, and never worse than the spec's."""

import random

import pytest
from support import analyzed

import cnncalc
from cnncalc.analyses import schedules
from cnncalc.analyses.inference_memory import inference_live
from cnncalc.analyses.schedules import best_schedule, permuted
from cnncalc.workspace.find import shipped_names


def orders(nodes, done=(0,)):
    """Yield every order in which each node comes after its inputs."""
    if len(done) == len(nodes):
        yield done
    for node in set(range(len(nodes))) - set(done):
        if set(nodes[node].inputs) <= set(done):
            yield from orders(nodes, (*done, node))


def branches(seed):
    """Return a small network of two or three branches."""
    draw = random.Random(seed)  # noqa: S311  no secret
    layers = ["CONV3-2", "CONV3-4", "CONV3-8", "CONV3-16", "RELU", "BN", "GELU", "POOL3/1(padding=1)"]
    parts = [" -> ".join(draw.choices(layers, k=draw.randint(1, 3))) for _ in range(draw.randint(2, 3))]
    start = draw.choice(["CONV3-4", "CONV3-4 -> RELU", "CONV3-4 -> BN -> RELU"])
    return f"INPUT[16x16x3] -> {start} -> {{{' | '.join(parts)}}} -> CONCAT -> CONV1-2"


@pytest.mark.parametrize("seed", range(40))
def test_exact_is_the_best_of_all_orders(seed):
    network = analyzed(branches(seed)).network
    found = best_schedule(network, 4)
    assert found.method == "exact"
    assert found.live.peak == min(inference_live(permuted(network, order), 4).peak for order in orders(network.graph.nodes))


def test_some_orders_are_better():
    assert any((found := best_schedule(analyzed(branches(seed)).network, 4)).live.peak < found.spec_peak for seed in range(40))


@pytest.mark.parametrize("name", shipped_names())
def test_never_worse_and_an_order_of_all_layers(name):
    report = cnncalc.analyze(name, schedule="best")
    found = report.schedule
    assert found.live.peak <= found.spec_peak == inference_live(report.network, 4).peak
    assert sorted(found.order) == list(range(len(report.rows)))
    place = {node: at for at, node in enumerate(found.order)}
    assert all(place[source] < place[at] for at, node in enumerate(report.network.graph.nodes) for source in node.inputs)
    assert found.live.moments[found.live.at] == found.live.peak


def test_a_beam_is_not_called_exact(monkeypatch):
    monkeypatch.setattr(schedules, "_STATES", 2)
    found = best_schedule(analyzed(branches(3)).network, 4)
    assert found.method in {"beam", "spec"}
    assert found.live.peak <= found.spec_peak


def test_a_region_that_is_too_large_keeps_its_order(monkeypatch):
    monkeypatch.setattr(schedules, "_LARGEST", 2)
    found = best_schedule(analyzed(branches(3)).network, 4)
    assert (found.method, list(found.order)) == ("spec", sorted(found.order))


def test_in_the_json_and_in_words():
    report = cnncalc.analyze("regnet_x_16gf", schedule="best")
    schedule = report.to_dict()["memory"]["inference"]["schedule"]
    assert schedule["method"] == "exact"
    assert schedule["spec_order_peak"] - report.inference_peak == 29_503_488 - 27_897_856
    assert sorted(schedule["order"]) == sorted(row.name for row in report.rows)
    assert "in the best order; 236 MiB in the spec's" in str(report)
    assert "schedule" not in cnncalc.analyze("regnet_x_16gf").to_dict()["memory"]["inference"]


def two_regions(seed):
    """Return a network with branches before and after a place with one crossing volume."""
    draw = random.Random(seed)  # noqa: S311  no secret
    layers = ["CONV3-2", "CONV3-4", "CONV3-8", "CONV3-16", "RELU", "POOL3/1(padding=1)"]
    pairs = [[" -> ".join(draw.choices(layers, k=draw.randint(1, 2))) for _ in range(2)] for _ in range(2)]
    first, second = ("{" + " | ".join(pair) + "} -> CONCAT" for pair in pairs)
    return f"INPUT[8x8x3] -> CONV3-{draw.choice([1, 8])} -> {first} -> CONV3-{draw.choice([1, 4, 24])} -> {second} -> CONV1-2"


@pytest.mark.parametrize("seed", range(30))
def test_exact_over_two_regions(seed):
    network = analyzed(two_regions(seed)).network
    found = best_schedule(network, 4)
    assert found.method == "exact"
    assert found.live.peak == min(inference_live(permuted(network, order), 4).peak for order in orders(network.graph.nodes))


@pytest.mark.parametrize("seed", range(40))
def test_what_lives_is_told_in_the_graphs_own_order(seed):
    network = analyzed(branches(seed)).network
    found = best_schedule(network, 4)
    walked = inference_live(permuted(network, found.order), 4)
    assert sorted(found.order) == list(range(len(found.order)))
    assert [found.live.moments[node] for node in found.order] == list(walked.moments)
    assert found.order[walked.at] == found.live.at
    assert sorted(found.live.volumes) == sorted(found.order[at] for at in walked.volumes)
    assert found.spec_peak == inference_live(network, 4).peak


BY_HAND = "INPUT[4x4x1] -> CONV1-2 -> { CONV1-8 -> CONV1-1 | CONV1-9 } -> CONCAT -> CONV1-1"


def test_a_schedule_by_hand():
    """The branch with the small result runs first; otherwise the large result of the other one would wait."""
    network = analyzed(BY_HAND).network
    found = best_schedule(network, 1)
    # image 16, conv1 32; conv2 128, conv3 16; conv4 144; concat 160
    assert list(found.live.moments) == [
        16,
        16 + 32,
        16 + 32 + 128,
        16 + 32 + 128 + 16,
        16 + 32 + 16 + 144,
        16 + 16 + 144 + 160,
        16 + 160 + 16,
    ]
    assert (found.method, list(found.order)) == ("exact", list(range(7)))
    turned = analyzed(BY_HAND.replace("CONV1-8 -> CONV1-1 | CONV1-9", "CONV1-9 | CONV1-30 -> CONV1-1")).network
    found = best_schedule(turned, 1)
    assert found.spec_peak == 16 + 32 + 144 + 480
    assert found.live.peak == 16 + 32 + 480 + 16 == 544
    assert (found.method, list(found.order)) == ("exact", [0, 1, 3, 4, 2, 5, 6])


def test_only_the_best_of_many_sets_are_followed(monkeypatch):
    """With one set of layers of each size the search is greedy: never worse than the spec's order, and not marked as exact."""
    monkeypatch.setattr(schedules, "_STATES", 1)
    for seed in range(20):
        found = best_schedule(analyzed(branches(seed)).network, 4)
        assert found.method in {"beam", "spec", "exact"}
        assert found.live.peak <= found.spec_peak


def test_a_beam_is_no_proof(monkeypatch):
    monkeypatch.setattr(schedules, "_STATES", 1)
    assert "exact" not in {best_schedule(analyzed(branches(seed)).network, 4).method for seed in (3, 5, 8)}


def test_shared_weights_and_names_move_with_their_layers():
    network = analyzed("INPUT[4x4x2] -> { a=CONV1-2 | b=CONV1-2(share=a) } -> CONCAT").network
    moved = permuted(network, (0, 1, 2, 3))
    assert [node.shared for node in moved.graph.nodes] == [-1, -1, 1, -1]
    assert [node.name for node in permuted(network, (0, 2, 1, 3)).graph.nodes] == ["input", "b", "a", network.graph.nodes[3].name]
    assert permuted(network, (0, 2, 1, 3)).graph.nodes[3].inputs == (2, 1)
    assert permuted(network, (0, 2, 1, 3)).graph.named["a"] == 2


@pytest.mark.parametrize("name", ["googlenet", "resnet18", "densenet121", "squeezenet1_1", "mobilenet_v2"])
def test_a_region_is_walked_as_the_network_is(name):
    """The search has its own walk over sets of layers: its moments equal those of inference, byte by byte."""
    network = cnncalc.load(name)
    search, moments = schedules._Search(network, 4), inference_live(network, 4).moments
    assert len(search.regions) > 3
    for first, last in search.regions:
        order = range(first + 1, last + 1)
        if order:
            assert search._peak(order) == max(moments[first + 1 : last + 1])


def test_a_beam_that_loses_every_way_keeps_the_order_and_is_no_proof(monkeypatch):
    """With one set of layers of each size, `exact` is only for a region that has no other sets."""
    monkeypatch.setattr(schedules, "_STATES", 1)
    lost = 0
    for seed in range(20):
        network = analyzed(branches(seed)).network
        search = schedules._Search(network, 4)
        order = max((range(first + 1, last + 1) for first, last in search.regions), key=len)
        region = schedules._Region(search, order)
        found = region.search(region.peak(order))
        if found.order == list(order) and not region.exact:
            lost += 1
            assert not found.exact
    assert lost
