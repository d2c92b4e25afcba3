"""A subject and an analysed network: each analysis runs once, and its results appear under plain names."""

from fractions import Fraction

import pytest
from support import analyzed, graph

from cnncalc.analyses import counts, inference, memory, receptive_field, trainable, training
from cnncalc.analyses.analysis import Analysis, exact
from cnncalc.analyses.subject import Subject
from cnncalc.maths.volume import Volume
from cnncalc.request.request import request

NET = "INPUT[8x8x2] -> CONV3-4 -> RELU -> POOL2 -> FC-3"


def analysis(text=NET, **given):
    """Return an analysis without a spec."""
    return Analysis(graph(text), request(**given), name="net", description="a network", source="a text")


def test_an_analysis_runs_once():
    subject = Subject(graph(NET), request())
    runs = []

    def analyse(given):
        assert given is subject
        runs.append(given)
        return [len(runs)]

    first = subject.of(analyse)
    assert first == [1]
    assert subject.of(analyse) is first
    assert len(runs) == 1
    assert subject.of(counts.analyse) is subject.of(counts.analyse)
    assert Subject(subject.network, subject.request).of(analyse_again := lambda _: 7) == 7
    assert subject.of(analyse_again) == 7


def test_a_subject_reads_its_request():
    subject = Subject(graph(NET), request(batch=5, dtype="float16", optimizer="adam"))
    assert (subject.batch, subject.dtype, subject.setup.optimizer) == (5, "float16", "adam")


@pytest.mark.parametrize("name", ["batch", "network", "request", "anything"])
def test_a_subject_is_immutable(name):
    message = rf"^{name} cannot be set: an analysis is immutable; `\.at\(batch=32\)` returns another one$"
    with pytest.raises(AttributeError, match=message):
        setattr(Subject(graph(NET), request()), name, 3)


def test_an_analysis_of_another_request():
    one = analysis(batch=2)
    two = one.at(batch=7)
    assert type(two) is Analysis
    assert (one.batch, two.batch) == (2, 7)
    assert two.network is one.network
    assert (two.name, two.description, two.source) == ("net", "a network", "a text")
    assert (one.memory.images, two.memory.images) == (2 * 4 * 128, 7 * 4 * 128)
    assert two.at(dtype="float16").batch == 7


def test_a_request_that_changes_the_network_is_refused():
    message = "^input, rounding and outputs change the network: analyse the spec again$"
    for other in ({"rounding": "floor"}, {"input": "9x9x2"}):
        with pytest.raises(ValueError, match=message):
            analysis().under(request(**other))


def test_rows():
    rows = analysis().rows
    assert [row.name for row in rows] == ["input", "conv1", "relu1", "pool1", "fc2"]
    assert [row.kind for row in rows] == ["input", "conv", "relu", "pool", "fc"]
    assert [row.label for row in rows] == ["INPUT", "CONV3-4", "RELU", "POOL2", "FC-3"]
    assert [row.inputs for row in rows] == [(), ("input",), ("conv1",), ("relu1",), ("pool1",)]
    assert [row.output.values for row in rows] == [128, 256, 256, 64, 3]
    assert [row.counts.params for row in rows] == [0, 76, 0, 0, 195]
    assert [row.field.axes[0].size for row in rows[:-1]] == [1, 3, 3, 4]


def test_results_by_name():
    found = analysis(batch=3)
    assert found.counts is found.of(counts.analyse)
    assert found.totals is found.counts.totals
    assert found.memory is found.of(memory.analyse)
    assert found.fields is found.of(receptive_field.analyse)
    assert found.inference is found.of(inference.analyse)
    assert found.trainable is found.of(trainable.analyse)
    assert found.training is found.of(training.analyse)
    assert found.schedule is None
    assert found.inference_peak == 4 * 271 + 3 * 4 * (128 + 256 + 64)  # at the pool
    assert found.training_peak == found.training.peak(3).at(3)
    assert repr(found) == "<cnncalc report 'net': 271 params, 4,800 MACs, forward 5,412 bytes>"


def test_inputs_and_outputs():
    found = analyzed("{ a=INPUT[4x4x2] -> CONV1-3 | b=INPUT[4x4x1] -> CONV1-3 } -> ADD -> { side=GAP -> OUTPUT | last=FC-5 }")
    assert found.image == Volume((4, 4), 2)
    assert found.inputs == {"a": Volume((4, 4), 2), "b": Volume((4, 4), 1)}
    assert found.result == Volume((1, 1), 5)
    assert [row.name for row in found.outputs] == ["side", "last"]


def test_the_result_is_the_last_of_three_outputs():
    found = analyzed("INPUT[4x4x2] -> { CONV1-3 -> OUTPUT | CONV1-4 -> OUTPUT | CONV1-5 }")
    assert [row.output.depth for row in found.outputs] == [3, 4, 5]
    assert found.result == Volume((4, 4), 5)


@pytest.mark.parametrize(
    "value, number", [(7, 7), (Fraction(6, 2), 3), (Fraction(1, 2), 0.5), (Fraction(-7, 4), -1.75), (Fraction(0), 0)]
)
def test_exact_numbers(value, number):
    assert exact(value) == number
    assert type(exact(value)) is type(number)
