"""Activations: value and derivative side by side, chosen by an integer code.

A code rather than a record: layers then share one compiled kernel whatever their
activations are, and each layer may have its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel

(
    IDENTITY,
    RELU,
    LEAKY_RELU,
    TANH,
    LOGISTIC,
    ELU,
    SELU,
    SOFTPLUS,
    SILU,
    GELU,
) = range(10)

#: What the strings of an estimator's ``activation`` stand for.
CODES = {
    "identity": IDENTITY,
    "relu": RELU,
    "leaky_relu": LEAKY_RELU,
    "tanh": TANH,
    "logistic": LOGISTIC,
    "elu": ELU,
    "selu": SELU,
    "softplus": SOFTPLUS,
    "silu": SILU,
    "gelu": GELU,
}
LEAK = 0.01
#: The fixed point of selu: mean 0 and variance 1 stay.
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
_ROOT_HALF, _ROOT_2_PI = math.sqrt(0.5), math.sqrt(2.0 * math.pi)


def activation_codes(activation: Any, n_hidden: int) -> list[int]:
    """Return the code of each hidden layer, from one name or one for each."""
    names = [activation] * n_hidden if isinstance(activation, str) else activation
    if not isinstance(names, Sequence | np.ndarray) or len(names) != n_hidden:
        msg = (
            "activation must be one name, or one for each of the "
            f"{n_hidden} hidden layers, got {activation!r}."
        )
        raise ValueError(msg)
    unknown = [name for name in names if name not in CODES]
    if unknown:
        msg = f"activation must be among {sorted(CODES)}, got {unknown[0]!r}."
        raise ValueError(msg)
    return [CODES[name] for name in names]


def has_kink(code: int) -> bool:
    """Tell whether the activation's derivative jumps."""
    return code in {RELU, LEAKY_RELU, SELU}


@kernel
def activate(
    code: int, biases: NDArray[Any], z: NDArray[Any], slopes: NDArray[Any]
) -> None:
    r"""Replace `z` by ``a = act(z + biases)``, in one pass.

    ==========  ==================================================================
    identity    :math:`z`
    relu        :math:`\max(z, 0)`
    leaky_relu  :math:`z` if :math:`z > 0`, else :math:`0.01 z`
    tanh        :math:`\tanh z`
    logistic    :math:`\sigma(z) = 1 / (1 + e^{-z})`
    elu         :math:`z` if :math:`z > 0`, else :math:`e^z - 1`
    selu        :math:`\lambda` times :math:`z` or :math:`\alpha (e^z - 1)`
    softplus    :math:`\log(1 + e^z)`
    silu        :math:`z \sigma(z)`
    gelu        :math:`z \Phi(z)`, with the normal distribution function
    ==========  ==================================================================

    Parameters
    ----------
    code : int
        One of `CODES`.
    biases : array of shape (fan_out,)
        Added first.
    z : array of shape (n_rows, fan_out)
        Overwritten.
    slopes : array of shape (n_rows, fan_out)
        Receives ``act'``, for silu and gelu alone, whose value does not tell it.

    References
    ----------
    Klambauer et al. (2017), Self-normalizing neural networks, NeurIPS 30 (selu).
    Hendrycks and Gimpel (2016), Gaussian error linear units, arXiv 1606.08415 (gelu,
    silu).
    """
    low = z.dtype.type(_slope_below_zero(code))
    for i in range(z.shape[0]):
        if code <= LEAKY_RELU:
            for c in range(z.shape[1]):
                x = z[i, c] + biases[c]
                z[i, c] = max(x, low * x)
        elif code < SILU:
            for c in range(z.shape[1]):
                z[i, c] = _curved(code, z[i, c] + biases[c])
        else:
            for c in range(z.shape[1]):
                z[i, c], slopes[i, c] = _with_slope(code, z[i, c] + biases[c])


@kernel
def _slope_below_zero(code: int) -> float:
    """Return the slope there of identity, relu or leaky_relu."""
    if code == IDENTITY:
        return 1.0
    return LEAK if code == LEAKY_RELU else 0.0


@kernel
def _curved(code: int, x: Any) -> Any:
    """Return the activation of a number."""
    if code == TANH:
        return math.tanh(x)
    if code == LOGISTIC:
        return _logistic(x)
    if code == SOFTPLUS:
        return max(x, 0.0) + math.log1p(math.exp(-abs(x)))
    if code == ELU:
        return x if x > 0.0 else math.expm1(x)
    return SELU_SCALE * (x if x > 0.0 else SELU_ALPHA * math.expm1(x))


@kernel
def _with_slope(code: int, x: Any) -> tuple[float, float]:
    """Return the activation of a number and its derivative."""
    if code == SILU:
        p = _logistic(x)
        return x * p, p * (1.0 + x * (1.0 - p))
    p = 0.5 * math.erfc(-x * _ROOT_HALF)
    return x * p, p + x * math.exp(-0.5 * x * x) / _ROOT_2_PI


@kernel
def _logistic(x: Any) -> float:
    small = math.exp(-abs(x))  # at most 1: no overflow
    return 1.0 / (1.0 + small) if x >= 0.0 else small / (1.0 + small)


@kernel
def deactivate(
    code: int, a: NDArray[Any], slopes: NDArray[Any], keep: float, delta: NDArray[Any]
) -> None:
    r"""Multiply `delta` by ``act'(z)``, written as a function of ``a = act(z)``.

    ==========  ==================================================================
    identity    :math:`1`
    relu        :math:`1` if :math:`a > 0`, else 0
    leaky_relu  :math:`1` if :math:`a > 0`, else 0.01
    tanh        :math:`1 - a^2`
    logistic    :math:`a (1 - a)`
    elu         :math:`1` if :math:`a > 0`, else :math:`a + 1`
    selu        :math:`\lambda` if :math:`a > 0`, else :math:`a + \lambda\alpha`
    softplus    :math:`1 - e^{-a}`
    silu, gelu  what `activate` left in `slopes`
    ==========  ==================================================================

    Parameters
    ----------
    code : int
        One of `CODES`.
    a : array of shape (n_rows, fan_out)
        What `activate` left, divided by `keep` since, where it was not made zero.
    slopes : array of shape (n_rows, fan_out)
        What `activate` left there.
    keep : float
        Share that dropout kept; 1 without.
    delta : array of shape (n_rows, fan_out)
        Derivative with respect to ``act(z)``; overwritten by that with respect to `z`.
    """
    one, share = a.dtype.type(1.0), a.dtype.type(keep)
    low = a.dtype.type(_slope_below_zero(code))
    for i in range(a.shape[0]):
        if code <= LEAKY_RELU:
            for c in range(a.shape[1]):
                delta[i, c] *= one if a[i, c] > 0.0 else low
        elif code < SILU:
            for c in range(a.shape[1]):
                delta[i, c] *= _slope(code, share * a[i, c])
        else:
            for c in range(a.shape[1]):
                delta[i, c] *= slopes[i, c]


@kernel
def _slope(code: int, a: Any) -> float:
    """Return the derivative, from the value."""
    if code == TANH:
        return 1.0 - a * a
    if code == LOGISTIC:
        return a * (1.0 - a)
    if code == SOFTPLUS:
        return -math.expm1(-a)
    if code == ELU:
        return 1.0 + min(a, 0.0)
    return SELU_SCALE if a > 0.0 else a + SELU_SCALE * SELU_ALPHA
