"""The order of branches: exact where it says so, and never worse than the spec's."""

import random

import pytest
from support import analyzed

import cnncalc
from cnncalc.analyses import schedules
from cnncalc.analyses.inference_memory import inference_live
from cnncalc.analyses.schedules import best_schedule, permuted
from cnncalc.workspace.find import shipped_names


def orders(nodes, done=(0,)):
    """Yield every order in which each node comes after those that it reads."""
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
