"""The definitions, one output at a time, in plain loops over plain numbers."""

from itertools import product
from math import prod

import numpy as np


def conv(x, w, b, stride, padding, dilation, groups):
    """Sum over every kernel tap and channel of one output's window."""
    sizes = tuple(
        (n + sum(p) - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(x.shape[1:-1], w.shape[:-2], stride, padding, dilation, strict=True)
    )
    filters, depth = w.shape[-1], w.shape[-2]
    out = np.zeros((x.shape[0], *sizes, filters), dtype=np.float64)
    for image, *place, f in np.ndindex(*out.shape):
        first = f // (filters // groups) * depth
        total = 0.0 if b is None else float(b[f])
        for tap in np.ndindex(*w.shape[:-2]):
            pixel = window_pixel(place, tap, stride, padding, dilation)
            if inside(pixel, x.shape[1:-1]):
                for c in range(depth):
                    total += float(x[(image, *pixel, first + c)]) * float(w[(*tap, c, f)])
        out[(image, *place, f)] = total
    return out


def window_pixel(place, tap, stride, padding, dilation):
    return tuple(o * s - p[0] + t * d for o, t, s, p, d in zip(place, tap, stride, padding, dilation, strict=True))


def inside(pixel, sizes):
    return all(0 <= i < n for i, n in zip(pixel, sizes, strict=True))


def transposed(x, w, b, stride, padding, dilation, groups, extra):
    """Add the kernel, times each input pixel, to the output."""
    sizes = tuple(
        (n - 1) * s - sum(p) + d * (k - 1) + e + 1
        for n, k, s, p, d, e in zip(x.shape[1:-1], w.shape[:-2], stride, padding, dilation, extra, strict=True)
    )
    depth, each = x.shape[-1] // groups, w.shape[-1]
    out = np.zeros((x.shape[0], *sizes, each * groups), dtype=np.float64)
    if b is not None:
        out += b
    for image, *place, c in np.ndindex(*x.shape):
        for tap in np.ndindex(*w.shape[:-2]):
            pixel = window_pixel(place, tap, stride, padding, dilation)
            if inside(pixel, sizes):
                for f in range(each):
                    out[(image, *pixel, c // depth * each + f)] += float(x[(image, *place, c)]) * float(w[(*tap, c, f)])
    return out


def local(x, w, b, stride, padding, dilation, groups):
    """Convolve each position with its own filters."""
    rank = x.ndim - 2
    out = np.zeros((x.shape[0], *w.shape[:rank], w.shape[-1]), dtype=np.float64)
    each, depth = w.shape[-1] // groups, w.shape[-2]
    for image, *place, f in np.ndindex(*out.shape):
        for tap in np.ndindex(*w.shape[rank:-2]):
            pixel = window_pixel(place, tap, stride, padding, dilation)
            if inside(pixel, x.shape[1:-1]):
                for c in range(depth):
                    out[(image, *place, f)] += x[(image, *pixel, f // each * depth + c)] * w[(*place, *tap, c, f)]
    return out if b is None else out + b


def pool(x, kernel, stride, padding, dilation, sizes, summary):
    """Apply `summary` to the list of pixels of each window, and to the number of its places that are pixels or padding."""
    out = np.zeros((x.shape[0], *sizes, x.shape[-1]), dtype=np.float64)
    for image, *place, c in np.ndindex(*out.shape):
        pixels, padded = [], 0
        for tap in np.ndindex(*kernel):
            pixel = window_pixel(place, tap, stride, padding, dilation)
            if inside(pixel, x.shape[1:-1]):
                pixels.append(x[(image, *pixel, c)])
            padded += all(-p[0] <= i < n + p[1] for i, n, p in zip(pixel, x.shape[1:-1], padding, strict=True))
        out[(image, *place, c)] = summary(pixels, padded)
    return out


def extent_positions(shape, place, kernel, stride, padding, dilation, sizes):
    """Return the set of outputs whose windows contain the input pixel `place`."""
    found = set()
    for output in product(*(range(n) for n in sizes)):
        pixels = {window_pixel(output, tap, stride, padding, dilation) for tap in np.ndindex(*kernel)}
        if tuple(place) in pixels:
            found.add(output)
    assert prod(shape)
    return found
