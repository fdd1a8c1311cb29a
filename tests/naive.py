"""The mathematics once more, in plain NumPy and slow: what the tests compare with.

Nothing here comes from the package. `y` and `eta` have shape (n, k); `q` are sample
weights of sum 1; a penalty is ``l1 |w| + l2 w^2 / 2``, weights perhaps positive.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.optimize
import scipy.special

DELTA = 0.8  # of the Huber loss in tables.TASKS


def _margins(y, eta):
    return np.maximum(1.0 - (2.0 * y - 1.0) * eta, 0.0)


#: Value and derivative of the losses of one number.
SEPARABLE = {
    "squared_error": (lambda y, eta: 0.5 * (eta - y) ** 2, lambda y, eta: eta - y),
    "huber": (
        lambda y, eta: scipy.special.huber(DELTA, eta - y),
        lambda y, eta: np.clip(eta - y, -DELTA, DELTA),
    ),
    "log_loss": (
        lambda y, eta: np.logaddexp(0.0, eta) - y * eta,
        lambda y, eta: scipy.special.expit(eta) - y,
    ),
    "squared_hinge": (
        lambda y, eta: _margins(y, eta) ** 2,
        lambda y, eta: 2.0 * (1.0 - 2.0 * y) * _margins(y, eta),
    ),
    "poisson": (
        lambda y, eta: np.exp(eta) - y * eta + scipy.special.xlogy(y, y) - y,
        lambda y, eta: np.exp(eta) - y,
    ),
    "gamma": (
        lambda y, eta: y * np.exp(-eta) + eta - np.log(y) - 1.0,
        lambda y, eta: 1.0 - y * np.exp(-eta),
    ),
    "tweedie": (  # of power 1.5
        lambda y, eta: 2.0 * (np.sqrt(y) - np.exp(0.5 * eta)) ** 2 * np.exp(-0.5 * eta),
        lambda y, eta: (np.exp(eta) - y) * np.exp(-0.5 * eta),
    ),
}


def row_losses(loss: str, y, eta):
    """Return the loss of each row."""
    if loss == "softmax":
        return scipy.special.logsumexp(eta, axis=1) - (y * eta).sum(axis=1)
    return SEPARABLE[loss][0](y, eta).sum(axis=1)


def gradients(loss: str, y, eta):
    """Return the gradient of each row's loss."""
    if loss == "softmax":
        return scipy.special.softmax(eta, axis=1) - y
    return SEPARABLE[loss][1](y, eta)


def dual_values(loss: str, y, u):
    """Return ``-f*(-u)`` of each row, -inf outside the domain."""
    slack = 1e-12
    if loss in {"squared_error", "huber"}:
        values = (u * y - 0.5 * u**2).sum(axis=1)
        inside = (np.abs(u) <= DELTA + slack).all(axis=1)
        return np.where(inside | (loss == "squared_error"), values, -np.inf)
    if loss == "squared_hinge":
        t = (2.0 * y - 1.0) * u
        return np.where((t >= 0.0).all(axis=1), (t - t**2 / 4.0).sum(axis=1), -np.inf)
    if loss == "poisson":
        m = np.maximum(y - u, 0.0)
        values = m - scipy.special.xlogy(m, m) + scipy.special.xlogy(y, y) - y
        return np.where((y - u >= -slack).all(axis=1), values.sum(axis=1), -np.inf)
    if loss == "gamma":
        r = np.maximum(1.0 + u, 0.0)
        values = r - 1.0 - scipy.special.xlogy(r, r) + u * np.log(y)
        return np.where((1.0 + u >= -slack).all(axis=1), values.sum(axis=1), -np.inf)
    p = y - u
    inside = ((p >= -slack) & (p <= 1.0 + slack)).all(axis=1)
    p = np.clip(p, 0.0, 1.0)
    if loss == "log_loss":
        entropy = scipy.special.entr(p) + scipy.special.entr(1.0 - p)
    else:
        inside &= np.abs(p.sum(axis=1) - 1.0) <= 1e-9
        entropy = scipy.special.entr(p)
    return np.where(inside, entropy.sum(axis=1), -np.inf)


