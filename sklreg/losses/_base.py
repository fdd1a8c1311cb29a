"""What a loss offers, and the kernels that sum it over rows.

Notation: `y` the target, `eta` the prediction before the link, both arrays of shape
(n_samples, n_outputs) and C-contiguous; `f` the loss of one row; `weight` the sample
weights scaled to sum 1, so that ``sum_i weight_i f_i`` is the weighted mean.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from .._parameters import Parameters

Array = NDArray[np.float64]
#: How far rounding may put a dual point beyond the domain, relative to its size.
BORDER = 1e-12
_NEWTON_STEPS = 100
#: A mean loss that is zero.
_NOTHING = 1e-290
_ROUNDING = 4 * np.finfo(np.float64).eps


class Loss(Parameters):
    r"""Base class of losses that are a sum over outputs of ``value(y, eta)``.

    A subclass lists its parameters as annotated attributes and writes, in the Python
    that Numba compiles, `value`, `derivative` and `curvature` of one number.
    `majorizer` is an upper bound of the curvature that makes every Newton step safe;
    with `conjugate_dual` a duality gap is reported. Where a value overflows it is
    infinite, never NaN: line searches step back from there.

    Attributes
    ----------
    quadratic : bool
        Whether the curvature is 1 everywhere, so that one Newton step is exact.
    dual : bool
        Whether `conjugate_dual` is there.
    separable : bool
        Whether the loss of a row is a sum over outputs.
    of_classes : bool
        Whether `y` holds the shares of classes rather than numbers.
    probabilistic : bool
        Whether `eta` of a loss of classes stands for their probabilities.
    smooth : bool
        Whether the derivative is continuous, which linear models need.
    has_link : bool
        Whether predictions are a function of `eta`, `inverse_link`, rather than `eta`.
    likelihood : bool
        Whether the loss is a negative log-likelihood, up to a constant of the data.
    """

    quadratic = False
    dual = False
    separable = True
    of_classes = False
    probabilistic = False
    smooth = True
    has_link = False
    likelihood = False

    def record(self) -> Any:
        """Validate the parameters and return the record that kernels see."""
        self.validate()
        values = map(float, self.get_params().values())
        return self.Record(*(tuple(values) or (1.0,)))

    # One number ------------------------------------------------------------------

    def value(self, y: float, eta: float) -> float:
        """Return f(y, eta)."""
        raise NotImplementedError

    def derivative(self, y: float, eta: float) -> float:
        """Return df / d eta."""
        raise NotImplementedError

    def curvature(self, y: float, eta: float) -> float:
        """Return d2f / d eta^2, or an element of its generalised derivative.

        Never negative: where `f` is not convex, the nearest that is not.
        """
        raise NotImplementedError

    def majorizer(self, y: float, eta: float) -> float:
        """Return a curvature whose parabola lies above f; default: `curvature`.

        At least between `eta` and the minimiser of the row, where none does everywhere.
        """
        return self.curvature(y, eta)

    def conjugate_dual(self, y: float, u: float) -> float:
        """Return ``-f*(-u)``, the dual value of ``u = -df/d eta``."""
        return math.nan

    # All rows ---------------------------------------------------------------------
    #
    # Rows without weight do not exist, even where their loss is infinite. A loss that
    # is a sum over outputs has these of its scalar functions, output by output: loops
    # over rows alone vectorise.

    def value_of_rows(self, y: Array, eta: Array, weight: Array) -> float:
        """Return the weighted mean loss."""
        total = 0.0
        for c in range(eta.shape[1]):
            for i in range(eta.shape[0]):
                if weight[i] != 0.0:
                    total += weight[i] * self.value(y[i, c], eta[i, c])
        return total

    def gradient_of_rows(
        self, y: Array, eta: Array, weight: Array, out: Array
    ) -> float:
        """Write ``weight_i grad f_i`` to `out`; return the weighted mean loss."""
        total = 0.0
        for c in range(eta.shape[1]):
            for i in range(eta.shape[0]):
                q = weight[i]
                if q != 0.0:
                    total += q * self.value(y[i, c], eta[i, c])
                    out[i, c] = q * self.derivative(y[i, c], eta[i, c])
                else:
                    out[i, c] = 0.0
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
        """Write the curvatures, moved by `damping` to the majorizer, times weights.

        To ``second[:, i]`` for row `i`: the diagonal of its Hessian, off which that is
        ``-pull[:, i] pull[:, i]'`` where outputs depend on each other; zero before.
        """
        for c in range(eta.shape[1]):
            for i in range(eta.shape[0]):
                q = weight[i]
                if q != 0.0:
                    newton = self.curvature(y[i, c], eta[i, c])
                    safe = self.majorizer(y[i, c], eta[i, c])
                    second[c, i] = q * (newton + damping * (safe - newton))
                else:
                    second[c, i] = 0.0

    def dual_of_rows(self, y: Array, u: Array, weight: Array) -> float:
        """Return ``-sum_i weight_i f*_i(-u_i)``."""
        total = 0.0
        for c in range(u.shape[1]):
            for i in range(u.shape[0]):
                if weight[i] != 0.0:
                    total += weight[i] * self.conjugate_dual(y[i, c], u[i, c])
        return total

    # All rows, in Python -----------------------------------------------------------

    def inverse_link(self, eta: Any) -> Any:
        """Return the predictions that `eta` stands for; default: `eta`."""
        return eta

    def in_domain(self, y: Array) -> NDArray[np.bool_]:
        """Tell which targets the loss is defined for; default: all."""
        return np.ones(y.shape, dtype=np.bool_)

    def domain(self) -> str:
        """Name these targets, for an error message."""
        return "numbers"

    def balanced_dual(self, u: Array, y: Array, weight: Array) -> Array:
        """Return a dual point near `u` with ``sum_i weight_i u_i = 0``.

        That is the dual constraint an unpenalised intercept makes. The default shrinks
        the entries of the heavier sign, which suits every `f` whose dual domain is an
        interval around zero.
        """
        del y
        above = weight @ np.maximum(u, 0.0)
        below = weight @ np.maximum(-u, 0.0)
        target = np.minimum(above, below)
        with np.errstate(invalid="ignore", divide="ignore"):
            shrink_above = np.where(above > 0.0, target / above, 0.0)
            shrink_below = np.where(below > 0.0, target / below, 0.0)
        return u * np.where(u > 0.0, shrink_above, shrink_below)

    def first_intercept(self, y: Array, weight: Array) -> Array:
        """Return a first guess of the null model's intercepts; default: the means."""
        return weight @ y

    def intercept_beside(self, y: Array, weight: Array, offset: Array) -> Array:
        """Return the same where the null model adds an offset."""
        return self.first_intercept(y, weight) - weight @ offset


