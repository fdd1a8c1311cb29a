r"""Exponentials without branches, so that loops over them vectorise.

A kernel that calls ``math.exp`` calls the C library for one number at a time. These are
some fused multiplications and additions each, in the precision of their argument, to
a few units of the last place. All rest on

.. math::
    e^x = 2^k e^r, \qquad k = round(x / \log 2), \qquad
    e^r - 1 = r + \tfrac{r^2}{2!} + \tfrac{r^3}{3!} + \dots

where :math:`|r| \le \tfrac12 \log 2`, `k` is read off the last digits of
``x / log 2 + 1.5 * 2^digits``, and
:math:`x - k \log 2` is taken in two parts, the first of them exact (Cody and Waite).
NaN stays NaN, numbers that are too large become infinite, those that are too small
subnormal or zero.

References
----------
Cody and Waite (1980), Software manual for the elementary functions, Prentice-Hall.
Shepherd and Laframboise (1981), Chebyshev approximation of (1 + 2x) exp(x^2) erfc(x),
Mathematics of Computation 36: the variable of the normal distribution's tail.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from ._compile import as_written

_LOG_2 = Fraction("0.69314718055994530941723212145817656807550013436026")
_BREAK = math.sqrt(2.0) - 1.0
_ROOT_2_PI = math.sqrt(2.0 * math.pi)

#: Chebyshev coefficients of :math:`(1 + x) \Phi(-x) e^{x^2 / 2}` in
#: :math:`(x - 4) / (x + 4)` for x >= 0, from 40 digits of the error function.
_TAIL = (
    0.4655865996963784,
    -0.06423751712334332,
    -0.011171509596721219,
    0.01263630599437623,
    -0.004828490640131744,
    0.0010793834106156014,
    -0.0001194099520285248,
    -6.8485883776766764e-06,
    4.060629718065491e-06,
    -1.9527544708338363e-07,
    -1.1345944386467565e-07,
    1.227397138426542e-08,
    3.662441203341559e-09,
    -5.088948506210621e-10,
    -1.4602402012093163e-10,
    1.8321966529064227e-11,
    6.857544400027546e-12,
    -5.077272058049455e-13,
    -3.458064365204774e-13,
    4.412922855809207e-16,
    1.7054866572266912e-14,
    1.5123653278115068e-15,
    -7.370100783416678e-16,
    -1.6124885584264884e-16,
)


def _powers_of_e(real: Any, whole: Any, degree: int) -> Callable[[Any], Any]:
    """Return the first step of all: ``e^x`` as ``(1 + q) a b``, and ``1 / b``.

    Parameters
    ----------
    real, whole : types
        Floating-point numbers, and integers of as many bits.
    degree : int
        Of the polynomial.
    """
    info = np.finfo(real)
    digits, bias = int(info.nmant), int(info.maxexp) - 1
    grid = 2 ** (digits - int(info.nexp))  # so that k times the first part is exact
    high = real(math.floor(_LOG_2 * grid) / grid)
    low = real(float(_LOG_2 - Fraction(float(high))))
    per_log_2, round_off = real(1.0 / math.log(2.0)), real(1.5 * 2.0**digits)
    zero = round_off.view(whole)
    lowest = real(-(bias + digits + 2) * math.log(2.0))
    highest = real((bias + 2) * math.log(2.0))
    first, *others = [real(1.0 / math.factorial(n)) for n in range(degree, 1, -1)]
    rest = tuple(others)

    def powers(x: Any) -> Any:
        x = min(max(x, lowest), highest)
        t = x * per_log_2 + round_off
        k = t - round_off
        r = (x - k * high) - k * low
        q = first
        for coefficient in rest:
            q = q * r + coefficient
        q = q * r * r + r
        n = whole(real(t).view(whole) - zero)
        half = whole(n >> 1)  # two factors reach where one power of 2 does not
        a = whole((half + bias) << digits).view(real)
        b = whole((n - half + bias) << digits).view(real)
        c = whole((half - n + bias) << digits).view(real)
        return q, a, b, c

    return powers


def _log1p_over_x(real: Any, n_terms: int) -> Callable[[Any], Any]:
    r"""Return ``log(1 + x)`` for x in [0, 1] by :math:`2 artanh(x / (2 + x))`."""
    first, *others = [real(1.0 / (2 * n + 1)) for n in range(n_terms, 0, -1)]
    rest = tuple(others)
    one, two, half, log_2 = real(1.0), real(2.0), real(0.5), real(float(_LOG_2))
    middle = real(_BREAK)

    def log1p(x: Any) -> Any:
        far = x > middle
        x = half * (x - one) if far else x
        s = x / (two + x)
        square = s * s
        series = first
        for coefficient in rest:
            series = series * square + coefficient
        result = two * (s + s * square * series)
        return result + log_2 if far else result

    return log1p


def _tail_over_density(real: Any, n_terms: int) -> Callable[[Any], Any]:
    r"""Return :math:`\Phi(-x) e^{x^2 / 2}` for x >= 0."""
    chebyshev = np.polynomial.chebyshev.cheb2poly(_TAIL[:n_terms])
    first, *others = [real(c) for c in chebyshev[::-1]]
    half = len(others) // 2  # the compiler unrolls short loops alone
    some, rest = tuple(others[:half]), tuple(others[half:])
    one, four, far = real(1.0), real(4.0), real(1e4)

    def tail(x: Any) -> Any:
        x = min(x, far)
        y = (x - four) / (x + four)
        series = first
        for coefficient in some:
            series = series * y + coefficient
        for coefficient in rest:
            series = series * y + coefficient
        return series / (one + x)

    return tail


_powers = as_written(
    _powers_of_e(np.float64, np.int64, 13), _powers_of_e(np.float32, np.int32, 7)
)
log1p_share = as_written(_log1p_over_x(np.float64, 10), _log1p_over_x(np.float32, 4))
_tail = as_written(
    _tail_over_density(np.float64, 24), _tail_over_density(np.float32, 11)
)


@as_written
def exp(x: Any) -> Any:
    """Return e to the power of x."""
    q, a, b, _ = _powers(x)
    return (q * a + a) * b


@as_written
def expm1(x: Any) -> Any:
    """Return ``e^x - 1``, accurate for small x too."""
    q, a, b, c = _powers(x)
    return (q * a + (a - c)) * b


@as_written
def tanh(x: Any) -> Any:
    r"""Return the hyperbolic tangent, :math:`-u / (u + 2)` with `u` of ``-2|x|``."""
    u = expm1(-abs(x + x))
    return math.copysign(u / (u + type(u)(2.0)), x)


@as_written
def logistic(x: Any) -> Any:
    """Return ``1 / (1 + e^-x)``, accurate in both tails."""
    small = exp(-abs(x))
    one = type(small)(1.0)
    return (small if x < 0.0 else one) / (one + small)


@as_written
def softplus(x: Any) -> Any:
    """Return ``log(1 + e^x)``, accurate in both tails."""
    above = log1p_share(exp(-abs(x)))
    return above + (x if x > 0.0 else type(above)(0.0))


@as_written
def normal_density(x: Any) -> Any:
    r"""Return :math:`\varphi(x) = e^{-x^2 / 2} / \sqrt{2 \pi}`."""
    real = type(x)
    return real(1.0 / _ROOT_2_PI) * exp(real(-0.5) * x * x)


@as_written
def normal_cdf(x: Any) -> Any:
    r"""Return :math:`\Phi(x)`, relatively accurate in both tails."""
    real = type(x)
    small = exp(real(-0.5) * x * x) * _tail(abs(x))
    return real(1.0) - small if x > 0.0 else small
