"""`expect` bounds every figure of memory, under the settings in `at`."""

from fractions import Fraction

import pytest
from support import analyzed, codes, diagnostics

import cnncalc
from cnncalc.analyses.figure import plain
from cnncalc.analyses.figures import by_any_name, values
from cnncalc.checks.expectations import SETTINGS
from cnncalc.request.request import request
from cnncalc.tasks.fit import fitted
from cnncalc.workspace.find import find

BARE = "name: x\ninput: 8x8x4\npattern: CONV3-8 -> BN -> RELU -> POOL2 -> FC-3\n"
BARE_PATTERN = "INPUT[8x8x4] -> CONV3-8 -> BN -> RELU -> POOL2 -> FC-3"
NET = f"{BARE}expect:\n"


FOUND = values(analyzed(BARE))
WHOLE = [name for name, figure in by_any_name().items() if figure.name in FOUND and figure.unit in {"", "bytes"}]


@pytest.mark.parametrize("figure", WHOLE)
def test_every_figure_can_be_expected_and_bounded(figure):
    value = FOUND[by_any_name()[figure].name]
    assert codes(f"{NET}  {figure}: {value}\n  {figure}.max: {value}\n  {figure}.min: {value}") == []
    assert codes(f"{NET}  {figure}: {value + 1}\n  {figure}.min: {value + 1}") == ["CNN011", "CNN011"]


def test_a_ratio_can_be_expected_and_bounded():
    """(8*8*3*3*4*8 + 4*4*8*3) MACs for 288 + 8 + 16 + 384 + 3 parameters."""
    assert FOUND["macs_per_param"] == Fraction(18816, 699)
    assert codes(f"{NET}  macs_per_param: 26.9\n  macs_per_param.max: 26.92\n  macs_per_param.min: 26.91") == []
    assert codes(f"{NET}  macs_per_param: 26.8\n  macs_per_param.max: 26.91\n  macs_per_param.min: 26.92") == ["CNN011"] * 3


def test_the_figures_are_those_of_the_json():
    data = analyzed(BARE).to_dict()
    for figure, value in FOUND.items():
        place = data
        for key in figure.split(".") if "." in figure else ("totals", figure):
            place = place[key]
        assert place == plain(value), figure


@pytest.mark.parametrize(
    "setting",
    [
        "batch: 32",
        "dtype: float16",
        "optimizer: adam",
        "autocast: bfloat16",
        "optimizer: sgd, weight_decay: true",
        "freeze: conv1",
        "freeze: [conv1, bn1]",
        "norm: eval",
        "batch: 32, checkpoint: 2",
    ],
)
def test_each_setting_changes_the_training(setting):
    usual = analyzed(BARE).training_peak
    found = diagnostics(f"{NET}  memory.training: {{at: {{{setting}}}, value: {usual}}}")
    assert [each.code.number for each in found] == ["CNN011"], setting
    value = found[0].label.removeprefix("found ").replace(",", "")
    assert codes(f"{NET}  memory.training.peak: {{at: {{{setting}}}, value: {value}}}") == []


def test_all_settings_together():
    assert len(SETTINGS) == 15
    at = "batch: 2, dtype: float32, optimizer: adam, autocast: float16, autocast_on: cuda, weight_decay: false, norm: eval, accumulate: 2, checkpoint: auto, schedule: best, augmented: 3, devices: 2, split: filters"
    assert codes(f"{NET}  memory.miscellaneous.augmented: {{at: {{{at}, freeze: [conv1]}}, value: {3 * 2 * 256 * 2}}}") == []


@pytest.mark.parametrize("figure", ["backward_macs", "gradient_values", "gradient_params"])
def test_the_work_of_training(figure):
    value = analyzed(BARE).to_dict()["totals"][figure]
    assert codes(f"{NET}  {figure}: {value}\n  {figure}.max: {value}") == []
    assert codes(f"{NET}  {figure}: {value + 1}") == ["CNN011"]


