"""The table of figures: one name for each number, declared in its analysis, found by every reader."""

import re
import types
from fractions import Fraction

import pytest
from support import REGENERATE, ROOT, analyzed

from cnncalc import extensions
from cnncalc.analyses import figures
from cnncalc.analyses.figure import Figure, plain, shown
from cnncalc.analyses.figures import by_any_name, find, table, usual, values
from cnncalc.analyses.receptive_field import Fields, largest_side

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
    defined = analyzed(NET, device="1GiB", schedule="best", checkpoint="auto", devices=2)
    assert all(figure.total(defined) is not None for figure in missing)


def test_a_field_without_axes_has_side_one():
    assert largest_side(Fields(())) == 1


def test_what_costs_a_search_is_for_those_who_name_it():
    report = analyzed(NET, device="1GiB")
    assert not {"largest_batch.training", "largest_batch.inference"} & values(report).keys()
    assert table()["largest_batch.training"].total(report) > 1000


def test_a_figure_of_a_package_is_one_declaration():
    figure = Figure("pairs", "", "pairs of layers", lambda subject: len(subject.network.nodes) // 2)
    assert figure.total(analyzed(NET)) == 4


# INPUT[4x4x2] -> CONV3-4 -> BN -> RELU -> FC-3 for a batch of 3 with 2 augmented copies, by hand
PARAMS, BUFFER_BYTES, VALUES = (2 * 9 * 4 + 4) + (4 + 4) + (64 * 3 + 3), 2 * 4 * 4 + 8, 32 + 64 + 64 + 3
STORED = 4 * PARAMS + BUFFER_BYTES
KEPT = 3 * 4 * (64 + 64 + 3) + 2 * 4 * 4 + 4  # the inputs of BN and FC, the loss; means and variances, the divisor
BY_HAND = {
    "layers": 5,
    "params": PARAMS,
    "weights": 72 + 4 + 192,
    "biases": 4 + 4 + 3,
    "buffers": 4 + 4 + 1,
    "values": VALUES,
    "macs": 1152 + 192,
    "flops": 2 * (1152 + 192) + 64 + 2 * 64 + 64 + 3,
    "macs_per_param": Fraction(1344, PARAMS),
    "backward_macs": 1152 + 2 * 192,
    "gradient_values": 64 + 64 + 3,
    "gradient_params": PARAMS,
    "receptive_field": 3,
    "memory.forward": 3 * 4 * VALUES,
    "memory.forward_and_gradients": 2 * 3 * 4 * VALUES,
    "memory.parameters": 4 * PARAMS,
    "memory.buffers": BUFFER_BYTES,
    "memory.parameters_training": 3 * 4 * PARAMS,
    "memory.images": 3 * 4 * 32,
    "memory.training.textbook": 2 * 3 * 4 * VALUES + 3 * 4 * PARAMS,
    "memory.miscellaneous.images": 3 * 4 * 32,
    "memory.miscellaneous.augmented": 2 * 3 * 4 * 32,
    "memory.miscellaneous.im2col": 4 * 2 * 9 * 16,
    "memory.inference.peak": STORED + 3 * 4 * (32 + 64 + 64),
    "memory.inference.activations_peak": 3 * 4 * (32 + 64 + 64),
    "memory.inference.naive": STORED + 3 * 4 * VALUES,
    "memory.training.parameters": 4 * PARAMS,
    "memory.training.buffers": BUFFER_BYTES,
    "memory.training.gradients": 4 * PARAMS,
    "memory.training.optimizer_state": 4 * PARAMS,
    "memory.training.activations": KEPT,
    "memory.training.batch": 3 * (4 * 32 + 8),
    "memory.framework_overhead.inference.rounding": (STORED + 3 * 4 * 160) // 100,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_figures_by_hand(name):
    report = analyzed("INPUT[4x4x2] -> CONV3-4 -> BN -> RELU -> FC-3", batch=3, augmented=2)
    assert table()[name].total(report) == BY_HAND[name]


def test_figures_of_a_better_order_by_hand():
    """The wide branch first: the output of the narrow one, 8 numbers, does not live during its largest moment."""
    report = analyzed("INPUT[4x4x2] -> { CONV3-8 -> GAP | CONV3-32 -> GAP -> CONV1-8 } -> ADD", batch=3, schedule="best")
    stored = 4 * (2 * 9 * 8 + 8 + 2 * 9 * 32 + 32 + 32 * 8 + 8)
    wide, narrow = 4 * (32 + 16 * 32 + 32), 4 * 8
    assert values(report)["memory.inference.peak"] == stored + 3 * wide
    assert values(report)["memory.inference.activations_peak"] == 3 * wide
    assert values(report)["memory.inference.schedule.spec_order_peak"] == stored + 3 * (wide + narrow)
    assert "memory.inference.schedule.spec_order_peak" not in values(report.at(schedule="spec"))


def test_figures_of_checkpoints_by_hand():
    """Two segments, of which the first 4 of 9 convolutions run again."""
    text = "INPUT[4x4x2] -> [CONV3-4 -> SIGMOID(overwrite=true)]*9 -> FC-3"
    report, plain_ = analyzed(text, batch=3, checkpoint="2"), analyzed(text, batch=3)
    found = {name.rpartition(".")[2]: figure.total(report) for name, figure in table().items() if ".checkpointing." in name}
    assert found == {"segments": 2, "without": plain_.training_peak, "extra_macs": 16 * 9 * (2 * 4 + 4 * 4 * 4)}
    assert table()["memory.training.peak"].total(report) == report.checkpoints[1].training.peak(3).at(3) < plain_.training_peak


def test_figures_of_the_network_come_before_those_of_memory():
    names = list(usual())
    dots = ["." in name for name in names]
    assert dots == sorted(dots)
    assert set(table()) - set(names) >= {"largest_batch.training", "memory.training.checkpointing.segments"}


@pytest.mark.parametrize(
    "value, number, text",
    [
        (7, 7, "7"),
        (138_357_544, 138_357_544, "138,357,544"),
        (Fraction(12, 4), 3, "3"),
        (Fraction(4000, 1), 4000, "4,000"),
        (Fraction(7, 2), 3.5, "3.5"),
        (Fraction(223_637, 2), 111_818.5, "1.118e+05"),
        (Fraction(1, 3), 1 / 3, "0.3333"),
        (Fraction(10**400, 3), round(Fraction(10**400, 3)), f"{round(Fraction(10**400, 3)):,}"),
    ],
)
def test_numbers_and_texts_of_figures(value, number, text):
    assert plain(value) == number
    assert type(plain(value)) is type(number)
    assert shown(value) == text


# figures of other packages


class Package:
    """An installed extension with a module of figures."""

    def __init__(self, figures):
        self.figures = figures

    def load(self):
        return types.SimpleNamespace(**({} if self.figures is None else {"FIGURES": self.figures}))

    def problem(self, reason):
        return extensions.PluginError(reason)


@pytest.fixture
def packages(monkeypatch):
    """Return a function that installs packages with these figures."""

    def install(*figures_):
        monkeypatch.setattr(extensions, "found", lambda group: [Package(each) for each in figures_])
        figures.added.cache_clear()

    yield install
    figures.added.cache_clear()


def one(name):
    return Figure(name, "", "a figure of a package", lambda _: 1)


def test_figures_of_packages_are_found_by_name(packages):
    pairs, triples = one("pairs"), one("triples")
    packages((pairs,), (triples,), ())
    assert figures.added() == {"pairs": pairs, "triples": triples}
    assert (find("pairs"), find("triples"), find("quartets")) == (pairs, triples, None)
    assert find("params") is table()["params"]
    assert find("memory.inference") is table()["memory.inference.peak"]


@pytest.mark.parametrize("bad", [None, [one("pairs")], 5, (one("pairs"), "triples"), ("pairs", "triples")])
def test_a_package_without_a_tuple_of_figures_is_refused(packages, bad):
    packages(bad)
    with pytest.raises(extensions.PluginError, match=r"^it is no module with FIGURES, a tuple of Figure$"):
        find("pairs")


@pytest.mark.parametrize("given", [((one("params"),),), ((one("memory.inference"),),), ((one("pairs"),), (one("pairs"),))])
def test_a_package_cannot_replace_a_figure(packages, given):
    packages(*given)
    with pytest.raises(extensions.PluginError, match=f"^there is already a figure {given[0][0].name}$"):
        find("quartets")


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
