"""Labels show what makes the layers of a network differ."""

from itertools import combinations

import pytest
from support import labels, layer, volume

from cnncalc.analyses.labels import marks
from cnncalc.layers import kinds
from cnncalc.layers.base import BadOptionsError, Misfit
from cnncalc.layers.options import BadValueError
from cnncalc.maths.volume import Dims, Factors, Sides, Words

NAMES = sorted(set(kinds.names()) - set(kinds.SYNONYMS) - {"INPUT"})  # an input shows its one option as its volume
AXES = (Words(("width", "depth")), "width", "height", "depth", "positions", "volume", "batch", "all", "groups", "channels")
MODES = ("floor", "ceil", "ceil_caffe", "same", "valid", "same_upper", "same_lower", "reflect", "circular", "convolution", "within")
RESIZING = ("bilinear", "bicubic", "area", "dcr", "crd", "tanh", "pixel", "whole", Factors((1.5, 2.0)))
NUMBERS = (0, 1, 2, 3, 4, 0.5, 2.5, Dims((1, 2)), Dims((2, 1)), Sides(((0, 1), (1, 0))), volume("4x4x4"))
VALUES = (True, False, *NUMBERS, *AXES, *MODES, *RESIZING)


def variants(made):
    """Yield a layer with each other value of each of its options."""
    for option in made.options:
        for value in VALUES:
            try:
                yield made.replaced(**{option.name: option.read(value)})
            except (BadValueError, BadOptionsError):
                continue


def figures(made, inputs):
    """Return all figures of a layer on its inputs; None if it does not fit."""
    try:
        output = made.infer(inputs)
        return (
            output.text,
            [(each.name, each.shape, each.role) for each in made.weights(inputs)],
            [each.value for each in made.work(inputs, output)[:2]],
            made.keeps(inputs, output, training=True),
            made.keeps(inputs, output, training=False),
            [each and (each.axes, each.form) for each in made.windows(inputs)],
        )
    except Misfit:
        return None


@pytest.mark.parametrize("name", NAMES)
def test_layers_with_different_figures_have_different_labels(name):
    by_input = {}
    for example in kinds.find(name).examples:
        base = layer(example.label)
        by_input.setdefault(tuple(map(volume, example.inputs.split())), []).extend((base, *variants(base)))
    assert by_input
    for inputs, made in by_input.items():
        alike = {}
        for each in made:
            if (found := figures(each, inputs)) is not None:
                alike.setdefault(each.full_label(), {}).setdefault(repr(found), each)
        for group in alike.values():
            for one, other in combinations(group.values(), 2):
                first, second = marks((one, other))
                assert first != second, f"{one.text()} and {other.text()} are both {one.label()} on {inputs}"


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("INPUT[32x32x8] -> CONV3-8(dilation=2, padding=2)", ["CONV3-8 d2"]),  # the padding that `same` means
        ("INPUT[32x32x8] -> CONV3-8(padding=1) -> CONV3-8(padding=0)", ["CONV3-8", "CONV3-8 p0"]),
        ("INPUT[32x32x8] -> CONV3-8(groups=4, dilation=2x1)", ["CONV3-8 d2x1 g4"]),
        ("INPUT[32x32x8] -> CONV3-8(padding=same_upper)", ["CONV3-8 same_upper"]),
        ("INPUT[32x32x8] -> CONV3-8(bias=false)", ["CONV3-8"]),
        ("INPUT[32x32x8] -> CONV3-8 -> CONV3-8(bias=false)", ["CONV3-8", "CONV3-8 no bias"]),
        ("INPUT[32x32x8] -> CONV3-8(P=0) -> CONV3-8(bias=false)", ["CONV3-8 p0", "CONV3-8"]),
        ("INPUT[32x32x8] -> POOL2 -> POOL2(padding=1)", ["POOL2", "POOL2 p1"]),
        ("INPUT[5x5x8] -> POOL2(rounding=ceil)", ["POOL2 ceil"]),
        ("INPUT[5x5x8] -> DECONV3-8/2(padding=same)", ["DECONV3-8/2 same"]),
        ("INPUT[5x5x8] -> DECONV3-8/2(P=1, output_padding=1)", ["DECONV3-8/2 p1 op1"]),
        ("INPUT[5x5x8] -> BN(eps=0.001) -> BN", ["BN", "BN"]),  # no figure depends on it
    ],
)
def test_labels(pattern, wanted):
    assert labels(pattern) == wanted