class Objective(NamedTuple):
    """The whole problem."""

    X: Any
    y: Any
    q: Any
    loss: str
    l1: float
    l2: float
    positive: bool = False
    fit_intercept: bool = True

    def value(self, W, b):
        """Return F for W of shape (p, k)."""
        data = self.q @ row_losses(self.loss, self.y, self.X @ W + b)
        return data + self.l1 * np.abs(W).sum() + 0.5 * self.l2 * (W**2).sum()

    def smooth_gradient(self, W, b):
        """Return the gradient of the data term, for W and b."""
        r = self.q[:, None] * gradients(self.loss, self.y, self.X @ W + b)
        return self.X.T @ r, r.sum(axis=0)

    def violation(self, W, b):
        """Return the largest distance of minus the gradient to the subdifferential.

        The intercept's derivative counts in the units of the largest column.
        """
        g, g_b = self.smooth_gradient(W, b)
        g = g + self.l2 * W
        at_zero = np.where(
            g < 0.0, np.maximum(-g - self.l1, 0.0), np.maximum(g - self.l1, 0.0)
        )
        if self.positive:
            at_zero = np.where(g < 0.0, at_zero, 0.0)
        found = np.where(W == 0.0, at_zero, np.abs(g + self.l1 * np.sign(W)))
        largest = found.max(initial=0.0)
        if not self.fit_intercept:
            return largest
        spread = np.sqrt(self.q @ (self.X - self.q @ self.X) ** 2)
        return max(largest, np.abs(g_b).max() * spread.max())

    def null(self):
        """Return the intercepts of the model without features."""
        k = self.y.shape[1]
        if not self.fit_intercept:
            return np.zeros(k)

        def data(b):
            return self.q @ row_losses(self.loss, self.y, np.tile(b, (len(self.y), 1)))

        start = self.q @ self.y if self.loss in {"squared_error", "huber"} else None
        if self.loss in {"poisson", "gamma", "tweedie"}:
            return np.log(self.q @ self.y)
        start = np.zeros(k) if start is None else start
        found = scipy.optimize.minimize(data, start, method="BFGS", tol=1e-12)
        return found.x

    def dual_value(self, u):
        """Return the dual objective of `u`, -inf if infeasible."""
        v = self.X.T @ (self.q[:, None] * u)
        v = np.maximum(v, 0.0) if self.positive else np.abs(v)
        excess = np.maximum(v - self.l1, 0.0)
        excess[excess <= 1e-13 * v] = 0.0
        if self.l2 > 0.0:
            conjugate = 0.5 * (excess**2).sum() / self.l2
        else:
            conjugate = np.inf if excess.any() else 0.0
        rows = dual_values(self.loss, self.y, u)
        return self.q[self.q > 0.0] @ rows[self.q > 0.0] - conjugate

    def dual_gap(self, W, b):
        """Return F minus the dual value of the residuals, scaled to be feasible.

        Meant for a point whose intercept is optimal.
        """
        u = -gradients(self.loss, self.y, self.X @ W + b)
        v = self.X.T @ (self.q[:, None] * u)
        v = np.maximum(v, 0.0) if self.positive else np.abs(v)
        shrink = min(1.0, self.l1 / v.max()) if v.max() > 0.0 else 1.0
        best = max(self.dual_value(u), self.dual_value(shrink * u))
        return self.value(W, b) - best

    def minimise(self, rounds=3):
        """Return a minimiser by L-BFGS-B with positive and negative parts."""
        p, k = self.X.shape[1], self.y.shape[1]
        parts = 1 if self.positive else 2

        def unpack(x):
            W = x[: p * k].reshape(p, k)
            if parts == 2:
                W = W - x[p * k : 2 * p * k].reshape(p, k)
            b = x[-k:] if self.fit_intercept else np.zeros(k)
            return W, b

        def value_and_gradient(x):
            W, b = unpack(x)
            g, g_b = self.smooth_gradient(W, b)
            g = (g + self.l2 * W).ravel()
            pieces = [g + self.l1] if parts == 1 else [g + self.l1, -g + self.l1]
            value = (
                self.q @ row_losses(self.loss, self.y, self.X @ W + b)
                + self.l1 * x[: parts * p * k].sum()
                + 0.5 * self.l2 * (W**2).sum()
            )
            return value, np.concatenate([*pieces, g_b * self.fit_intercept])

        x = np.zeros(parts * p * k + k)
        x[-k:] = self.null()
        bounds = [(0.0, None)] * (parts * p * k) + [(None, None)] * k
        for _ in range(rounds):
            x = scipy.optimize.minimize(
                value_and_gradient,
                x,
                jac=True,
                method="L-BFGS-B",
                bounds=bounds,
                options={"maxiter": 5000, "maxfun": 10000, "ftol": 0, "gtol": 1e-12},
            ).x
        return unpack(x)
