"""`expect`: met and broken expectations, and all messages in full in tests/golden/messages_expect.txt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import Messages, codes

from cnncalc.checks.amount import Amount

NET = "name: x\ninput: 8x8x4\npattern: CONV3-8 -> pool=POOL2 -> FC-3\nexpect:\n"
# conv 288 + 8, fc 128*3 + 3: 683 parameters, 18432 + 384 MACs, 256 + 512 + 128 + 3 values
HOLD = [
    "output: 1x1x3",
    "params: 683",
    "weights: 672",
    "biases: 11",
    "buffers: 0",
    "values: 899",
    "macs: 18816",
    "macs: 18.8K",
    "macs: 19K",
    "macs: 0.02M",
    "macs: 18.82K",
    "layers: 4",
    "params.max: 683",
    "params.min: 683",
    "params.max: 1K",
    "params.min: 0.6K",
    "macs.max: 1M",
    "flops.min: 37632",
    "memory.forward: 3596",
    "memory.forward: 3596 B",
    "memory.forward: 3.51 KiB",
    "memory.forward: 4 KiB",
    "memory.forward.max: 4 KiB",
    "memory.forward: {at: {batch: 2, dtype: float16}, value: 3596}",
    "memory.parameters: 2732",
    "memory.images: {at: {batch: 4}, value: 4 KiB}",
    "receptive_field: 4",
    "receptive_field: 4x4",
    "shapes: {pool: 4x4x8, conv1: 8x8x8, input: 8x8x4}",
]


@pytest.mark.parametrize("line", HOLD)
def test_holds(line):
    assert codes(f"{NET}  {line}\n") == []


CASES = {
    "a count that is less": "params: 684",
    "a count that is more": "params: 682",
    "a rounded count": "macs: 18.7K",
    "a count above its budget": "params.max: 682",
    "a count below its least": "params.min: 0.7K",
    "a count below its least by a fraction": "params.min: 0.6834K",
    "an output": "output: 1x1x4",
    "an output of another rank": "output: 3",
    "an output that is a number": "output: 1.5",
    "an output that is a list": "output: [1, 1, 3]",
    "a shape": "shapes: {pool: 4x4x9}",
    "a shape of no layer": "shapes: {pol: 4x4x8}",
    "a shape that is a word": "shapes: {pool: big}",
    "shapes that are a text": "shapes: 4x4x8",
    "a receptive field": "receptive_field: 3",
    "a receptive field along two axes": "receptive_field: 4x5",
    "a size": "memory.forward: 3597",
    "a size above its budget": "memory.forward.max: 3 KiB",
    "a size at a batch": "memory.forward: {at: {batch: 3}, value: 3596}",
    "a size in MB": "memory.forward.max: 600 MB",
    "a size with an unknown unit": "memory.forward.max: 6 pages",
    "a count with a unit of bytes": "params: 683 KiB",
    "a count with commas": "params: 1,683",
    "a count with a comparison": "params: <= 200K",
    "a lower bound with a comparison": "params.max: '> 1K'",
    "a comparison in the key": "'params < 3K': true",
    "a count with a mapping of bounds": "params: {max: 100K}",
    "a count with a small letter": "params: 200 k",
    "a negative count": "params: -683",
    "a count that is a word": "params: many",
    "a count that is a list": "params: [683]",
    "a count of too many digits": "params: 1" + "0" * 30,
    "a figure that does not exist": "param: 683",
    "a figure with a misspelt bound": "params.mx: 683",
    "a size at nothing known": "memory.forward: {at: {batches: 3}, value: 3596}",
    "a size at a bad batch": "memory.forward: {at: {batch: 0}, value: 3596}",
    "a size without a value": "memory.forward: {at: {batch: 3}}",
    "a size with an unknown key": "memory.forward: {when: {batch: 3}, value: 3596}",
    "two that fail": "params: 1\n  macs: 1",
}
MESSAGES = Messages("messages_expect.txt", [(case, f"{NET}  {line}\n") for case, line in CASES.items()])


@pytest.mark.parametrize("case", CASES)
def test_message(case):
    MESSAGES.check(case)


@pytest.mark.parametrize("case", CASES)
def test_fails(case):
    found = codes(MESSAGES.cases[case])
    assert found
    assert set(found) <= {"CNN008", "CNN011", "CNN012"}


@given(value=st.integers(0, 10**15), unit=st.sampled_from([1, 10**3, 10**6, 10**9, 2**10, 2**20]), decimals=st.integers(0, 3))
def test_law_a_figure_is_equal_when_it_is_the_value_rounded_half_up_to_its_digits(value, unit, decimals):
    from fractions import Fraction

    if unit == 1:
        decimals = 0
    scaled = Fraction(value * 10**decimals, unit)
    rounded = int(scaled + Fraction(1, 2))
    for number in (rounded - 1, rounded, rounded + 1):
        assert Amount("", number, decimals, unit).equals(value) == (number == rounded)


@given(number=st.integers(0, 10**6), decimals=st.integers(0, 3), unit=st.sampled_from([1, 1000, 1024]), value=st.integers(0, 10**9))
def test_law_budgets_are_exact(number, decimals, unit, value):
    from fractions import Fraction

    assert Amount("", number, decimals, unit).below(value) == (Fraction(number * unit, 10**decimals) < value)
    assert Amount("", number, decimals, unit).above(value) == (Fraction(number * unit, 10**decimals) > value)
