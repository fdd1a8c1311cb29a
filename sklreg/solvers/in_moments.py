r"""One solution of penalised least squares, found and certified in its moments.

The data term of one output is a quadratic with the Hessian `S`, so that one model is
the problem itself. With the residual ``u = y - X w``, of which only

.. math:: \|u\|^2 = yy + w' (g - s), \quad u' y = yy - s' w, \quad X' u = -g = s - S w

are known, the dual points `t u` have the values

.. math:: D(t u) = t \, u' y - \tfrac{1}{2} t^2 \|u\|^2 - (\alpha P)^*(-t g) .
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from .blocks import Frame
from .certificate import ROUNDING, Certificate, conjugate_at, has_dual, joined
from .least_squares import LeastSquares
from .problem import Array, Solution, Weights, penalty_violations
from .tolerance import Report, Tolerance

#: Share of the largest violation to which the quadratic is minimised.
_INNER = 0.1
#: Up to so many weights the steps of a path, all in one kernel, are tried first, and to
#: this share of the largest slope: the last digits are a step or two.
_FEW, _PRECISE = 32, 1e-9
#: Rounds without bettering the certificate by a percent: only rounding is left.
_PATIENCE, _PROGRESS = 10, 0.99


def solve_in_moments(
    least_squares: LeastSquares,
    *,
    tol: float,
    max_iter: int,
    start: Array | None,
    report: Report,
) -> Solution:
    """Minimise over the weights of each output in turn; `start` are weights."""
    problem, moments = least_squares.problem, least_squares.moments
    frame = Frame.of(problem.penalty, problem.columns, moments.xx)
    w = np.zeros(moments.xy.shape) if start is None else start
    parts = []
    for c in range(problem.n_outputs):
        output = _Output.of(least_squares, frame, c, tol)
        parts.append(output.minimized(w[:, c], max_iter, report))
    w = np.column_stack([part.z for part in parts])
    return Solution(
        Weights.of(w),
        least_squares.intercept(w),
        *joined([part.certificate for part in parts]),
        max(part.n_iter for part in parts),
        next((part.shortfall for part in parts if part.shortfall), ""),
    )


def certify_in_moments(least_squares: LeastSquares, w: Array, b: Array) -> Certificate:
    """Return the certificate of given weights and intercepts.

    Intercepts that are off by `e` cost ``e^2 / 2``.
    """
    problem = least_squares.problem
    frame = Frame.of(problem.penalty, problem.columns, least_squares.moments.xx)
    parts = []
    for c in range(problem.n_outputs):
        output = _Output.of(least_squares, frame, c, 0.0)
        z = np.ascontiguousarray(w[:, c])
        parts.append(output._certified(z, output.slopes + output.hessian @ z))
    off = (b - least_squares.intercept(w)) * problem.fit_intercept
    cost, slope = 0.5 * float(off @ off), float(np.abs(off).max())
    objective, dual_gap, violation = joined(parts)
    steepest = slope * float(problem.norms.max(initial=0.0))
    return Certificate(objective + cost, dual_gap + cost, max(steepest, violation))


class _Found(NamedTuple):
    """Weights of one output."""

    z: Array
    certificate: Certificate
    n_iter: int
    shortfall: str


class _Output(NamedTuple):
    """The problem of one output."""

    penalty: Any
    columns: NDArray[np.intp]
    norms: Array
    frame: Frame
    hessian: Array  # S
    slopes: Array  # -s: those at zero
    square: float  # yy
    has_dual: bool
    limits: Tolerance

    @classmethod
    def of(cls, whole: LeastSquares, frame: Frame, c: int, tol: float) -> _Output:
        """State the problem of output `c`; `tol` is relative to the null model."""
        problem, square = whole.problem, float(whole.moments.yy[c])
        slopes, norms = -whole.moments.xy[:, c], problem.norms
        dual = has_dual(problem)
        gap = (0.5 * tol + ROUNDING) * square + 1e-300 if dual else math.nan
        floor = ROUNDING * float(norms.max(initial=0.0)) * math.sqrt(square)
        steepest = tol * float(np.abs(slopes).max(initial=0.0))
        limits = Tolerance(tol, gap, steepest + floor + 1e-300)
        return cls(
            problem.penalty,
            problem.columns,
            norms,
            frame,
            whole.moments.xx,
            slopes,
            square,
            dual,
            limits,
        )

    def minimized(self, start: Array, max_iter: int, report: Report) -> _Found:
        """Minimise until the limits are met, from `start` if that is of use."""
        z = self.penalty.nearest(start, self.columns).copy()
        slopes = self.slopes + self.hessian @ z
        if not z @ (slopes + self.slopes) <= 0.0:  # no better than nothing
            z = self.penalty.nearest(np.zeros_like(z), self.columns).copy()
            slopes = self.slopes + self.hessian @ z
        best, reached, stalled, n_iter = z, math.inf, 0, 0
        while True:
            certificate = self._certified(z, slopes)
            report(n_iter, certificate, self.limits)
            excess = self.limits.excess(certificate)
            stalled = 0 if excess < _PROGRESS * reached else stalled + 1
            if not excess >= reached:
                best, shown, reached = z, certificate, excess
            if reached <= 1.0 or n_iter == max_iter or stalled == _PATIENCE:
                shortfall = self.limits.shortfall(shown)
                return _Found(best, shown, max(n_iter, 1), shortfall)
            n_iter, z = n_iter + 1, self._lower(z, slopes, certificate.violation)
            slopes = self.slopes + self.hessian @ z

    def _lower(self, z: Array, slopes: Array, violation: float) -> Array:
        """Return weights with a fraction of the violation, if rounding lets them."""
        frame, penalty, columns = self.frame, self.penalty, self.columns
        if len(z) <= _FEW and not penalty.is_smooth():
            alphas = np.array([penalty.strength()])
            found = frame.minimize_along(
                slopes.copy(), penalty, columns, z.copy(), alphas, _PRECISE
            )
            if len(found):
                return found[0]
        z = z.copy()
        frame.minimize(slopes, penalty, columns, z, _INNER * violation)
        return z

    def _certified(self, z: Array, slopes: Array) -> Certificate:
        order = self.frame.order
        objective, dual, violation = _certify(
            self.penalty,
            self.columns[order],
            self.norms[order],
            z[order],
            slopes[order],
            self.slopes[order],
            self.square,
            self.has_dual,
            np.empty_like(z),
        )
        gap = max(objective - dual, 0.0) if self.has_dual else math.nan
        return Certificate(objective, gap, violation)


@kernel
def _certify(
    penalty: Any,
    columns: NDArray[np.intp],
    norms: Array,
    z: Array,
    slopes: Array,
    at_zero: Array,
    square: float,
    has_dual: bool,
    v: Array,
) -> tuple[float, float, float]:
    """Return the objective, the better of two dual values and the violation."""
    residual, product = square, square
    penalised, violation = penalty_violations(penalty, columns, norms, z, slopes, v)
    for j in range(z.shape[0]):
        residual += z[j] * (slopes[j] + at_zero[j])
        product += z[j] * at_zero[j]
        v[j] = -slopes[j]
    residual = max(residual, 0.0)
    dual, scale = -np.inf, 1.0
    if has_dual:
        for _ in range(2):
            conjugate, least = conjugate_at(penalty, columns, v)
            value = scale * product - 0.5 * scale * scale * residual - conjugate
            dual = max(dual, value)
            if least == 1.0:
                break
            scale = least
            for j in range(v.shape[0]):
                v[j] *= scale
    return 0.5 * residual + penalised, dual, violation
