r"""One solution of penalised least squares, found and certified in its moments.

The data term of one output is a quadratic with the Hessian `S`, so that one model is
the problem itself. With the residual ``u = y - X w``, of which only

.. math:: \|u\|^2 = yy + w' (g - s), \quad u' y = yy - s' w, \quad X' u = -g = s - S w

are known, the dual points `t u` have the values

.. math:: D(t u) = t \, u' y - \tfrac{1}{2} t^2 \|u\|^2 - (\alpha P)^*(-t g) .

Of penalties of blocks only those are rotated (`blocks.py`) that join the search, the
worst offenders first.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from .blocks import Frame
from .certificate import (
    ROUNDING,
    Certificate,
    conjugate_at,
    dual_scale_at,
    has_dual,
    joined,
)
from .layout import Order, block_order, whole_blocks
from .least_squares import LeastSquares
from .problem import Array, Solution, Weights, penalty_violations
from .tolerance import Report, Tolerance

#: Share of the largest violation to which the quadratic is minimised.
_INNER = 0.1
#: Up to so many weights the steps of a path, all in one kernel, are tried first, and to
#: this share of the largest slope: the last digits are a step or two.
_FEW, _PRECISE = 32, 1e-9
#: In more weights than this, blocks join a few at a time, at first so many weights,
#: while they are less than a share of all.
_SMALL, _FIRST, _MOST = 64, 32, 0.25
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
    w = np.zeros(moments.xy.shape) if start is None else start
    parts = []
    for c in range(problem.n_outputs):
        output = _Output.of(least_squares, c, tol)
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
    parts = []
    for c in range(problem.n_outputs):
        output = _Output.of(least_squares, c, 0.0)
        z = np.ascontiguousarray(w[:, c])
        slopes = output.slopes + output.hessian @ z
        parts.append(output._certified(z, slopes, np.empty_like(z)))
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


class _Part(NamedTuple):
    """The weights that are worked on, the others zero."""

    members: NDArray[np.bool_]
    places: Order
    frame: Frame


class _Output(NamedTuple):
    """The problem of one output."""

    penalty: Any
    columns: NDArray[np.intp]
    norms: Array
    order: Order  # of the weights, block by block
    hessian: Array  # S
    slopes: Array  # -s: those at zero
    square: float  # yy
    has_dual: bool
    limits: Tolerance

    @classmethod
    def of(cls, whole: LeastSquares, c: int, tol: float) -> _Output:
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
            block_order(problem.penalty, problem.columns),
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
        part, scores = None, np.empty_like(z)
        while True:
            certificate = self._certified(z, slopes, scores)
            report(n_iter, certificate, self.limits)
            excess = self.limits.excess(certificate)
            stalled = 0 if excess < _PROGRESS * reached else stalled + 1
            if not excess >= reached:
                best, shown, reached = z, certificate, excess
            if reached <= 1.0 or n_iter == max_iter or stalled == _PATIENCE:
                shortfall = self.limits.shortfall(shown)
                return _Found(best, shown, max(n_iter, 1), shortfall)
            part, n_iter = self._grown(part, z, scores), n_iter + 1
            z = self._lower(part, z, slopes, certificate.violation)
            slopes = self.slopes + self.hessian @ z

    def _grown(self, part: _Part | None, z: Array, scores: Array) -> _Part:
        """Return the part with the weights in use and the worst offenders.

        All weights are where they are few, or many are in use, or none takes a
        rotation.
        """
        penalty, columns, hessian = self.penalty, self.columns, self.hessian
        if part is not None and part.members.all():
            return part
        if penalty.separable or penalty.is_smooth() or len(z) <= _SMALL:
            every = np.ones(len(z), np.bool_)
            return _Part(every, slice(None), Frame.of(penalty, columns, hessian))
        members = z != 0.0 if part is None else part.members | (z != 0.0)
        candidates = np.flatnonzero((scores > 0.0) & ~members)
        room = max(_FIRST, int(np.count_nonzero(members)))
        members[candidates[np.argsort(-scores[candidates])[:room]]] = True
        members = whole_blocks(penalty, columns, members[:, None])[:, 0]
        if np.count_nonzero(members) > _MOST * len(z):
            members[:] = True
        if part is not None and (members == part.members).all():
            return part
        places = np.flatnonzero(members)
        inside = np.ascontiguousarray(hessian[np.ix_(places, places)])
        return _Part(members, places, Frame.of(penalty, columns[places], inside))

    def _lower(self, part: _Part, z: Array, slopes: Array, violation: float) -> Array:
        """Return weights with a fraction of the violation, if rounding lets them."""
        frame, places, penalty = part.frame, part.places, self.penalty
        columns = self.columns[places]
        if len(z) <= _FEW and not penalty.is_smooth():
            alphas = np.array([penalty.strength()])
            found = frame.minimize_along(
                slopes.copy(), penalty, columns, z.copy(), alphas, _PRECISE
            )
            if len(found):
                return found[0]
        z, moved = z.copy(), z[places].copy()
        frame.minimize(slopes[places], penalty, columns, moved, _INNER * violation)
        z[places] = moved
        return z

    def _certified(self, z: Array, slopes: Array, scores: Array) -> Certificate:
        """Return the certificate and write the violation of each weight."""
        order, found = self.order, np.empty_like(z)
        objective, dual, violation = _certify(
            self.penalty,
            self.columns[order],
            self.norms[order],
            z[order],
            slopes[order],
            self.slopes[order],
            self.square,
            self.has_dual,
            found,
            np.empty_like(z),
        )
        scores[order] = found
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
    found: Array,
    v: Array,
) -> tuple[float, float, float]:
    """Return the objective, the better of two dual values and the violation.

    That of each weight is written to `found`.
    """
    residual, product = square, square
    penalised, violation = penalty_violations(penalty, columns, norms, z, slopes, found)
    for j in range(z.shape[0]):
        residual += z[j] * (slopes[j] + at_zero[j])
        product += z[j] * at_zero[j]
        v[j] = -slopes[j]
    residual = max(residual, 0.0)
    dual = -np.inf
    if has_dual:
        dual = product - 0.5 * residual - conjugate_at(penalty, columns, v)
        scale = dual_scale_at(penalty, columns, v)
        if scale < 1.0:
            for j in range(v.shape[0]):
                v[j] *= scale
            scaled = scale * product - 0.5 * scale * scale * residual
            dual = max(dual, scaled - conjugate_at(penalty, columns, v))
    return 0.5 * residual + penalised, dual, violation
