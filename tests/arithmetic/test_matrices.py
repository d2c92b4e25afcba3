"""Layers as products of matrices: the products are the forward pass, and the entries stand where the sources have them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import layer, volume
from windowed_layers import layers, staged

from cnncalc.arithmetic import matrices
from cnncalc.arithmetic.small import WEIGHTS, integers, weights
from cnncalc.arithmetic.window import Stage, place_at
from cnncalc.layers.base import Misfit


def whole_im2col(stage, place):
    """Return all of the matrices."""
    neuron = stage.neuron(place)
    positions = int(np.prod(stage.output.size))
    group, _ = matrices.group_of(stage, place)
    return matrices.im2col(stage, place, range(neuron.cells), range(positions), range(group))


def whole_sparse(stage):
    return matrices.sparse(stage, range(stage.output.values), range(stage.inputs[0].values))


def stretched(array):
    """Return an array in the axes of the notes, slice by slice, row by row."""
    return array.transpose().reshape(-1)


def biases(stage):
    """Return the bias of each number of the output, stretched out."""
    found = [stage.neuron(place_at(stage.output, at)).bias for at in range(stage.output.values)]
    return np.array([0 if each is None else stage.weights["bias"][each] for each in found])


@given(layers())
@settings(max_examples=60, deadline=None)
def test_the_products_are_the_forward_pass(case):
    made, size = case
    try:
        stage = staged(made, size)
    except Misfit:
        return
    if matrices.is_linear(stage):
        found = whole_sparse(stage)
        np.testing.assert_allclose(found.matrix.numbers @ stretched(stage.x), found.product, atol=1e-9)
        wanted = stretched(stage.v) - biases(stage)
        np.testing.assert_allclose(np.where(np.isfinite(wanted), found.product, wanted), wanted, atol=1e-9)
        assert found.weights == found.structure.sum()
    if matrices.shares_windows(stage):
        for k in range(stage.output.depth):
            found = whole_im2col(stage, (*(0 for _ in stage.output.size), k))
            if found.filters is not None:
                np.testing.assert_array_equal(found.filters.numbers @ found.columns.numbers, found.result.numbers)
                assert found.first <= k < found.first + found.result.rows
            assert found.entries == found.columns.numbers.size


def test_the_tutorial_s_sparse_matrix():
    """Knet tutorial, Convolution vs matrix multiplication: w = [1,2,3], x = [1..7], rows 3 2 1 shifted, y = [10,16,22,28,34]."""
    stage = staged(layer("CONV3-1(padding=0, bias=false, mode=convolution)"), volume("7x1"))
    stage = stage._replace(x=np.arange(1.0, 8).reshape(7, 1), weights={"weight": np.array([1.0, 2, 3]).reshape(3, 1, 1)})
    found = whole_sparse(stage)
    assert found.matrix.numbers.tolist() == [[0] * at + [3, 2, 1] + [0] * (4 - at) for at in range(5)]
    assert found.product.tolist() == [10, 16, 22, 28, 34]
    columns = whole_im2col(stage, (0, 0))
    assert columns.columns.numbers.tolist() == [[1, 2, 3, 4, 5], [2, 3, 4, 5, 6], [3, 4, 5, 6, 7]]
    assert columns.filters.numbers.tolist() == [[3, 2, 1]]


def test_x_col_has_the_order_of_torch_unfold():
    torch = pytest.importorskip("torch")
    stage = staged(layer("CONV3x2-2/2(padding=1)"), volume("5x4x3"))
    image = torch.tensor(stage.x.transpose(2, 1, 0).copy())[None]
    unfolded = torch.nn.functional.unfold(image, (2, 3), padding=1, stride=2)[0].numpy()
    assert whole_im2col(stage, (0, 0, 0)).columns.numbers.tolist() == unfolded.tolist()


def test_copies_of_alexnet_s_first_layer():
    """227x227x3 by 11x11 at stride 4: X_col is [363 x 3025], 7.1 times the input."""
    size = volume("227x227x3")
    made = layer("CONV11-96/4(padding=0)")
    stage = Stage(
        made, (size,), made.infer((size,)), np.zeros(size.sides), np.zeros((55, 55, 96)), {"weight": np.zeros((11, 11, 3, 96))}
    )
    found = matrices.copies(stage)
    assert found.sum() * 3 == 363 * 3025
    assert found.max() == 9  # 3 windows in each direction
    assert round(float(found.mean()), 1) == 7.1


@given(st.integers(0, 99), st.sampled_from(["x", "conv1/weight"]))
def test_small_integers_are_small_and_repeat(seed, name):
    found = integers((4, 4), WEIGHTS, seed, name)
    assert set(found.reshape(-1).tolist()) <= {-1, 0, 1}
    assert found.tolist() == integers((4, 4), WEIGHTS, seed, name).tolist()


def test_arrays_of_norms_change_nothing():
    assert weights((2,), "scale", "weight", 0, "bn/scale").tolist() == [1, 1]
    assert weights((2,), "mean", "buffer", 0, "bn/mean").tolist() == [0, 0]
    assert set(weights((50,), "bias", "bias", 0, "conv/bias").tolist()) == {0, 1}


@pytest.mark.parametrize(
    ("text", "size", "im2col", "linear"),
    [
        ("CONV3-2", "5x5x2", True, True),
        ("POOL2", "4x4x2", True, True),
        ("L2POOL2", "4x4x2", True, False),
        ("LRN", "2x2x4", False, False),
        ("LOCAL2-2(padding=0)", "4x4x2", False, True),
        ("DECONV3-2/2", "3x3x2", False, True),
        ("FC-3", "3x3x2", True, True),
        ("POOL(out=2)", "5x5x1", True, True),
        ("AVGPOOL(out=3)", "5x1", False, True),
    ],
)
def test_which_layers_are_products(text, size, im2col, linear):
    stage = staged(layer(text), volume(size))
    assert matrices.shares_windows(stage) == im2col
    assert matrices.is_linear(stage) == linear
