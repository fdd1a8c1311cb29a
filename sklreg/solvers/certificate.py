r"""How far a point is from optimal: duality gap and violation.

With ``u_i = -grad f(eta_i)`` and ``v = X' diag(q) u`` Fenchel's dual of `F` is

.. math:: D(u) = -\sum_i q_i f_i^*(-u_i) - (\alpha P)^*(v),
    \qquad \sum_i q_i u_i = 0 \text{ if there is an intercept}

and ``F - D`` bounds the distance to the minimum (Ndiaye et al. 2017, Gap safe
screening rules for sparsity enforcing penalties, JMLR 18, section 2).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ..losses import null_intercept, weighted_dual
from .problem import Array, Point, Problem, penalty_value, penalty_violations

_ROUNDING = 16 * np.finfo(np.float64).eps


class Certificate(NamedTuple):
    """Objective, duality gap (nan without a dual) and violation of a point."""

    objective: float
    dual_gap: float
    violation: float
    gradient: Array  # of the data term with respect to w
    slopes: Array  # of the data term with respect to eta


class Tolerance(NamedTuple):
    """When to stop: `tol` relative to the null model, plus a rounding floor."""

    tol: float
    gap: float  # nan: there is no dual, the violation decides
    violation: float
    intercept: Array  # of the null model
    null: Certificate

    def met(self, certificate: Certificate) -> bool:
        """Tell whether the point is good enough."""
        return self.excess(certificate) <= 1.0

    def excess(self, certificate: Certificate) -> float:
        """Return the deciding number divided by its limit."""
        if math.isnan(self.gap):
            return certificate.violation / self.violation
        return certificate.dual_gap / self.gap

    def shortfall(self, certificate: Certificate) -> str:
        """Return a sentence about what was missed, empty if nothing was."""
        if self.met(certificate):
            return ""
        if math.isnan(self.gap):
            name, reached, limit = "violation", certificate.violation, self.violation
            scale = "the largest gradient of the null model"
        else:
            name, reached, limit = "duality gap", certificate.dual_gap, self.gap
            scale = "the objective of the null model"
        return (
            f"the {name} is {reached:.3g}, above its limit {limit:.3g} "
            f"(tol={self.tol:g} times {scale})"
        )


#: What is told of progress: steps taken, the point's certificate, the limits.
Report = Callable[[int, Certificate, Tolerance], None]


def silent(n_iter: int, certificate: Certificate, limits: Tolerance) -> None:
    """Report nothing."""


def printed(n_iter: int, certificate: Certificate, limits: Tolerance) -> None:
    """Report one line on the standard output."""
    has_gap = not math.isnan(limits.gap)
    name = "duality gap" if has_gap else "violation"
    reached = certificate.dual_gap if has_gap else certificate.violation
    limit = limits.gap if has_gap else limits.violation
    line = f"step {n_iter}: objective {certificate.objective:.9g}, "
    print(f"{line}{name} {reached:.2g} of {limit:.2g}", flush=True)  # noqa: T201


def certify(problem: Problem, point: Point) -> Certificate:
    """Compute the certificate; one product ``X' r``."""
    value, r = problem.gradient(point.eta)
    gradient = problem.design.rmatvec(r)
    objective = value + penalty_value(problem.penalty, problem.columns, point.w)
    gap = math.nan
    if has_dual(problem):
        gap = max(objective - _dual_value(problem, r, gradient), 0.0)
    violation = float(violations(problem, point.w, gradient).max(initial=0.0))
    violation = max(violation, intercept_violation(problem, r))
    return Certificate(objective, gap, violation, gradient, r)


def intercept_violation(problem: Problem, r: Array) -> float:
    """Return the intercepts' largest derivative, in the units of the largest column."""
    if not problem.fit_intercept:
        return 0.0
    return float(np.abs(r.sum(axis=0)).max() * problem.norms.max(initial=0.0))


