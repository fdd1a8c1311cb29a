"""Activations: value and derivative side by side, chosen by an integer code.

A code rather than a record: layers then share one compiled kernel whatever their
activations are, and each layer may have its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._compile import allocating
from .._exponentials import (
    expm1,
    logistic,
    normal_cdf,
    normal_density,
    softplus,
    tanh,
)

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


@allocating
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
        for c in range(z.shape[1]):
            x = z[i, c] + biases[c]
            z[i, c] = max(x, low * x)
    if LEAKY_RELU < code < SILU:
        _bend(code, z.reshape(z.size))
    elif code >= SILU:
        _bend_with_slopes(code, z.reshape(z.size), slopes.reshape(z.size))


@allocating
def activate_rounded(
    code: int, width: float, biases: NDArray[Any], z: NDArray[Any], slopes: NDArray[Any]
) -> None:
    r"""Do as `activate` with the kinks of straight activations rounded; write slopes.

    Where the slope jumps by `d` at zero, and :math:`|z| < width = \mu`,
    :math:`d (\mu - |z|)^2 / 4 \mu` is added. The slope, which goes straight from that
    at :math:`-\mu` to that at :math:`\mu`, is an element of the generalised gradient
    of the kink nearby.
    """
    low, up = z.dtype.type(_slope_below_zero(code)), z.dtype.type(jump(code))
    near, half, zero = z.dtype.type(width), z.dtype.type(0.5), z.dtype.type(0.0)
    for i in range(z.shape[0]):
        for c in range(z.shape[1]):
            x = z[i, c] + biases[c]
            share = max(near - abs(x), zero) / near * half
            above = z.dtype.type(1.0) - share if x > zero else share
            z[i, c] = max(x, low * x) + up * near * share * share
            slopes[i, c] = low + up * above


@allocating
def round_bend(code: int, width: float, a: NDArray[Any], slopes: NDArray[Any]) -> None:
    """Round the kink of what `activate` left of a curved activation; write the slopes.

    Of those selu alone has a kink, where its value tells `z`.
    """
    if code < SILU:
        slopes[:] = slopes.dtype.type(1.0)
        deactivate(code, a, slopes, 1.0, slopes)
    step, (high, low) = jump(code), _selu_slopes(code)
    if step == 0.0:
        return
    for i in range(a.shape[0]):
        for c in range(a.shape[1]):
            x = a[i, c] / high if a[i, c] > 0.0 else np.log1p(a[i, c] / low)
            share = 0.5 * max(width - abs(x), 0.0) / width
            a[i, c] += step * width * share * share
            slopes[i, c] += -step * share if x > 0.0 else step * share


@allocating
def jump(code: int) -> float:
    """Return by how much the slope jumps at zero."""
    above, below = _selu_slopes(code)
    return above - below if code == SELU else 1.0 - _slope_below_zero(code)


@allocating
def _slope_below_zero(code: int) -> float:
    """Return the slope there of relu or leaky_relu, and 1 for all others."""
    if code == RELU:
        return 0.0
    return LEAK if code == LEAKY_RELU else 1.0


@allocating
def _bend(code: int, z: NDArray[Any]) -> None:
    """Apply what is curved, in a loop for each so that they vectorise."""
    if code == TANH:
        for k in range(z.shape[0]):
            z[k] = tanh(z[k])
    elif code == LOGISTIC:
        for k in range(z.shape[0]):
            z[k] = logistic(z[k])
    elif code == SOFTPLUS:
        for k in range(z.shape[0]):
            z[k] = softplus(z[k])
    else:
        above, below = _selu_slopes(code)
        high, low = z.dtype.type(above), z.dtype.type(below)
        for k in range(z.shape[0]):
            x = z[k]
            z[k] = high * x if x > 0.0 else low * expm1(x)


@allocating
def _bend_with_slopes(code: int, z: NDArray[Any], slopes: NDArray[Any]) -> None:
    """Apply what does not tell its derivative."""
    if code == SILU:
        for k in range(z.shape[0]):
            x, p = z[k], logistic(z[k])
            z[k], slopes[k] = x * p, p + x * p * logistic(-x)
    else:
        for k in range(z.shape[0]):
            x, p = z[k], normal_cdf(z[k])
            z[k], slopes[k] = x * p, p + x * normal_density(x)


@allocating
def _selu_slopes(code: int) -> tuple[float, float]:
    """Return the slopes above and below zero of elu or selu."""
    if code == ELU:
        return 1.0, 1.0
    return SELU_SCALE, SELU_SCALE * SELU_ALPHA


@allocating
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
    one, low = a.dtype.type(1.0), a.dtype.type(_slope_below_zero(code))
    if code <= LEAKY_RELU:
        for i in range(a.shape[0]):
            for c in range(a.shape[1]):
                delta[i, c] *= one if a[i, c] > 0.0 else low
        return
    size, share = a.size, a.dtype.type(keep)
    if code < SILU:
        _bend_back(code, a.reshape(size), share, delta.reshape(size))
        return
    for i in range(a.shape[0]):
        for c in range(a.shape[1]):
            delta[i, c] *= slopes[i, c]


@allocating
def _bend_back(code: int, a: NDArray[Any], share: Any, delta: NDArray[Any]) -> None:
    """Multiply by the derivative, from the value ``share * a``."""
    one = a.dtype.type(1.0)
    if code == TANH:
        for k in range(a.shape[0]):
            value = share * a[k]
            delta[k] *= one - value * value
    elif code == LOGISTIC:
        for k in range(a.shape[0]):
            value = share * a[k]
            delta[k] *= value * (one - value)
    elif code == SOFTPLUS:
        for k in range(a.shape[0]):
            delta[k] *= -expm1(-share * a[k])
    else:
        above, below = _selu_slopes(code)
        high, low = a.dtype.type(above), a.dtype.type(below)
        for k in range(a.shape[0]):
            delta[k] *= high if a[k] > 0.0 else share * a[k] + low
