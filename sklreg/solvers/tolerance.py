"""When a solver stops, measured by the null model, and what is told of it meanwhile."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..losses import null_intercept
from .certificate import ROUNDING, Certificate, has_dual
from .problem import Evaluation, Point, Problem, evaluate


class Tolerance(NamedTuple):
    """When to stop: `tol` relative to the null model, plus a rounding floor."""

    tol: float
    gap: float  # nan: there is no dual, the violation decides
    violation: float
    enough: float = 0.0  # a violation that is small enough, whatever else

    def met(self, certificate: Certificate) -> bool:
        """Tell whether the point is good enough."""
        return self.excess(certificate) <= 1.0

    def excess(self, certificate: Certificate) -> float:
        """Return the deciding number divided by its limit."""
        if certificate.violation < self.enough:
            return certificate.violation / self.enough
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


class Null(NamedTuple):
    """The null model: all weights zero, the best intercepts."""

    point: Point
    evaluation: Evaluation
    scale: float  # of the data term, to judge rounding by
    slope: float  # of its derivatives: their weighted root mean square
    gradient: float  # the largest entry
    norm: float  # of the largest column

    @classmethod
    def of(cls, problem: Problem) -> Null:
        """Fit the null model of `problem`."""
        p, k = problem.design.shape[1], problem.n_outputs
        b = np.zeros(k)
        if problem.fit_intercept:
            b = null_intercept(problem.loss, problem.y, problem.weight, problem.offset)
        point = Point(np.zeros((p, k)), b, problem.null_eta(b))
        evaluation = evaluate(problem, point)
        # With a link eta = 0 means nothing: take a unit of eta from the null model.
        off = point.eta + 1.0 if problem.loss.has_link else np.zeros_like(point.eta)
        scale, slopes = problem.gradient(off)
        weighty = problem.weight > 0.0
        squares = slopes[weighty] ** 2 / problem.weight[weighty, None]
        slope = math.sqrt(squares.sum())
        if problem.loss.quadratic:  # residuals are as precise as y, not their squares
            squares = evaluation.slopes[weighty] ** 2 / problem.weight[weighty, None]
            scale = 0.5 * slope * (math.sqrt(squares.sum()) + ROUNDING * slope)
        gradient = float(np.abs(evaluation.gradient).max(initial=0.0))
        norm = float(problem.norms.max(initial=1e-150))
        return cls(point, evaluation, scale, slope, gradient, norm)

    def tolerance(self, problem: Problem, tol: float, offset: float = 0.0) -> Tolerance:
        """Return the limits that `tol` stands for; `offset` belongs to the objective.

        The floors are what rounding alone makes of the objective, and of ``X' r``: by
        Cauchy and Schwarz at most the norms of both times the precision.
        """
        gap = math.nan
        if has_dual(problem):
            scale = max(self.scale + offset, 1e-300)
            gap = tol * (self.evaluation.value + offset) + ROUNDING * scale
        slope = math.hypot(self.slope, math.sqrt(2.0 * offset))
        floor = ROUNDING * self.norm * slope
        violation = tol * self.gradient + max(floor, 1e-300)
        return Tolerance(tol, gap, violation)
