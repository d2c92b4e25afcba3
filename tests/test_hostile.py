"""Short inputs from hostile trials: each ends in a diagnostic, not in an internal error."""

import pytest
from support import codes, diagnostics

SIDES = "`1:2:3` has 3 numbers for one axis, which has two sides"

CASES = [
    ("PAD(1:2:3)", ("CNN101", SIDES)),
    ("CROP(1:2:3)", ("CNN101", SIDES)),
    ("CONV3-4(padding=1:2:3)", ("CNN101", SIDES)),
    ("CONV3-4(share=1:2:3)", ("CNN101", SIDES)),
    ("PAD(1:2x3:4:5)", ("CNN101", "`3:4:5` has 3 numbers for one axis, which has two sides")),
    ("PAD(1:2:3:4)", ("CNN101", "`1:2:3:4` has 4 numbers for one axis, which has two sides")),
    ("BN(eps=-1)", ("CNN108", "BN eps must be at least 0, not -1")),
    ("LN(eps=-1)", ("CNN108", "LN eps must be at least 0, not -1")),
    ("DIVN(3, sigma=-0.5)", ("CNN108", "DIVN sigma must be at least 0, not -0.5")),
    ("DROPOUT(1e400)", ("CNN108", "DROPOUT rate must be at least 0 and below 1, not inf")),
    *((f"{kind}(from=a*)", ("CNN110", "no step is named `a` so far")) for kind in ("CONV3-4", "DWCONV3", "POOL2", "RELU", "GAP")),
    ("RESHAPE(2x2x16, from=a*)", ("CNN110", "no step is named `a` so far")),
    ("RELU(share=3)", ("CNN108", "RELU share names an earlier step, not 3")),
    ("RELU(share=1x2)", ("CNN108", "RELU share names an earlier step, not 1x2")),
    ("RELU(share=(1+2))", ("CNN108", "RELU share names an earlier step, not 1+2")),
]


@pytest.mark.parametrize("step, said", CASES)
def test_a_step_that_is_wrong(step, said):
    assert [(each.code.number, each.message) for each in diagnostics(f"INPUT[4x4x4] -> TANH -> {step}")] == [said]


@pytest.mark.parametrize("layer", ["relu: {share: a*}", "output: {from: a*}", "relu: {from: a*}", "add: {from: a*}"])
def test_a_star_without_steps_in_layers(layer):
    assert set(codes(f"input: 4x4x4\nlayers:\n  - tanh\n  - {layer}\n")) <= {"CNN110", "CNN207"}
    assert codes(f"input: 4x4x4\nlayers:\n  - tanh\n  - {layer}\n")


def test_a_named_output_and_two_mistakes():
    text = "INPUT[8x8x3] -> CONV3 -> { | GAP -> FC-10 -> OUTPUT(aux) } -> CONV3-4 -> CONV3-4(from=a)"
    assert codes(text) == ["CNN108", "CNN110"]
    assert codes("input: 7x7x3\nlayers:\n  -\n  - output: x\n  -\n  - slice: {t: l, from: z}\n")[-2:] == ["CNN107", "CNN110"]
