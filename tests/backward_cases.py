"""The layers whose backward step is tested: the examples of all kinds, also in place, and further options."""

import numpy as np
from support import layer, volume

from cnncalc.forward.backward_check import Pass, kept
from cnncalc.layers import kinds
from cnncalc.layers.base import Wanted

NAMES = sorted(kinds.names() - kinds.SYNONYMS.keys() - {"INPUT"})
MODELLED = [name for name in NAMES if kinds.find(name).modelled]
OPTIONS = (
    ("ELU(-2, overwrite=true)", "4x3x2"),
    ("LEAKYRELU(-0.5, overwrite=true)", "4x3x2"),
    ("CELU(-2, overwrite=true)", "4x3x2"),
    ("CELU(0.5, overwrite=true)", "4x3x2"),
    ("PRELU(overwrite=true, shared=true)", "4x3x2"),
    ("POW(0.5)", "4x3x2"),
    ("SOFTMAX(groups, groups=3)", "4x3x6"),
    ("ATTENTION(2, window=3x2, shift=1, relative=true)", "6x4x4"),
    ("ATTENTION(2, window=3x2, shift=2x1, relative=true, fused=false, projection=false)", "6x4x4"),
    ("ATTENTION(2, grid=3x2, relative=true, out=3)", "6x4x4"),
    ("ATTENTION(4, units=8, kv_heads=2, fused=false, out_bias=false)", "5x6"),
    ("ATTENTION(4, units=8, kv_heads=2)", "3x2x6 5x1x4"),
    *((kind, "5x4x6") for kind in ("BN", "IN(affine=true)", "LN", "LN(volume)", "GN(3)", "RMSNORM(volume)", "GRN", "AFFINE")),
    *(("BN(scale=false)", "3x2x2x4"), ("BN(frozen=true)", "4x3x2"), ("BN(running=false)", "7x2"), ("GRN", "3x2x2x4")),
    *(("LRN(5, alpha=0.5)", "4x3x6"), ("LRN(4, alpha=2, k=1)", "4x6"), ("LRN(kernel=4x3, alpha=2, mode=within)", "6x5x2")),
    *(("LCN5", "7x6x3"), ("LCN4", "9x2"), ("DIVN(kernel=4x3)", "6x5x2"), ("DIVN(2, sigma=0)", "6x2")),
    *(("DROPOUT(0.3)", "5x4x3"), ("DROPOUT(0.3, channels=true, overwrite=true)", "5x4x3"), ("STOCHDEPTH(0.4)", "5x4x3")),
    *(
        ("TABLE(1x3x1)", "5x3x2"),
        ("MATMUL(heads=2, transpose_a=true)", "3x2x4 2x3x2"),
        ("MATMUL(heads=2, transpose_b=true)", "5x4 3x4"),
    ),
)
"""Layers with options, or a combination of them, that no example has."""
MOST = 20_000
"""Values of the volumes and arrays of an example that is run."""
EXAMPLES = {
    f"{example.label} of {example.inputs}": (example.label, example.inputs)
    for name in MODELLED
    for example in kinds.find(name).examples
    if sum(volume(each).values for each in example.inputs.split()) + example.weights <= MOST
}
OVERWRITING = {
    f"{name} in place": (layer(label).replaced(overwrite=True).text(), inputs)
    for name, (label, inputs) in EXAMPLES.items()
    if layer(label).value("overwrite") is False
}
EXAMPLES |= OVERWRITING | {f"{label} of {inputs}": (label, inputs) for label, inputs in OPTIONS}
CASES = list(EXAMPLES.values())
IDS = list(EXAMPLES)
BATCH = 2


class Case:
    """A layer with random inputs and weights of float64."""

    def __init__(self, label, inputs, seed=0, *, training=True):
        self.layer = layer(label)
        self.sizes = tuple(map(volume, inputs.split()))
        self.output = self.layer.infer(self.sizes)
        self.rng = np.random.default_rng(seed)
        self.shapes = [(BATCH, *reversed(each.size), each.depth) for each in self.sizes]
        tensors = self.layer.weights(self.sizes)
        self.learned = [each.name for each in tensors if each.role != "buffer"]
        self.weights = {each.name: self.rng.uniform(0.5, 1.5, each.shape) for each in tensors}
        self.fact = self.layer.keeps(self.sizes, self.output, training=training)
        alone = self.fact.otherwise or self.fact
        self.alone = self.layer.keeps_for(alone, self.sizes, [True] * len(self.sizes), learns=bool(self.learned))
        self.run = Pass(self.layer, training, seed)
        self.inputs = [self.rng.standard_normal(shape) for shape in self.shapes]
        with np.errstate(all="ignore"):
            if not np.isfinite(self.run.run(self.inputs, self.weights).output).all():
                self.inputs = [np.abs(each) + 0.5 for each in self.inputs]
        self.slope = self.rng.standard_normal(self.passed().output.shape)

    def passed(self, *, spare=False, wanted=None):
        return self.run.run([each.copy() for each in self.inputs], self.weights, spare=spare, wanted=wanted)

    def gradients(self, fact=None, wanted=None, passed=None, *, inputs=None, overwritten=False):
        passed = passed or self.passed(spare=overwritten, wanted=wanted)
        held = kept(fact or self.alone, inputs or self.inputs, passed, overwritten=overwritten)
        return self.layer.backward(
            held, self.slope, self.weights, wanted or Wanted((True,) * len(self.inputs), weights=bool(self.learned))
        )
