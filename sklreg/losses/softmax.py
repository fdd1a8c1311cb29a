"""Multinomial log-loss: softmax over classes."""

from __future__ import annotations

import math

import numpy as np

from .._compile import kernel
from .._exponentials import exp
from ._base import Array, Loss

#: Rows whose exponentials are taken at once, which stay in the cache.
_ROWS = 128


class Softmax(Loss):
    r"""Multinomial log-loss of K classes, one `eta` for each.

    .. math::
        f(y, \eta) = \log \sum_k e^{\eta_k} - \sum_k y_k \eta_k,
        \qquad p_k = \frac{e^{\eta_k}}{\sum_m e^{\eta_m}}

    with `y` one-hot (or any distribution over the classes). Gradient ``p - y``, Hessian
    ``diag(p) - p p'``. The symmetric parametrisation: adding a constant to all `eta` of
    a row changes nothing.

    References
    ----------
    Böhning (1992), Multinomial logistic regression algorithm, Annals of the Institute
    of Statistical Mathematics 44(1): the bound ``(I - 11'/K) / 2`` of the Hessian.

    Examples
    --------
    >>> import numpy as np
    >>> from sklreg.losses import Softmax
    >>> y, eta = np.array([[0.0, 1.0, 0.0]]), np.zeros((1, 3))
    >>> round(float(Softmax().record().value_of_rows(y, eta, np.ones(1))), 6)
    1.098612
    """

    dual = True
    of_classes = True
    likelihood = True
    separable = False

    def value_of_rows(self, y: Array, eta: Array, weight: Array) -> float:
        """Return the weighted mean of log-sum-exp minus y' eta, `y` of sum one."""
        total = 0.0
        for i in range(eta.shape[0]):
            if weight[i] == 0.0:
                continue
            largest = eta[i, 0]
            for c in range(1, eta.shape[1]):
                largest = max(largest, eta[i, c])
            mass, chosen = 0.0, 0.0
            for c in range(eta.shape[1]):
                mass += exp(eta[i, c] - largest)
                chosen += y[i, c] * (eta[i, c] - largest)
            total += weight[i] * (math.log(mass) - chosen)
        return total

    def gradient_of_rows(
        self, y: Array, eta: Array, weight: Array, out: Array
    ) -> float:
        """Write ``weight_i (p_i - y_i)`` to `out`; return the weighted mean loss."""
        n, k = eta.shape
        numbers = out.reshape(n * k)
        total = 0.0
        for start in range(0, n, _ROWS):
            stop = min(start + _ROWS, n)
            for i in range(start, stop):
                largest = eta[i, 0]
                for c in range(1, k):
                    largest = max(largest, eta[i, c])
                if weight[i] == 0.0:
                    out[i] = 0.0
                    continue
                for c in range(k):
                    out[i, c] = eta[i, c] - largest
                    total -= weight[i] * y[i, c] * out[i, c]
            _exponentials(numbers[start * k : stop * k])
            for i in range(start, stop):
                mass = 0.0
                for c in range(k):
                    mass += out[i, c]
                total += weight[i] * math.log(mass)
                for c in range(k):
                    out[i, c] = weight[i] * (out[i, c] / mass - y[i, c])
        return total

    def hessian_of_rows(
        self,
        y: Array,
        eta: Array,
        weight: Array,
        damping: float,
        second: Array,
        pull: Array,
    ) -> None:
        r"""Write diag(p) - p p', moved by `damping` to (I - 11'/K) / 2, times weights.

        The pull of rows of weight zero stays as it is, zero.

        With the damping `t` that is ``s (diag(m) - m m')`` for

        .. math:: m = (1 - t) p + t / K, \qquad s = (1 - t) + t K / 2
        """
        k = eta.shape[1]
        size = 1.0 - damping + 0.5 * damping * k
        for i in range(eta.shape[0]):
            if weight[i] == 0.0:
                for c in range(k):
                    second[c, i] = 0.0
                continue
            largest = eta[i, 0]
            for c in range(1, k):
                largest = max(largest, eta[i, c])
            mass = 0.0
            for c in range(k):
                second[c, i] = exp(eta[i, c] - largest)
                mass += second[c, i]
            for c in range(k):
                pull[c, i] = (1.0 - damping) * second[c, i] / mass + damping / k
            for c in range(k):
                others = 0.0  # 1 - m_c would lose its digits where m_c is near one
                for m in range(k):
                    others += pull[m, i] if m != c else 0.0
                second[c, i] = weight[i] * size * pull[c, i] * others
            for c in range(k):
                pull[c, i] *= math.sqrt(weight[i] * size)

    def dual_of_rows(self, y: Array, u: Array, weight: Array) -> float:
        """Return the weighted mean entropy of p = y - u."""
        entropy = 0.0
        for i in range(u.shape[0]):
            for c in range(u.shape[1]):
                p = y[i, c] - u[i, c]
                if weight[i] != 0.0 and p > 0.0:
                    entropy -= weight[i] * p * math.log(p)
        return entropy

    def balanced_dual(self, u: Array, y: Array, weight: Array) -> Array:
        """Mix p with one distribution so that its mean is that of y.

        With ``m`` the mean of p and ``pi`` that of y, ``(1 - t) p + t c`` has mean `pi`
        for ``c = (pi - (1 - t) m) / t``; the smallest `t` that keeps ``c >= 0``.
        """
        p, pi = y - u, weight @ y
        m = weight @ p
        with np.errstate(invalid="ignore", divide="ignore"):
            t = max(np.nanmax(1.0 - pi / m), 0.0)
        mixed = (1.0 - t) * p + (pi - (1.0 - t) * m)
        return y - mixed / mixed.sum(axis=1, keepdims=True)

    def first_intercept(self, y: Array, weight: Array) -> Array:
        """Return the centred log shares of the classes, the exact answer."""
        logs = np.log(np.clip(weight @ y, 1e-300, None))
        return logs - logs.mean()


@kernel
def _exponentials(values: Array) -> None:
    """Replace numbers by their exponentials, in a loop that vectorises."""
    for j in range(values.shape[0]):
        values[j] = exp(values[j])
