"""The table of figures: one name for each number, declared in its analysis, found by every reader."""

import re

import pytest
from support import REGENERATE, ROOT, analyzed

from cnncalc.analyses.figure import Figure
from cnncalc.analyses.figures import by_any_name, table, values

NET = "INPUT[16x16x4] -> CONV3-8 -> BN -> RELU -> POOL2 -> { CONV3-8 | } -> CONCAT -> FC-10"


def test_names_are_unique_and_documented():
    assert all(name == figure.name and figure.doc and not figure.doc.endswith(".") for name, figure in table().items())
    names = [each for figure in table().values() for each in (figure.name, *figure.synonyms)]
    assert len(names) == len(set(names)) == len(by_any_name())


def test_every_module_that_declares_figures_is_found():
    declared = [
        path
        for path in (ROOT / "cnncalc" / "analyses").glob("*.py")
        if re.search(r"^(FIGURES|SEARCHES) = ", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert {path.stem for path in declared} >= {"counts", "memory", "training", "inference", "receptive_field"}
    for path in declared:
        module = __import__(f"cnncalc.analyses.{path.stem}", fromlist=["FIGURES"])
        assert all(
            table()[figure.name] is figure for figure in (*getattr(module, "FIGURES", ()), *getattr(module, "SEARCHES", ()))
        ), path


@pytest.mark.parametrize("figure", [each for each in table().values() if each.layers], ids=lambda figure: figure.name)
def test_layers_have_one_value_each(figure):
    report = analyzed(NET)
    assert len(figure.layers(report)) == len(report.rows)


@pytest.mark.parametrize("name", ["params", "weights", "biases", "buffers", "macs", "flops", "backward_macs", "gradient_params"])
def test_layers_add_up_to_the_total(name):
    report = analyzed(NET)
    assert sum(table()[name].layers(report)) == table()[name].total(report)


def test_what_a_request_does_not_define_is_none_and_says_what_it_needs():
    report = analyzed(NET)
    missing = [figure for figure in table().values() if figure.total(report) is None]
    assert {figure.name for figure in missing} >= {"largest_batch.training", "memory.inference.schedule.spec_order_peak"}
    assert all(figure.needs for figure in missing)
    assert not {figure.name for figure in missing} & values(report).keys()
    defined = analyzed(NET, device="1GiB", schedule="best", checkpoint="auto")
    assert all(figure.total(defined) is not None for figure in missing)


def test_what_costs_a_search_is_for_those_who_name_it():
    report = analyzed(NET, device="1GiB")
    assert not {"largest_batch.training", "largest_batch.inference"} & values(report).keys()
    assert table()["largest_batch.training"].total(report) > 1000


def test_a_figure_of_a_package_is_one_declaration():
    figure = Figure("pairs", "", "pairs of layers", lambda subject: len(subject.network.nodes) // 2)
    assert figure.total(analyzed(NET)) == 4


PAGE = ROOT / "docs" / "figure-names.md"
HEAD = """# Figures by name

Every number of a whole network has one name. `expect` in a spec, `cnncalc compare --fail-on`, JSON and CSV all read this table,
declared by the analyses themselves. Figures with a dot depend on the run, which an expectation can set:
`{at: {batch: 32, optimizer: adam}, value: 12 GiB}`. A figure of layers is a key of each layer in the JSON, and a column of the CSV.
`cnncalc explain figures` prints the list.

| figure | unit | meaning | of layers | better |
|---|---|---|---|---|
"""


def page():
    rows = []
    for name, figure in table().items():
        names = ", ".join(f"`{each}`" for each in (name, *figure.synonyms))
        rows.append(f"| {names} | {figure.unit or 'count'} | {figure.doc} | {'yes' if figure.layers else ''} | {figure.better} |\n")
    return HEAD + "".join(rows)


def test_the_page_is_that_of_the_table():
    """`CNNCALC_GOLDEN=write pytest tests/analyses/test_figure_table.py` rewrites it."""
    if REGENERATE:
        PAGE.write_text(page(), encoding="utf-8")
    assert page() == PAGE.read_text(encoding="utf-8")
