"""Operators that are not modelled: what they do not state is listed, and the figures made of it are bounds everywhere."""

import json

import pytest
from support import analyzed, codes, diagnostics, document, found, layer, request, volume

from cnncalc.analyses.figures import table, usual
from cnncalc.analyses.not_counted import analyse
from cnncalc.analyses.training_memory import training
from cnncalc.checks.amount import amount
from cnncalc.checks.limits import Limit
from cnncalc.layers.base import FACTS, FIELD, MACS, MEMORY, OPERATIONS, PARAMETERS, Misfit
from cnncalc.reports import csv, html, markdown, notes, plain
from cnncalc.reports import fit as fit_report
from cnncalc.reports.json import as_dict
from cnncalc.tasks.fit import fitted
from cnncalc.tasks.verify import verify
from cnncalc.text.diagnostic import SpecError

NET = "INPUT[8x8x3] -> CONV3-4 -> OPAQUE(4x4x10{}) -> GAP -> FC-2"
STATED = {PARAMETERS: "params=7", MACS: "macs=5", OPERATIONS: "operations=3", MEMORY: "kept=2", FIELD: "sees=whole"}


def net(*facts):
    """Return a network whose operator states these facts."""
    return NET.format("".join(f", {STATED[fact]}" for fact in facts))


def lines(text, word):
    return [line for line in text.splitlines() if word in line]


@pytest.mark.parametrize("fact", FACTS)
def test_each_fact_can_be_stated(fact):
    assert analyzed(net(*(each for each in FACTS if each != fact))).totals.unknown == {fact}
    assert analyzed(net(fact)).totals.unknown == set(FACTS) - {fact}


def test_what_is_stated_is_counted():
    stated, without = analyzed(net(*FACTS)), analyzed(net(*FACTS).replace("params=7", "params=0"))
    assert not stated.totals.unknown
    assert not stated.of(analyse)
    assert stated.totals.params == 112 + 7 + 22
    assert stated.totals.macs == 64 * 27 * 4 + 5 + 20
    assert stated.totals.flops == 2 * stated.totals.macs + 256 + 3 + 160 + 2
    assert stated.rows[2].counts.unknown == ()
    assert stated.fields[2].whole
    kept = [training(each.network, each.setup).activations(2) for each in (stated, without)]
    assert kept[0] == kept[1] == 2 * 4 * (2 + 10 + 2) + 4  # 2 numbers of its own, the input of FC, the loss and its divisor
    assert "at_least" not in as_dict(stated)
    assert not codes(net(*FACTS))


def test_buffers_are_stated_apart():
    assert analyzed(NET.format(", params=7, buffers=9")).totals.buffers == 9


FIGURES = {
    PARAMETERS: {
        "params",
        "weights",
        "biases",
        "buffers",
        "memory.parameters",
        "memory.training.textbook",
        "memory.inference.peak",
    },
    MACS: {"macs", "flops", "backward_macs"},
    OPERATIONS: {"flops"},
    MEMORY: {"memory.training.activations", "memory.training.peak", "memory.inference.peak"},
    FIELD: {"receptive_field"},
}
EXACT = {"layers", "values", "memory.forward", "memory.images", "memory.training.batch"}


@pytest.mark.parametrize("fact", FACTS)
def test_the_figures_of_a_fact_are_bounds(fact):
    bounds = {name for name, figure in usual().items() if figure.is_bound({fact})}
    assert bounds >= FIGURES[fact]
    assert not bounds & EXACT
    data = as_dict(analyzed(net(*(each for each in FACTS if each != fact))))
    assert set(data["bounds"]) <= bounds
    assert set(data["bounds"]) >= FIGURES[fact]


def test_a_batch_is_at_most_and_everything_else_at_least():
    assert {name for name, figure in table().items() if figure.bound == "at most"} == {
        "largest_batch.inference",
        "largest_batch.training",
    }


