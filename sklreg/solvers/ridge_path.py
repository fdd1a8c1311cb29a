"""A path of least squares with a ridge penalty: one decomposition for all strengths."""

from __future__ import annotations

from typing import Any

import numpy as np

from .certificate import certify
from .moments import centre_of
from .path import Step, along_path
from .problem import Array, Point, Problem, Weights, evaluate_all, predictions
from .reduction import NEWTON_SIZE
from .ridge import Directions, directions
from .tolerance import Null, Report
from .working_set import WorkingSet

#: So many strengths pay for the eigenvectors, which cost some twenty factorisations.
_MANY = 25
#: Points that one product with X verifies.
_TOGETHER = 8


def eigenvectors_pay(problem: Problem, penalties: list[Any]) -> bool:
    """Tell whether one decomposition is cheaper than a solution for each penalty."""
    small = min(problem.design.shape) <= NEWTON_SIZE
    ridge = all(each.ridge_strength() > 0.0 for each in penalties)
    many = len(penalties) >= _MANY
    return bool(problem.loss.quadratic and ridge and small and many)


def along_ridge_path(
    problem: Problem,
    penalties: list[Any],
    *,
    tol: float,
    max_iter: int,
    start: tuple[Array, Array] | None,
    report: Report,
    offset: float,
    inside: WorkingSet,
    enough: float,
) -> tuple[list[Step], WorkingSet]:
    """Do what `along_path` does, with the solutions of one decomposition verified.

    Where one misses the tolerance it is what `along_path` starts from.
    """
    del start  # nothing is sought
    null, steps = Null.of(problem), []
    found = directions(problem, min(each.ridge_strength() for each in penalties))
    for first in range(0, len(penalties), _TOGETHER):
        batch = penalties[first : first + _TOGETHER]
        alphas = np.array([each.ridge_strength() for each in batch])
        points = _points(problem, found, alphas)
        evaluations = evaluate_all(problem, points)
        for m, penalty in enumerate(batch):
            stated, point = problem._replace(penalty=penalty), points.at(m)
            limits = null.tolerance(stated, tol, offset)
            certified = certify(stated, point, evaluations.at(m))
            if limits.met(certified.certificate):
                steps.append(
                    Step(
                        penalty,
                        Weights.of(point.w),
                        point.b,
                        certified.certificate,
                        1,
                        "",
                    )
                )
                continue
            (step,), inside = along_path(
                stated,
                [penalty],
                tol=tol,
                max_iter=max_iter,
                start=(point.w, point.b),
                report=report,
                offset=offset,
                inside=inside,
                enough=enough,
            )
            steps.append(step)
    return steps, inside


def _points(problem: Problem, found: Directions, alphas: Array) -> Point:
    """Return the solutions for some strengths, along a first axis."""
    b, w = centre_of(problem), np.moveaxis(found.weights(alphas), -1, 0)
    eta = np.ascontiguousarray(predictions(problem.design, w) + b)
    return Point(np.ascontiguousarray(w), np.tile(b, (len(w), 1)), eta)
