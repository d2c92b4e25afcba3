"""The backward step of each kind, on its examples: gradients against central differences in float64, and what it reads and keeps.

An array that `keeps` does not state is hollow: NaN everywhere. A gradient that is right has not read it.
"""

from itertools import product

import numpy as np
import pytest
from backward_cases import BATCH, CASES, IDS, Case
from support import layer

from cnncalc.forward.backward_check import check, hollow, saved_bytes
from cnncalc.layers.base import Kept, Misfit, Wanted

UNREAD = {
    "AVGPOOL": "PyTorch keeps the input for its shape",
    "DIVN": "PyTorch's average pool keeps the squares for their shape",
    "GMP": "PyTorch keeps the input for its shape",
    "L2POOL": "PyTorch's average pool keeps the squares for their shape",
    "LCN": "PyTorch's convolutions keep their input where the kernel is a constant too",
    "LRN": "PyTorch's average pool keeps the squares for their shape",
    "NORM(depth, p=0)": "PyTorch keeps both for every p",
    "NORM(depth, p=1)": "PyTorch keeps both for every p",
    "PAD(1:2, mode=replicate)": "PyTorch keeps the input for its shape",
    "PAD(2:1, mode=reflect)": "PyTorch keeps the input for its shape",
    "POOL": "PyTorch keeps the input for its shape",
    "UPSAMPLE(size=2, mode=area)": "PyTorch keeps the input for its shape",
}
"""Kinds and layers of which the backward step does not read all that is kept, and why it is kept."""


def arrays(found):
    return [each for each in (*found.inputs, *found.weights.values()) if each is not None]


@pytest.mark.parametrize("label, inputs", CASES, ids=IDS)
class TestGradients:
    @pytest.mark.parametrize("training", [True, False])
    def test_agree_with_central_differences(self, label, inputs, training):
        for seed in range(3):
            case = Case(label, inputs, seed, training=training)
            found = check(case.run, case.inputs, case.weights, case.learned, case.alone, case.rng)
            assert found.error < 1e-5 * max(1, abs(found.gradients)), found

    def test_leave_the_gradient_of_the_output_as_it_is(self, label, inputs):
        case = Case(label, inputs)
        before = case.slope.copy()
        case.gradients()
        np.testing.assert_array_equal(case.slope, before)

    def test_have_the_shapes_of_their_arrays(self, label, inputs):
        case = Case(label, inputs)
        found = case.gradients()
        joined = case.layer.merges and case.alone.gradient in {"products", "signed", "same"}
        sizes = [case.slope.shape if joined else shape for shape in case.shapes]
        assert [each.shape for each in found.inputs] == sizes
        assert {name: each.shape for name, each in found.weights.items()} == {
            name: case.weights[name].shape for name in case.learned
        }

    def test_only_those_wanted(self, label, inputs):
        case = Case(label, inputs)
        every = case.gradients()
        none = [False] * len(case.inputs)
        for at in range(len(case.inputs)):
            wanted = Wanted(tuple(place == at for place in range(len(case.inputs))), weights=False)
            fact = case.layer.keeps_for(case.alone, case.sizes, wanted.inputs, learns=False)
            found = case.gradients(fact, wanted)
            assert not found.weights
            np.testing.assert_allclose(found.inputs[at], every.inputs[at], rtol=1e-9, atol=1e-12)
        if case.learned:
            fact = case.layer.keeps_for(case.alone, case.sizes, none, learns=True)
            found = case.gradients(fact, Wanted(tuple(none)))
            assert all(each is None for each in found.inputs)
            for name, gradient in found.weights.items():
                np.testing.assert_allclose(gradient, every.weights[name], rtol=1e-9, atol=1e-12)

    def test_in_place(self, label, inputs):
        """The gradients are the same where the output overwrites the input."""
        case = Case(label, inputs)
        if case.fact.storage == "in place":
            for one, other in zip(arrays(case.gradients(case.fact, overwritten=True)), arrays(case.gradients()), strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("label, inputs", CASES, ids=IDS)
class TestMemory:
    @pytest.mark.parametrize("training", [True, False])
    def test_keeps_so_many_bytes(self, label, inputs, training):
        case = Case(label, inputs, training=training)
        for fact, spare in ((case.fact, case.fact.storage == "in place"), (case.alone, False)):
            saved = case.passed(spare=spare).saved
            assert sum(each.nbytes for each in saved.values()) == saved_bytes(fact, BATCH, 8, 8), {
                name: (each.shape, each.dtype) for name, each in saved.items()
            }

    def test_keeps_what_the_wanted_gradients_need(self, label, inputs):
        case = Case(label, inputs)
        for gradients in product([False, True], repeat=len(case.inputs)):
            for learns in {False, bool(case.learned)}:
                if any(gradients) or learns:
                    fact = case.layer.keeps_for(case.alone, case.sizes, gradients, learns=learns)
                    saved = case.passed(wanted=Wanted(gradients, weights=learns)).saved
                    assert sum(each.nbytes for each in saved.values()) == saved_bytes(fact, BATCH, 8, 8), (gradients, learns)

    @pytest.mark.parametrize("training", [True, False])
    def test_output_lies_where_it_says(self, label, inputs, training):
        case = Case(label, inputs, training=training)
        for fact, spare in ((case.fact, case.fact.storage == "in place"), (case.alone, False)):
            given = [each.copy() for each in case.inputs]
            output = case.run.run(given, case.weights, spare=spare).output
            assert np.shares_memory(output, given[0]) == (fact.storage != "new")

    def test_gradients_lie_where_they_should(self, label, inputs):
        case = Case(label, inputs)
        shared = [np.shares_memory(each, case.slope) for each in case.gradients().inputs]
        told = case.alone.gradient
        assert shared == [told in {"same", "views"} or (told == "signed" and at == 0) for at in range(len(shared))]

    def test_what_is_kept_is_read(self, label, inputs):
        """Without an array that it keeps, the backward step has other gradients."""
        case = Case(label, inputs)
        passed = case.passed()
        right = arrays(case.gradients(passed=passed))
        unread = []
        for at in case.alone.kept(range(len(case.inputs))):
            given = [hollow(each) if place == at else each for place, each in enumerate(case.inputs)]
            unread += [f"input {at}"] * same(right, arrays(case.gradients(passed=passed, inputs=given)))
        if case.alone.output:
            unread += ["output"] * same(right, arrays(case.gradients(passed=passed._replace(output=hollow(passed.output)))))
        for name, array in passed.saved.items():
            spoilt = {**passed.saved, name: hollow(array) if array.dtype.kind == "f" else 1 - array}
            unread += [name] * same(right, arrays(case.gradients(passed=passed._replace(saved=spoilt))))
        stored = case.layer.holds_weights and not case.learned  # PyTorch's convolutions keep their input even so
        assert not unread or stored or {label, case.layer.name()} & UNREAD.keys(), unread


def same(one, other):
    """Return whether all gradients are equal."""
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_nothing_is_before_the_image():
    given = np.ones((1, 2, 2, 3))
    assert layer("INPUT[2x2x3]").backward(Kept((), given, {}), given, {}, Wanted(())).inputs == ()


def test_a_layer_without_a_function_has_no_gradient():
    with pytest.raises(Misfit, match="OPAQUE has no backward step: its function is not modelled"):
        layer("OPAQUE(4x4x10)").backward(Kept((), None, {}), None, {}, Wanted((True,)))
