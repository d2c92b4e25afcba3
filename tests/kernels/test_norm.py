"""Normalizations compared with their formulas."""

import numpy as np
import pytest

from cnncalc.kernels import norm, norm_local
from cnncalc.kernels.errors import MisfitError

RNG = np.random.default_rng(0)
X = RNG.standard_normal((2, 8, 6, 12)) * 3 + 5
GAMMA, BETA = RNG.standard_normal(12), RNG.standard_normal(12)


def standard(x, axes):
    return (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + 1e-5)


def test_batch_norm():
    mean, variance = RNG.standard_normal(12), RNG.random(12)
    expected = GAMMA * (X - mean) / np.sqrt(variance + 1e-5) + BETA
    np.testing.assert_allclose(norm.batch_norm(X, mean, variance, GAMMA, BETA), expected, atol=1e-12)
    plain = norm.batch_norm(X, mean, variance)
    np.testing.assert_allclose(plain, (X - mean) / np.sqrt(variance + 1e-5), atol=1e-12)
    flat = X.reshape(-1, 12)
    np.testing.assert_allclose(norm.batch_norm(flat, mean, variance).reshape(X.shape), plain, atol=1e-12)


def test_layer_norm():
    expected = standard(X, (-1,)) * GAMMA + BETA
    np.testing.assert_allclose(norm.layer_norm(X, GAMMA, BETA), expected, atol=1e-12)
    gamma = RNG.standard_normal(X.shape[1:])
    np.testing.assert_allclose(norm.layer_norm(X, gamma, whole=True), standard(X, (1, 2, 3)) * gamma, atol=1e-12)


@pytest.mark.parametrize("groups", [1, 3, 12])
def test_group_norm(groups):
    split = X.reshape(2, 48, groups, -1)
    expected = standard(split, (1, 3)).reshape(X.shape) * GAMMA + BETA
    np.testing.assert_allclose(norm.group_norm(X, groups, GAMMA, BETA), expected, atol=1e-12)


def test_instance_norm():
    expected = standard(X, (1, 2)) * GAMMA + BETA
    np.testing.assert_allclose(norm.instance_norm(X, GAMMA, BETA), expected, atol=1e-12)


KERNELS = {
    "batch": lambda x, **k: norm.batch_norm(x, BETA.astype(x.dtype), GAMMA.astype(x.dtype) ** 2, **k),
    "layer": norm.layer_norm,
    "volume": lambda x, **k: norm.layer_norm(x, whole=True, **k),
    "group": lambda x, **k: norm.group_norm(x, 3, **k),
    "instance": norm.instance_norm,
    "lrn": lambda x, **k: norm_local.lrn(x, 5, **k),
}


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_in_place_and_any_memory_order(name):
    kernel = KERNELS[name]
    x = X.copy()
    y = kernel(x)
    turned = np.asfortranarray(X)
    np.testing.assert_allclose(kernel(turned), y, atol=1e-12)
    assert kernel(turned, out=turned) is turned
    np.testing.assert_allclose(turned, y, atol=1e-12)
    assert kernel(x, out=x) is x
    np.testing.assert_allclose(x, y, atol=1e-12)
    small = kernel(X.astype(np.float32))
    assert small.dtype == np.float32
    np.testing.assert_allclose(small, y, rtol=1e-4, atol=1e-5)


def test_statistics_of_large_maps_keep_their_digits():
    x = np.full((1, 1500, 1500, 2), 1000.0, dtype=np.float32)
    x[:, ::2] += 1
    np.testing.assert_allclose(np.abs(norm.instance_norm(x)), 1, atol=1e-4)


