"""Exponentials that vectorise: near the exact values everywhere, in both precisions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from sklreg import _exponentials
from sklreg._compile import kernel


@kernel
def every_function(x, out):
    for i in range(x.shape[0]):
        out[0, i] = _exponentials.exp(x[i])
        out[1, i] = _exponentials.expm1(x[i])
        out[2, i] = _exponentials.tanh(x[i])
        out[3, i] = _exponentials.logistic(x[i])
        out[4, i] = _exponentials.softplus(x[i])
        out[5, i] = _exponentials.normal_density(x[i])
        out[6, i] = _exponentials.normal_cdf(x[i])


FUNCTIONS = {
    "exp": np.exp,
    "expm1": np.expm1,
    "tanh": np.tanh,
    "logistic": lambda x: np.where(x < 0, np.exp(x), 1.0) / (1 + np.exp(-abs(x))),
    "softplus": lambda x: np.log1p(np.exp(-abs(x))) + np.maximum(x, 0.0),
    "normal_density": lambda x: np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi),
    "normal_cdf": special.ndtr,
}
#: Units in the last place; the tails of the last two have the error of ``x * x`` too.
ULPS = dict(zip(FUNCTIONS, (2.0, 2.0, 3.0, 3.0, 3.0, 3.0, 4.0), strict=True))
TAILS = {"normal_density", "normal_cdf"}
PRECISIONS = [np.float32, np.float64]


def points(dtype):
    """Numbers of every size, and beyond where results overflow and underflow."""
    end = 90.0 if dtype == np.float32 else 711.0
    below = 105.0 if dtype == np.float32 else 747.0
    small = np.geomspace(np.finfo(dtype).smallest_subnormal, 1.0, 2001)
    parts = [np.linspace(-below, end, 40001), np.linspace(-9, 9, 40001), small, -small]
    return np.concatenate(parts).astype(dtype)


def computed(x):
    out = np.empty((len(FUNCTIONS), len(x)), dtype=x.dtype)
    every_function(x, out)
    return dict(zip(FUNCTIONS, out, strict=True))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", PRECISIONS)
def test_a_few_units_in_the_last_place(name, dtype):
    x = points(dtype)
    wide = x.astype(np.float64 if name == "normal_cdf" else np.longdouble)
    with np.errstate(over="ignore", under="ignore"):
        exact, found = FUNCTIONS[name](wide), computed(x)[name]
        nearest = exact.astype(dtype)
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(nearest))
    normal = np.isfinite(nearest) & (np.abs(nearest) >= np.finfo(dtype).tiny)
    error = np.abs(found - exact)[normal]
    allowed = ULPS[name] * np.spacing(np.abs(nearest[normal]))
    if name in TAILS:
        rounding = np.finfo(dtype).eps * (x[normal].astype(np.float64) ** 2)
        allowed = allowed + 2.0 * rounding * np.abs(nearest[normal])
    assert (error <= allowed).all()
    subnormal = np.isfinite(nearest) & ~normal
    rest = np.abs(found - exact)[subnormal]
    if name not in TAILS:
        assert (rest <= 2.0 * np.finfo(dtype).smallest_subnormal).all()


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_the_ends_of_the_line(dtype):
    found = computed(np.array([-np.inf, -1e30, -0.0, 0.0, 1e30, np.inf], dtype=dtype))
    big = dtype(1e30)
    expected = {
        "exp": [0, 0, 1, 1, np.inf, np.inf],
        "expm1": [-1, -1, 0, 0, np.inf, np.inf],
        "tanh": [-1, -1, -0.0, 0, 1, 1],
        "logistic": [0, 0, 0.5, 0.5, 1, 1],
        "softplus": [0, 0, dtype(math.log(2.0)), dtype(math.log(2.0)), big, np.inf],
        "normal_cdf": [0, 0, 0.5, 0.5, 1, 1],
    }
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], np.array(values, dtype=dtype))


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_nan_stays(dtype):
    for values in computed(np.array([np.nan], dtype=dtype)).values():
        assert np.isnan(values).all()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_python_computes_what_kernels_do(name):
    x = np.linspace(-40.0, 40.0, 101)
    found = computed(x)[name]
    python = [getattr(_exponentials, name)(value) for value in x]
    np.testing.assert_allclose(python, found, rtol=1e-14, atol=0.0)