@kernel
def weighted_gradient(
    loss: Any, y: Array, eta: Array, weight: Array, out: Array
) -> float:
    """Write ``weight_i grad f_i`` to `out`; return the weighted mean loss."""
    return loss.gradient_of_rows(y, eta, weight, out)


@kernel
def weighted_value(loss: Any, y: Array, eta: Array, weight: Array) -> float:
    """Return the weighted mean loss."""
    return loss.value_of_rows(y, eta, weight)


@kernel
def weighted_hessian(
    loss: Any,
    y: Array,
    eta: Array,
    weight: Array,
    damping: float,
    second: Array,
    pull: Array,
) -> None:
    """Write ``weight_i hess f_i``: its diagonal, off which it is ``-pull_i pull_i'``.

    Both have a column for each row of `eta`; `pull` starts at zero.
    """
    loss.hessian_of_rows(y, eta, weight, damping, second, pull)


@kernel
def weighted_dual(loss: Any, y: Array, u: Array, weight: Array) -> float:
    """Return ``-sum_i weight_i f*_i(-u_i)``."""
    return loss.dual_of_rows(y, u, weight)


def null_intercept(
    loss: Any, y: Array, weight: Array, offset: Array | None = None
) -> Array:
    """Return the intercepts of the null model: Newton's method, safeguarded.

    Minimises ``sum_i weight_i f(y_i, b + offset_i)`` over `b` of shape (n_outputs,).
    """
    known = np.zeros(y.shape) if offset is None else offset
    if loss.quadratic:  # the means, and those of what rounding leaves
        b = weight @ (y - known)
        return np.asarray(b + weight @ (y - known - b), dtype=np.float64)
    if not loss.smooth:  # one of differences, whose first guess is exact
        return np.asarray(loss.first_intercept(y - known, weight), dtype=np.float64)
    b = loss.first_intercept(y, weight)
    if offset is not None:
        b = loss.intercept_beside(y, weight, offset)
    gradient = np.empty(y.shape)
    damping = 0.0

    def evaluate(b: Array) -> float:
        return float(weighted_gradient(loss, y, known + b, weight, gradient))

    value = evaluate(b)
    for _ in range(_NEWTON_STEPS):
        g = gradient.sum(axis=0)
        if np.abs(g).max() <= _ROUNDING * np.abs(gradient).sum():
            break
        second, pull = np.zeros((2, len(b), len(y)))
        weighted_hessian(loss, y, known + b, weight, damping, second, pull)
        hessian = -(pull @ pull.T)
        np.fill_diagonal(hessian, second.sum(axis=1))
        step = -np.linalg.lstsq(hessian, g, rcond=1e-12)[0]
        trial = evaluate(b + step)
        if trial < value:
            b, value, damping = b + step, trial, 0.1 * damping
        elif damping < 1.0:
            damping = min(1.0, 10.0 * damping + 0.01)
            evaluate(b)
        else:
            break
    return b


def share_explained(
    loss: Any, y: Array, eta: Array, weight: Array, offset: Array | None = None
) -> float:
    """Return the share of the null model's loss that `eta` explains, at most 1.

    Parameters
    ----------
    loss : record
        The loss.
    y, eta : array of shape (n_samples, n_outputs)
        Targets and predictions before the link.
    weight : array of shape (n_samples,)
        Sample weights of sum 1.
    offset : array of shape (n_samples, n_outputs), optional
        What the null model adds to its intercepts.
    """
    known = np.zeros(y.shape) if offset is None else offset
    null = known + null_intercept(loss, y, weight, offset)
    reached, total = (weighted_value(loss, y, each, weight) for each in (eta, null))
    if total < _NOTHING:  # as R^2 of a constant target
        return float(reached < _NOTHING)
    return float(1.0 - reached / total)