def lrn_by_loops(x, size, alpha, beta, k):
    y = np.empty_like(x)
    for c in range(x.shape[-1]):
        low, high = max(0, c - (size - 1) // 2), min(x.shape[-1], c + size // 2 + 1)
        y[..., c] = x[..., c] / (k + alpha / size * (x[..., low:high] ** 2).sum(axis=-1)) ** beta
    return y


@pytest.mark.parametrize("size", [1, 4, 5, 11, 40])
def test_lrn_across_channels(size):
    y = norm_local.lrn(X, size, alpha=0.3, beta=0.6, k=2)
    np.testing.assert_allclose(y, lrn_by_loops(X, size, 0.3, 0.6, 2), atol=1e-12)


def windowed(x, reach, weigh):
    """Call `weigh` with the pixels around each pixel and their offsets."""
    y = np.empty(x.shape[:3])
    for n, i, j in np.ndindex(*x.shape[:3]):
        near = [(p, q) for p in range(-reach, reach + 1) for q in range(-reach, reach + 1)
                if 0 <= i + p < x.shape[1] and 0 <= j + q < x.shape[2]]  # fmt: skip
        weights = np.array([weigh(p, q) for p, q in near])
        values = np.array([x[n, i + p, j + q].mean() for p, q in near])
        y[n, i, j] = (weights * values).sum() / weights.sum()
    return y


def test_lrn_within_channels():
    y = norm_local.lrn_within(X, (3, 3), alpha=0.3, beta=0.6)
    padded = np.pad(X**2, ((0, 0), (1, 1), (1, 1), (0, 0)))
    means = sum(padded[:, i : i + 8, j : j + 6] for i in range(3) for j in range(3)) / 9
    np.testing.assert_allclose(y, X / (1 + 0.3 * means) ** 0.6, atol=1e-12)


def bell(p, q):
    return np.exp(-(p * p + q * q) / (2 * 1.5**2))


def test_local_contrast_norm_is_jarretts_formula():
    centred = X - windowed(X, 2, bell)[..., None]
    deviation = np.sqrt(windowed(centred**2, 2, bell))
    floor = deviation.mean(axis=(1, 2), keepdims=True)
    expected = centred / np.maximum(deviation, floor)[..., None]
    np.testing.assert_allclose(norm_local.local_contrast_norm(X, (5, 5), sigma=1.5), expected, atol=1e-12)


def test_local_contrast_of_a_constant_is_zero():
    y = norm_local.local_contrast_norm(np.full((1, 7, 7, 3), 0.5), (9, 9))
    np.testing.assert_allclose(y, 0, atol=1e-6)


def test_local_contrast_does_not_see_brightness_or_scale():
    y = norm_local.local_contrast_norm(X, (5, 5))
    np.testing.assert_allclose(norm_local.local_contrast_norm(X * 7 + 3, (5, 5)), y, atol=1e-10)


def test_divisive_norm():
    padded = np.pad(X**2, ((0, 0), (1, 1), (0, 1), (0, 0)))
    means = sum(padded[:, i : i + 8, j : j + 6] for i in range(3) for j in range(2)) / 6
    np.testing.assert_allclose(norm_local.divisive_norm(X, (3, 2), sigma=0.5), X / np.sqrt(0.25 + means), atol=1e-12)


def test_divisive_norm_of_nothing_is_nothing():
    x = np.zeros((1, 4, 4, 2))
    x[0, 0, 0, 0] = 2
    y = norm_local.divisive_norm(x, (1, 1), sigma=0)
    assert y[0, 0, 0, 0] == 1
    assert y.sum() == 1


def test_an_even_window_has_its_odd_pixel_at_the_far_end():
    line = np.zeros((1, 5, 1))
    line[0, 2, 0] = 3
    y = norm_local.lrn_within(line + 1, (2,), beta=1.0, k=0.0)  # pixel i sees i and i + 1
    np.testing.assert_allclose(y.ravel(), [1 / 1, 1 / 8.5, 4 / 8.5, 1 / 1, 1 / 0.5])
    assert norm_local.local_contrast_norm(line, (4,)).shape == line.shape


def test_moments_are_those_of_the_batch():
    mean, variance = norm.moments(X)
    np.testing.assert_allclose(mean, X.reshape(-1, 12).mean(axis=0))
    np.testing.assert_allclose(variance, X.reshape(-1, 12).var(axis=0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: norm.batch_norm(X, BETA[:3], GAMMA), "mean of shape (3,) for depth 12"),
        (lambda: norm.group_norm(X, 5), "groups 5 do not divide depth 12"),
        (lambda: norm.layer_norm(X, BETA[:3]), "gamma of shape (3,), wanted (12,)"),
        (lambda: norm_local.lrn(X, 0), "size 0: wanted at least 1"),
        (lambda: norm_local.lrn_within(X, (4,)), "window (4,): wanted 2 whole numbers of at least 1"),
        (lambda: norm_local.local_contrast_norm(X, (3, 3), sigma=0), "sigma 0: wanted above 0"),
        (lambda: norm_local.divisive_norm(X, (3, 0)), "window (3, 0): wanted 2 whole numbers of at least 1"),
    ],
)
def test_misfits_are_named(call, message):
    with pytest.raises(MisfitError) as caught:
        call()
    assert str(caught.value) == message