@pytest.mark.parametrize(
    ("expectation", "message"),
    [
        ("memory.training: {at: {optimzer: adam}, value: 1 KiB}", "`memory.training` cannot be computed at `optimzer`"),
        ("memory.training: {at: {optimizer: adm}, value: 1 KiB}", "not 'adm'; did you mean `adam`?"),
        ("memory.training: {at: {freeze: conv2}, value: 1 KiB}", "no layer or block is named 'conv2'; did you mean `conv1`?"),
        ("memory.training: {at: {batch: 0}, value: 1 KiB}", "`batch` is an integer of at least 1, not `0`"),
        ("memory.training: {at: {batch: 1.5}, value: 1 KiB}", "`batch` is an integer of at least 1, not `1.5`"),
        ("memory.training: {at: {weight_decay: yes}, value: 1 KiB}", "`weight_decay` is true or false, not `yes`"),
        ("memory.training: {at: {checkpoint: rot}, value: 1 KiB}", "checkpoint is auto, root or a number of segments, not 'rot'"),
        ("memory.training: {at: {schedule: bst}, value: 1 KiB}", "schedule is one of spec, best, not 'bst'; did you mean `best`?"),
        ("memory.training: {at: {autocast: float16, dtype: float16}, value: 1 KiB}", "autocast keeps float32 parameters"),
        ("memory.training: {at: [batch], value: 1 KiB}", "`at` is a mapping such as {batch: 32, optimizer: adam}, not a list"),
        ("memory.training: {at: {optimizer: [adam]}, value: 1 KiB}", "`optimizer` is a word, not a list"),
        ("memory.training: {at: {batch: 2}}", "`memory.training` has no `value`"),
        ("memory.training.peek: 1 KiB", "`memory.training.peek` names no figure"),
        ("memory.training.max: 1 KB", "`memory.training.max` is a size such as 600 MiB, or bytes, not `1 KB`"),
    ],
)
def test_bad_expectations(expectation, message):
    (found,) = diagnostics(f"{NET}  {expectation}")
    assert found.code.number in {"CNN012", "CNN008"}
    assert message in found.message


def test_the_largest_batch():
    """`expect` can check and bound the figures of `fit`."""
    at = "at: {device: 1MiB, optimizer: adam}"
    settings = request(device="1MiB", optimizer="adam")
    found = {way.group: way.batch for way in reversed(fitted(find(BARE_PATTERN), settings)[1].ways)}
    for group in ("inference", "training"):
        figure, batch = f"largest_batch.{group}", found[group]
        assert batch > 1
        assert codes(f"{NET}  {figure}: {{{at}, value: {batch}}}\n  {figure}.min: {{{at}, value: {batch}}}") == []
        assert codes(f"{NET}  {figure}.min: {{{at}, value: {batch + 1}}}\n  {figure}.max: {{{at}, value: {batch - 1}}}") == [
            "CNN011",
            "CNN011",
        ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "largest_batch.training: 3",
            "`largest_batch.training`: the largest batch depends on a device: `at: {device: 12GiB}`",
        ),
        (
            "largest_batch.training: {at: {device: 12}, value: 3}",
            "a size needs a unit, '12' has none; write 12GiB, or 12B for bytes",
        ),
        ("largest_batch.trainin: {at: {device: 12GiB}, value: 3}", "`largest_batch.trainin` names no figure that can be expected"),
    ],
)
def test_a_largest_batch_of_nothing(text, told):
    assert [each.message for each in diagnostics(f"{NET}  {text}")] == [told]


def test_the_work_that_checkpoints_cost():
    extra = cnncalc.analyze("vgg16", batch=32, checkpoint="auto").checkpoints[1].extra_macs
    key, at = "memory.training.checkpointing.extra_macs", "at: {batch: 32, checkpoint: auto}"
    spec = f"name: x\nbase: vgg16\nexpect:\n  {key}: {{{at}, value: {extra}}}\n  {key}.max: {{{at}, value: {extra - 1}}}\n"
    assert codes(spec) == ["CNN011"]


def test_the_receptive_field_can_be_bounded():
    field = "receptive_field"
    assert codes(f"{NET}  {field}: 4\n  {field}.max: 4\n  {field}.min: 4x4") == []
    assert [each.message for each in diagnostics(f"{NET}  {field}.max: 3\n  {field}.min: 4x5\n  {field}: 5")] == [
        "receptive_field is 4x4, above the maximum of 3x3",
        "receptive_field is 4x4, below the minimum of 4x5",
        "receptive_field is 4x4, not 5x5 as expected",
    ]
