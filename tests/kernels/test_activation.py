"""Activations compared with their formulas in plain Python, in place, and for extreme values."""

import math

import numpy as np
import pytest

from cnncalc.kernels import activation
from cnncalc.kernels.after import everything
from cnncalc.kernels.erf import normal_cdf
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.program import do


def logistic(v):
    return 1 / (1 + math.exp(-v)) if v > -700 else 0.0


FORMULAS = {
    "relu": lambda v: max(v, 0.0),
    "relu6": lambda v: min(max(v, 0.0), 6.0),
    "leaky_relu": lambda v: v if v > 0 else 0.01 * v,
    "elu": lambda v: v if v > 0 else math.expm1(v),
    "selu": lambda v: 1.0507009873554805 * (v if v > 0 else 1.6732632423543772 * math.expm1(v)),
    "sigmoid": logistic,
    "tanh": math.tanh,
    "silu": lambda v: v * logistic(v),
    "hswish": lambda v: v * min(max(v + 3, 0), 6) / 6,
    "hsigmoid": lambda v: min(max(v / 6 + 0.5, 0), 1),
    "gelu": lambda v: v * 0.5 * math.erfc(-v / math.sqrt(2)),
    "mish": lambda v: v * math.tanh(math.log1p(math.exp(-abs(v))) + max(v, 0)),
}
POINTS = np.concatenate([np.linspace(-12, 12, 481), [-1e4, -50.0, 0.0, 50.0, 1e4]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_formula(name, dtype):
    x = POINTS.astype(dtype)
    y = getattr(activation, name)(x)
    assert y.dtype == dtype
    expected = [FORMULAS[name](float(v)) for v in x]
    digits = 1e-6 if dtype is np.float32 else 1e-13
    np.testing.assert_allclose(y, expected, rtol=digits, atol=digits)


@pytest.mark.parametrize("name", [*sorted(FORMULAS), "softmax"])
def test_in_place_and_out_of_place_agree(name):
    kernel = getattr(activation, name)
    x = np.random.default_rng(0).standard_normal((2, 9, 300, 70)).astype(np.float32)
    before = x.copy()
    y = kernel(x)
    assert (x == before).all()
    result = kernel(x, out=x)
    assert result is x
    assert (x == y).all()


@pytest.mark.parametrize("name", [*sorted(FORMULAS), "softmax"])
def test_a_nan_stays(name):
    x = np.array([[1.0, np.nan, -1.0]])
    y = getattr(activation, name)(x)
    assert np.isnan(y[0, 1])
    assert name == "softmax" or not np.isnan(y[0, [0, 2]]).any()


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_arrays_that_are_no_run_of_memory(name):
    wide = np.random.default_rng(0).standard_normal((2, 3, 4, 10))
    part = wide[..., 2:7]
    kernel = getattr(activation, name)
    np.testing.assert_array_equal(kernel(part), kernel(part.copy()))


def test_prelu_slopes_are_per_channel_or_one():
    x = np.array([[[-1.0, -2.0, 3.0]]])
    assert activation.prelu(x, np.array([0.1, 0.2, 0.3])).tolist() == [[[-0.1, -0.4, 3.0]]]
    assert activation.prelu(x, np.array([0.5])).tolist() == [[[-0.5, -1.0, 3.0]]]
    with pytest.raises(MisfitError, match=r"slopes of shape \(2,\) for depth 3"):
        activation.prelu(x, np.array([0.1, 0.2]))


def test_gelu_by_tanh():
    x = POINTS[np.abs(POINTS) < 20]
    expected = [v * 0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))) for v in x]
    np.testing.assert_allclose(activation.gelu(x, approximate=True), expected, atol=1e-13)


def test_normal_distribution_to_the_last_digits():
    x = np.concatenate([np.linspace(-37, 9, 4601), [-math.inf, math.inf]])
    expected = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x])
    np.testing.assert_allclose(normal_cdf(x), expected, rtol=0, atol=2e-15)
    tail = (x > -6) & (x < 0)
    np.testing.assert_allclose(normal_cdf(x)[tail], expected[tail], rtol=3e-14)
    y = normal_cdf(x.astype(np.float32))
    np.testing.assert_allclose(y, expected, rtol=0, atol=2e-7)


def test_softmax_does_not_overflow():
    y = activation.softmax(np.array([[1000.0, 1000.0, -1000.0]]))
    assert y.tolist() == [[0.5, 0.5, 0.0]]


def test_out_must_fit():
    with pytest.raises(MisfitError, match=r"out is float64 of shape \(3,\), the result float32 of shape \(2,\)"):
        activation.relu(np.zeros(2, np.float32), out=np.zeros(3))


def test_relu_of_a_tile_of_any_size():
    x = np.random.default_rng(0).standard_normal(1 << 19)
    y = x.copy()
    do(activation.relu_after(everything(y)))
    assert (y == np.maximum(x, 0)).all()
    y[:] = x * 9
    do(activation.relu6_after(everything(y)))
    assert (y == np.clip(x * 9, 0, 6)).all()


def test_empty_volumes():
    assert activation.relu(np.zeros((0, 3, 3, 2))).shape == (0, 3, 3, 2)