def test_json_lists_them_and_has_no_number_for_what_is_unknown():
    data = as_dict(analyzed(net()))
    assert data["not_counted"] == [
        {
            "name": "opaque1",
            "kind": "opaque",
            "why": "not modelled, and its parameters, MACs, other work, kept memory and receptive field are not stated",
            "facts": list(FACTS),
        }
    ]
    assert data["at_least"] is True
    own, behind = data["layers"][2], data["layers"][3]
    keys = ("weights", "biases", "params", "buffers", "macs", "flops", "backward_macs", "gradient_params", "receptive_field")
    assert {own[key] for key in keys} == {None}
    assert set(own["formulas"].values()) == {None}
    assert own["values"] == 160
    assert (behind["receptive_field"], behind["params"]) == (None, 0)
    assert data["totals"]["params"] == 134
    assert "macs_per_param" not in data["totals"]
    json.dumps(data)


def test_every_rendering_says_so():
    report = analyzed(net())
    for text in (plain.render(report), markdown.render(report), html.render(report)):
        assert "at least 134 = 128 weights + 6 biases" in text
        assert "at least 6,932 MACs" in text
        assert "opaque1 (parameters, MACs, other work, kept memory, receptive field)" in text
    assert "at least 128 parameters (not counting biases; at least 134 with 6 biases)" in notes.render(report)
    assert "[4x4x10]  memory:  4*4*10=160   weights: ?" in notes.render(report)
    rows = csv.render(report).splitlines()
    assert rows[0].endswith(",not_counted")
    name, *cells, facts = rows[3].split(",")
    assert (name, cells[:5], facts) == ("opaque1", ["opaque", "OPAQUE(4x4x10)", "4x4x10", "160", "true"], "; ".join(FACTS))
    assert not any(cells[5:])
    assert "not_counted" not in csv.render(analyzed(net(*FACTS)))
    assert lines(plain.render(report), "opaque1 ")[0].split() == ["opaque1", "OPAQUE(4x4x10)", "4x4x10", "160", *"???", "640", "?"]


def test_a_folded_table_on_a_terminal():
    from cnncalc.reports.table import text

    said = text(analyzed(net()), colour=False)
    assert "at least 134" in said
    assert "?" in lines(said, "opaque1")[0]


def test_one_warning_names_the_others():
    (warning,) = diagnostics("INPUT[8x8x3] -> [OPAQUE(4x4x10)]*3 -> FC-2")
    assert (warning.code.number, warning.severity) == ("CNN505", "warning")
    assert warning.message.startswith("opaque is not modelled")
    assert warning.message.endswith("and so are 2 other layers: the totals are lower bounds")
    assert [note.split()[0] for note in warning.notes] == ["opaque_2", "opaque_3"]


EXPECTED = [  # expectation, facts that are stated, code of the finding
    ("params: 134", (), "CNN506"),
    ("params: 100", (), "CNN011"),
    ("params.max: 140M", (), "CNN506"),
    ("params.max: 100", (), "CNN011"),
    ("params.min: 100", (), ""),
    ("params.min: 1000", (), "CNN506"),
    ("params: 141", (PARAMETERS,), ""),
    ("macs.max: 1M", (PARAMETERS, MEMORY), "CNN506"),
    ("macs.max: 1M", (MACS,), ""),
    ("values: 620", (), ""),
    ("output: 1x1x2", (), ""),
    ("memory.training.max: 1 GiB", (PARAMETERS,), "CNN506"),
    ("memory.training.max: 1 GiB", (PARAMETERS, MEMORY), ""),
    ("memory.forward.max: 1 MiB", (), ""),
    ("receptive_field: 3", (), "CNN506"),
    ("receptive_field.max: 3", (), "CNN506"),
    ("receptive_field.min: 3", (), ""),
    ("receptive_field: 3", (FIELD,), ""),
    ("largest_batch.training.min: {at: {device: 1GiB}, value: 10}", (), "CNN506"),
    ("largest_batch.training.max: {at: {device: 1GiB}, value: 10000000}", (), ""),
]


