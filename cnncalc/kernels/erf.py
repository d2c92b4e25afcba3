"""The normal distribution to full precision, for whole arrays, without SciPy.

The complementary error function falls like exp(-z*z), so erfc(z) * exp(z*z) is smooth and varies slowly: on
z >= 0, a short polynomial in t = (z - c) / (z + c) approximates it everywhere.  The polynomials are
not copied from a table; they are computed once from `math.erfc` by interpolation at Chebyshev points.
"""

from functools import cache
from math import cos, erfc, exp, pi, sqrt

import numpy as np
from numpy.polynomial import chebyshev

from cnncalc.kernels.arrays import Array

_CENTRE = 3.0
"""The z at t = 0; this value gives the shortest polynomials (tried: 1 to 4)."""

_FARTHEST = 26.0
"""Beyond it erfc is below the smallest normal float64, 2.2e-308."""

_DEGREES = {4: 9, 8: 20}
"""Degree by bytes per number: at this degree only rounding error is left, 1e-7 and 1e-15 (measured)."""


@cache
def _coefficients(degree: int) -> tuple[float, ...]:
    """Return the polynomial in t of erfc(z) * exp(z*z), highest power first."""
    low, high = -1.0, (_FARTHEST - _CENTRE) / (_FARTHEST + _CENTRE)
    points = [cos(pi * (k + 0.5) / (degree + 1)) for k in range(degree + 1)]
    ts = [low + (high - low) * (point + 1) / 2 for point in points]
    values = [_scaled_erfc(_CENTRE * (1 + t) / (1 - t)) for t in ts]
    fitted = chebyshev.Chebyshev.fit(ts, values, degree, domain=[low, high])
    power = fitted.convert(kind=np.polynomial.Polynomial)
    return tuple(float(c) for c in reversed(power.coef))


def _scaled_erfc(z: float) -> float:
    """Return erfc(z) * exp(z*z)."""
    return erfc(z) * exp(z * z)


def normal_cdf(x: Array) -> Array:
    """Return the normal distribution's probability of a value below x, (1 + erf(x / sqrt(2))) / 2."""
    kind = x.dtype.type
    z = np.abs(x)
    z *= kind(sqrt(0.5))
    np.minimum(z, kind(_FARTHEST), out=z)
    t = (z - kind(_CENTRE)) / (z + kind(_CENTRE))
    coefficients = _coefficients(_DEGREES[x.dtype.itemsize])
    tail = np.full_like(t, coefficients[0])
    for coefficient in coefficients[1:]:
        tail *= t
        tail += kind(coefficient)
    np.multiply(z, -z, out=z)
    tail *= np.exp(z, out=z)
    tail *= kind(0.5)
    return np.where(x > 0, 1 - tail, tail)
