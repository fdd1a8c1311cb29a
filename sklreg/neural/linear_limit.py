"""A network without hidden layers is a linear model: the exact solver does it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._validation import as_design
from ..designs import standardized
from ..solvers import Problem, Solution, certificate_of, solve
from .objective import Array, Objective

_NEWTON_STEPS = 1000


def linear_problem(X: Any, objective: Objective) -> Problem:
    """Return the problem of the linear model, with the penalty of the first layer."""
    q = objective.data.weight / objective.data.weight.sum()
    design, norms = standardized(as_design(X), q, centre=True, scale=False)
    columns = np.arange(X.shape[1])
    return Problem(
        design,
        objective.data.y,
        q,
        objective.loss,
        objective.penalty.at_layer(0),
        True,
        columns,
        norms,
    )


def solve_linear(X: Any, objective: Objective, tol: float) -> tuple[Array, Solution]:
    """Return the parameters (weights, then biases) and the solver's report.

    The duality gap is that of the parameters in the dtype of X.
    """
    problem = linear_problem(X, objective)
    design = problem.design
    solution = solve(problem, tol=tol, max_iter=_NEWTON_STEPS)
    coef = solution.coef / design.scale[:, None] + 0.0
    intercept = solution.intercept - design.mean @ coef
    coef, intercept = (
        part.astype(X.dtype).astype(np.float64) for part in (coef, intercept)
    )
    certificate = certificate_of(problem, coef, intercept + design.mean @ coef)
    solution = solution._replace(dual_gap=certificate.dual_gap)
    return np.concatenate([coef.ravel(), intercept]), solution