@pytest.mark.parametrize("expected, stated, code", EXPECTED)
def test_expectations(expected, stated, code):
    text = f'pattern: "{net(*stated)}"\nexpect:\n  {expected}\n'
    assert [each for each in codes(text) if each != "CNN505"] == [code] * bool(code)


DECIDED = [  # relation, amount, at least 5 and at most 5: whether the bound decides
    (">", "4", True, False),
    (">", "5", False, True),
    (">=", "5", True, False),
    ("<", "5", True, False),
    ("<", "6", False, True),
    ("<=", "4", True, False),
    ("==", "4", True, False),
    ("==", "5", False, False),
    ("==", "6", False, True),
    ("!=", "4", True, False),
    ("!=", "6", False, True),
]


@pytest.mark.parametrize("relation, text, least, most", DECIDED)
def test_what_a_bound_decides(relation, text, least, most):
    limit = Limit("", "params", relation, amount(text, ""))
    assert (limit.decided(5, "at least"), limit.decided(5, "at most")) == (least, most)
    if least:  # by definition: all larger values have the same answer
        assert len({limit.broken(0, value) for value in range(5, 12)}) == 1
    if most:
        assert len({limit.broken(0, value) for value in range(6)}) == 1


def test_fit_says_at_most():
    report, fit = fitted(found(net()), request(device="1GiB"), 5)
    text = fit_report.text(report, fit, wanted=True)
    assert "at most" in lines(text, "inference ")[0]
    assert "A batch of 5 may fit training with momentum" in text
    data = fit_report.as_dict(report, fit)
    assert data["at_least"] is True
    assert {(way["surely"], way["fits"]) for way in data["ways"]} == {(None, None)}
    sure = fit_report.text(*fitted(found(net(*FACTS)), request(device="1GiB"), 5), wanted=True)
    assert "at most" not in lines(sure, "inference ")[0]


def test_a_verdict_is_not_sure():
    assert as_dict(analyzed(net(), device="12GiB"))["memory"]["device"]["training"]["verdict"] == "borderline"
    assert as_dict(analyzed(net(*FACTS), device="12GiB"))["memory"]["device"]["training"]["verdict"] == "fits"


def test_verify_refuses_to_run():
    with pytest.raises(SpecError) as caught:
        verify(net(*FACTS))
    (problem,) = caught.value.diagnostics
    assert problem.code.number == "CNN507"
    assert problem.message == "the network cannot run: opaque1 is an operator that is not modelled"
    with pytest.raises(Misfit, match="is not modelled"):
        layer("OPAQUE(1x1x2)").forward((), {}, None)


def test_fields_behind_it_are_unknown_until_the_end():
    report = analyzed("INPUT[8x8x3] -> a=CONV3-4 -> OPAQUE(8x8x4) -> CONV3-4 -> ADD(a) -> { | GAP(from=a) } -> MUL -> FC-2")
    assert [each.unknown for each in report.fields] == [False, False, True, True, True, False, False, False]
    pixel = analyzed("INPUT[8x8x3] -> CONV3-4 -> OPAQUE(8x8x4, sees=pixel) -> CONV3-4")
    assert pixel.fields[-1].axes[0].size == 5


def test_it_reads_several_volumes():
    report = analyzed("INPUT[8x8x3] -> a=CONV3-4 -> POOL2 -> OPAQUE(4x4x10, a, params=3)")
    assert report.rows[-1].inputs == ("pool1", "conv1") or report.rows[-1].inputs == ("pool1", "a")
    listed = analyzed(
        "input: 8x8x3\nlayers:\n  - conv: {name: a, filters: 4}\n  - opaque: 4x4x10\n  - opaque: {shape: 2x2x2, from: [a, opaque1]}\n"
    )
    assert [row.output for row in listed.rows[-2:]] == [volume("4x4x10"), volume("2x2x2")]


def test_a_pixel_of_another_size_is_refused():
    assert codes("INPUT[8x8x3] -> OPAQUE(4x4x10, sees=pixel)") == ["CNN208"]


def test_a_document_with_expectations_is_a_document():
    assert document("input: 8x8x3\npattern: OPAQUE(4x4x10)\n").inline is False
