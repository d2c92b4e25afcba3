"""`expect` bounds every figure of memory, under the settings that `at` names."""

import pytest
from support import analyzed, codes, diagnostics

from cnncalc.analyses.expectations import SETTINGS, SIZES

BARE = "name: x\ninput: 8x8x4\npattern: CONV3-8 -> BN -> RELU -> POOL2 -> FC-3\n"
NET = f"{BARE}expect:\n"


@pytest.mark.parametrize("figure", SIZES)
def test_every_size_can_be_expected_and_bounded(figure):
    value = SIZES[figure](analyzed(BARE))
    assert codes(f"{NET}  {figure}: {value}\n  {figure}.max: {value}\n  {figure}.min: {value}") == []
    assert codes(f"{NET}  {figure}: {value + 1}\n  {figure}.min: {value + 1}") == ["CNN011", "CNN011"]


def test_the_sizes_are_those_of_the_json():
    report = analyzed(BARE)
    memory = report.to_dict()["memory"]
    for figure, value in SIZES.items():
        place = memory
        for key in figure.split(".")[1:]:
            place = place[key]
        assert value(report) == (place["peak"] if isinstance(place, dict) else place), figure


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
    assert len(SETTINGS) == 10
    at = "batch: 2, dtype: float32, optimizer: adam, autocast: float16, weight_decay: false, norm: eval, checkpoint: auto, schedule: best, augmented: 3"
    assert codes(f"{NET}  memory.miscellaneous.augmented: {{at: {{{at}, freeze: [conv1]}}, value: {3 * 2 * 256 * 2}}}") == []


@pytest.mark.parametrize("figure", ["backward_macs", "gradient_values", "gradient_params"])
def test_the_work_of_training(figure):
    value = analyzed(BARE).to_dict()["totals"][figure]
    assert codes(f"{NET}  {figure}: {value}\n  {figure}.max: {value}") == []
    assert codes(f"{NET}  {figure}: {value + 1}") == ["CNN011"]


@pytest.mark.parametrize(
    ("expectation", "message"),
    [
        ("memory.training: {at: {optimzer: adam}, value: 1 KiB}", "`memory.training` cannot be worked out at `optimzer`"),
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
