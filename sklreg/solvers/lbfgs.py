"""Smooth and large: SciPy's L-BFGS, preconditioned by the curvature's diagonal.

Byrd, Lu, Nocedal and Zhu (1995), A limited memory algorithm for bound constrained
optimization, SIAM Journal on Scientific Computing 16(5).
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import scipy.optimize

from ..designs import row_slices
from .certificate import Certificate, Null, Report, Tolerance, certify, silent
from .problem import (
    Array,
    Point,
    Problem,
    evaluate,
    smooth_parts,
    start_point,
)

_MEMORY = 20
_CHECK_EVERY = 5


def lbfgs(
    problem: Problem,
    point: Point,
    limits: Tolerance,
    null: Null,
    max_iter: int,
    report: Report = silent,
) -> tuple[Point, int]:
    """Improve `point` until `limits` are met or `max_iter` iterations are spent."""
    scale = _preconditioner(problem, null.point.b)
    shape = (point.w.shape[0] + 1, point.w.shape[1])

    def point_at(x: Array) -> Point:
        stacked = x.reshape(shape) * scale
        return start_point(problem, stacked[:-1], stacked[-1])

    def certified(point: Point) -> Certificate:
        return certify(problem, point, evaluate(problem, point)).certificate

    def objective(x: Array) -> tuple[float, Array]:
        at = point_at(x)
        value, r = problem.gradient(at.eta)
        derivative, _ = smooth_parts(problem.penalty, problem.columns, at.w)
        gradient = problem.design.rmatvec(r) + derivative
        slopes = r.sum(axis=0) * problem.fit_intercept
        value += problem.penalty_at(at.w)
        return value, (np.vstack([gradient, slopes]) * scale).ravel()

    steps = itertools.count(1)

    def stop_when_met(intermediate_result: Any) -> None:
        if (n_iter := next(steps)) % _CHECK_EVERY == 0:
            certificate = certified(point_at(intermediate_result.x))
            report(n_iter, certificate, limits)
            if limits.met(certificate):
                raise StopIteration

    found = scipy.optimize.minimize(
        objective,
        (np.vstack([point.w, point.b]) / scale).ravel(),
        method="L-BFGS-B",
        jac=True,
        callback=stop_when_met,
        options={
            "maxiter": max_iter,
            "maxfun": 3 * max_iter,
            "maxcor": _MEMORY,
            "ftol": 0.0,
            "gtol": 0.0,
        },
    )
    return point_at(found.x), max(int(found.nit), 1)


def _preconditioner(problem: Problem, b: Array) -> Array:
    """Return one over the root of the Hessian's diagonal at the null model."""
    p, k = problem.design.shape[1], problem.n_outputs
    eta = problem.null_eta(b)
    per_output = np.zeros(k)
    for rows in row_slices(len(eta), k * k):
        per_output += np.einsum("cci->c", problem.rows(rows).hessian(eta[rows], 1.0))
    zeros = np.zeros((p, k))
    _, curvature = smooth_parts(problem.penalty, problem.columns, zeros)
    diagonal = np.vstack(
        [np.outer(problem.norms**2, per_output) + curvature, per_output]
    )
    largest = diagonal.max()
    return 1.0 / np.sqrt(np.maximum(diagonal, 1e-12 * largest))
