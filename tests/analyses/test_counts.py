"""Values, parameters, work and memory: totals are the sums of their rows, and every figure follows from its formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import analyzed

import cnncalc
from cnncalc.analyses.counts import LayerCounts, Totals, counts
from cnncalc.graph.builder import Builder
from cnncalc.graph.infer import complete
from cnncalc.maths.count import ZERO
from cnncalc.maths.volume import Volume
from cnncalc.request.dtypes import BYTES
from cnncalc.text.diagnostic import Findings
from cnncalc.workspace.find import shipped_names

PLAIN = ["lenet5", "cifar10", "alexnet", "alexnet_grouped", "vgg16", "vgg16_bn", "nin", "all_cnn_c", "linear_classifier"]


@pytest.mark.parametrize("name", PLAIN)
def test_totals_are_the_sums_of_the_rows(name):
    report = cnncalc.analyze(name)
    data = report.to_dict()
    rows, totals = data["layers"], data["totals"]
    assert totals["values"] == sum(row["values"] for row in rows if row["counted"])
    for key in ("weights", "biases", "params", "buffers", "macs", "flops"):
        assert totals[key] == sum(row[key] for row in rows), key
    assert totals["params"] == totals["weights"] + totals["biases"]


@pytest.mark.parametrize("name", PLAIN)
def test_rows_follow_from_their_shapes(name):
    for row in cnncalc.analyze(name).to_dict()["layers"]:
        product = 1
        for side in row["output"]:
            product *= side
        assert row["values"] == product
        assert row["params"] == row["weights"] + row["biases"]
        assert row["flops"] >= 2 * row["macs"]


def test_the_plain_networks_are_shipped():
    assert set(PLAIN) <= set(shipped_names())


# Figures of the CS231n course notes, "VGGNet in detail", and of the papers
FIGURES = [
    ("vgg16", "weights", 138_344_128),
    ("vgg16", "biases", 13_416),
    ("vgg16", "params", 138_357_544),
    ("vgg16", "macs", 15_470_264_320),
    ("vgg16", "values", 15_237_608),
    ("lenet5", "params", 61_706),
]


@pytest.mark.parametrize("name, what, figure", FIGURES)
def test_published(name, what, figure):
    assert getattr(cnncalc.analyze(name).totals, what) == figure


class TestShared:
    TEXT = "INPUT[8x8x4] -> a=CONV3-4 -> RELU -> CONV3-4(share=a) -> CONV3-4(share=a)"

    def test_parameters_count_once(self):
        assert analyzed(self.TEXT).totals.params == 3 * 3 * 4 * 4 + 4

    def test_work_counts_each_time(self):
        assert analyzed(self.TEXT).totals.macs == 3 * (8 * 8 * 3 * 3 * 4 * 4)

    def test_buffers_count_once(self):
        one, two = analyzed("INPUT[8x8x4] -> BN"), analyzed("INPUT[8x8x4] -> a=BN -> BN(share=a)")
        assert two.totals.buffers == one.totals.buffers
        assert two.memory.buffers == one.memory.buffers


def test_buffers_are_no_parameters():
    row = analyzed("INPUT[8x8x4] -> BN").rows[-1].counts
    assert (row.params, row.buffers) == (8, 9)  # mean and variance of each channel, and the counter of steps


def test_what_works_in_place_is_not_counted():
    report = analyzed("INPUT[8x8x4] -> RELU -> DROPOUT(0.5) -> FLATTEN -> SOFTMAX -> IDENTITY -> RESHAPE(4x4x16)")
    assert report.totals.values == 8 * 8 * 4
    assert [row.counts.counted for row in report.rows] == [True] + [False] * 6


@given(batch=st.integers(1, 10**9), dtype=st.sampled_from(sorted(BYTES)))
def test_memory_as_the_notes_add_it_up(batch, dtype):
    report = analyzed("INPUT[8x8x4] -> CONV3-8 -> RELU -> POOL2 -> FC-3", batch=batch, dtype=dtype)
    size = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "int8": 1}[dtype]
    values, params = 256 + 512 + 128 + 3, 3 * 3 * 4 * 8 + 8 + 128 * 3 + 3
    memory = report.to_dict()["memory"]
    assert memory["forward"] == values * batch * size
    assert memory["parameters"] == params * size
    assert memory["training"]["textbook"] == size * (2 * values * batch + 3 * params)


def test_the_memory_of_vgg16():
    """15,237,608 values * 4 bytes are 58.1 MB by the notes' own division, not their printed 93 MB."""
    memory = cnncalc.analyze("vgg16").memory
    assert memory.forward == 60_950_432
    assert round(memory.forward / 2**20, 1) == 58.1


def test_fixed_buffers_keep_their_bytes_in_every_dtype():
    for dtype, size in BYTES.items():
        assert analyzed("INPUT[8x8x4] -> BN", dtype=dtype).memory.buffers == 2 * 4 * size + 8


@given(n=st.integers(1, 40))
def test_law_repetition_adds_up(n):
    one = analyzed("INPUT[8x8x4] -> [CONV3-4 -> RELU]*1").totals
    many = analyzed(f"INPUT[8x8x4] -> [CONV3-4 -> RELU]*{n}").totals
    assert (many.params, many.macs, many.flops) == (n * one.params, n * one.macs, n * one.flops)
    assert many.values - 256 == n * (one.values - 256)


@given(side=st.integers(1, 30), factor=st.integers(1, 4))
def test_law_work_of_convolutions_grows_with_the_area_and_parameters_do_not(side, factor):
    small, large = (analyzed(f"INPUT[{s}x{s}x3] -> CONV3-5 -> CONV1-2").totals for s in (side, side * factor))
    assert large.macs == factor**2 * small.macs
    assert large.params == small.params


@given(first=st.integers(1, 9), second=st.integers(1, 9))
def test_law_branches_are_as_large_as_their_sum(first, second):
    def total(text):
        return analyzed(f"INPUT[6x6x2] -> {text}").totals

    both = total(f"{{ CONV3-{first} | CONV1-{second} }} -> CONCAT")
    assert both.params == total(f"CONV3-{first}").params + total(f"CONV1-{second}").params
    assert both.macs == total(f"CONV3-{first}").macs + total(f"CONV1-{second}").macs


def test_values_have_the_dtype_of_the_network_or_their_own():
    row = LayerCounts(6, True, ZERO, ZERO, 0, 0, 0, ZERO, ZERO)
    assert [row.memory(size) for size in (2, 4)] == [12, 24]
    assert [row._replace(number_bytes=8).memory(size) for size in (2, 4)] == [48, 48]
    totals = Totals(10, 0, 0, 0, 0, 0, 0, 0, 0)
    assert [totals.memory(size) for size in (2, 4)] == [20, 40]
    assert [totals._replace(own_values=6, own_value_bytes=48).memory(size) for size in (2, 4)] == [56, 64]


def test_volumes_with_a_dtype_of_their_own_have_its_bytes():
    """6x1x5 indices of int64 beside 8x8x3 numbers: 30 values of 8 bytes."""
    builder = Builder()
    builder.add("INPUT", {"shape": Volume((6,), 5, "int64")}, name="ids")
    image = builder.add("INPUT", {"shape": Volume((8, 8), 3)}, name="image")
    builder.add("RELU", {}, (image,))
    totals = counts(complete(builder.build(Findings()))).totals
    assert (totals.own_values, totals.own_value_bytes) == (30, 240)
    assert totals.memory(2) == 240 + 8 * 8 * 3 * 2