def has_dual(problem: Problem) -> bool:
    """Tell whether the duality gap of `problem` can be computed."""
    penalty = problem.penalty
    return bool(problem.loss.dual and penalty.convex and penalty.has_dual())


def violations(problem: Problem, w: Array, gradient: Array) -> Array:
    """Return the distance of minus the gradient to the subdifferential, per weight."""
    out = np.empty_like(w)
    steps = prox_steps(problem)
    penalty_violations(problem.penalty, problem.columns, steps, w, gradient, out)
    return out


def prox_steps(problem: Problem) -> Array:
    """Return for each feature the reciprocal of a typical curvature."""
    squares = np.maximum(problem.norms**2, np.finfo(np.float64).tiny)
    return 1.0 / squares


def _dual_value(problem: Problem, r: Array, gradient: Array) -> float:
    """Return the better of two dual points: as it is, and scaled to be feasible."""
    q = problem.weight
    with np.errstate(invalid="ignore", divide="ignore"):
        u = np.where(q[:, None] > 0.0, -r / q[:, None], 0.0)
    v = -gradient
    if problem.fit_intercept and (
        np.abs(r.sum(axis=0)).max() > _ROUNDING * np.abs(r).sum()
    ):
        balanced = problem.loss.balanced_dual(u, problem.y, q)
        v = v + problem.design.rmatvec(q[:, None] * (balanced - u))
        u = balanced
    u = np.ascontiguousarray(u)
    conjugate, scale = _conjugate(problem.penalty, problem.columns, v)
    value = weighted_dual(problem.loss, problem.y, u, q) - conjugate
    if scale < 1.0:
        conjugate, _ = _conjugate(problem.penalty, problem.columns, scale * v)
        scaled = weighted_dual(problem.loss, problem.y, scale * u, q) - conjugate
        value = max(value, scaled)
    return float(value)


@kernel
def _conjugate(
    penalty: Any, columns: NDArray[np.intp], v: Array
) -> tuple[float, float]:
    """Return ``(alpha P)^*(v)`` and the scale at which the penalty wants it."""
    total, scale = 0.0, 1.0
    for j in range(v.shape[0]):
        for c in range(v.shape[1]):
            total += penalty.conjugate(v[j, c], columns[j])
            scale = min(scale, penalty.dual_scale(v[j, c], columns[j]))
    return total, scale


def null_point(problem: Problem) -> Point:
    """Return the point of all-zero weights with the best intercepts."""
    (n, p), k = problem.design.shape, problem.n_outputs
    b = np.zeros(k)
    if problem.fit_intercept:
        b = null_intercept(problem.loss, problem.y, problem.weight)
    return Point(np.zeros((p, k)), b, np.tile(b, (n, 1)))


def tolerance(problem: Problem, tol: float) -> Tolerance:
    """Return the limits that `tol` stands for in `problem`."""
    null = null_point(problem)
    certificate = certify(problem, null)
    # With a link eta = 0 means nothing: take a unit of eta from the null model.
    zero = null.eta + 1.0 if problem.loss.has_link else np.zeros_like(null.eta)
    at_zero, slopes = problem.gradient(zero)
    gap = math.nan
    if has_dual(problem):
        gap = tol * certificate.objective + _ROUNDING * max(at_zero, 1e-300)
    # What rounding alone makes of X'r when r is all cancellation.
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.sqrt((slopes**2 / problem.weight[:, None])[problem.weight > 0].sum())
    floor = _ROUNDING * float(problem.norms.max(initial=1e-150)) * float(size)
    largest = float(np.abs(certificate.gradient).max(initial=0.0))
    violation = tol * largest + max(floor, 1e-300)
    return Tolerance(tol, gap, violation, null.b, certificate)


def critical_alpha(problem: Problem) -> float:
    """Return the smallest alpha at which all weights are zero."""
    record = problem.penalty
    null = certify(problem, null_point(problem))
    return float(record.critical_alpha(null.gradient, prox_steps(problem)))
