"""Activations: value and derivative side by side, chosen by an integer code.

A code rather than a record: layers then share one compiled kernel whatever their
activations are, and each layer may have its own.
"""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from .._compile import kernel

IDENTITY, RELU, TANH, LOGISTIC = range(4)

#: What the strings of an estimator's ``activation`` stand for.
CODES = {"identity": IDENTITY, "relu": RELU, "tanh": TANH, "logistic": LOGISTIC}


def has_kink(code: int) -> bool:
    """Tell whether the activation's derivative jumps."""
    return code == RELU


@kernel
def activate(code: int, biases: NDArray[Any], z: NDArray[Any]) -> None:
    r"""Replace `z` by ``a = act(z + biases)``, in one pass.

    ==========  ===================================
    identity    :math:`z`
    relu        :math:`\max(z, 0)`
    tanh        :math:`\tanh z`
    logistic    :math:`1 / (1 + e^{-z})`
    ==========  ===================================

    Parameters
    ----------
    code : int
        One of `CODES`.
    biases : array of shape (fan_out,)
        Added first.
    z : array of shape (n_rows, fan_out)
        Overwritten.
    """
    for i in range(z.shape[0]):
        if code == IDENTITY:
            for c in range(z.shape[1]):
                z[i, c] += biases[c]
        elif code == RELU:
            for c in range(z.shape[1]):
                z[i, c] = max(z[i, c] + biases[c], z.dtype.type(0.0))
        elif code == TANH:
            for c in range(z.shape[1]):
                z[i, c] = math.tanh(z[i, c] + biases[c])
        else:
            for c in range(z.shape[1]):
                x = z[i, c] + biases[c]
                small = math.exp(-abs(x))  # at most 1: no overflow
                larger = z.dtype.type(1.0) / (z.dtype.type(1.0) + small)
                z[i, c] = larger if x >= 0.0 else small * larger


@kernel
def deactivate(code: int, a: NDArray[Any], delta: NDArray[Any]) -> None:
    r"""Multiply `delta` by ``act'(z)``, written as a function of ``a = act(z)``.

    ==========  ===================================
    identity    :math:`1`
    relu        :math:`1` if :math:`a > 0`, else 0
    tanh        :math:`1 - a^2`
    logistic    :math:`a (1 - a)`
    ==========  ===================================

    Parameters
    ----------
    code : int
        One of `CODES`.
    a : array of shape (n_rows, fan_out)
        What `activate` left.
    delta : array of shape (n_rows, fan_out)
        Derivative with respect to `a`; overwritten by that with respect to `z`.
    """
    one, zero = a.dtype.type(1.0), a.dtype.type(0.0)
    for i in range(a.shape[0]):
        if code == RELU:
            for c in range(a.shape[1]):
                delta[i, c] *= one if a[i, c] > zero else zero
        elif code == TANH:
            for c in range(a.shape[1]):
                delta[i, c] *= one - a[i, c] * a[i, c]
        elif code == LOGISTIC:
            for c in range(a.shape[1]):
                delta[i, c] *= a[i, c] * (one - a[i, c])
