"""Minimise a quadratic plus a smooth penalty: one linear system, refined."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

from ..penalties._base import TINY
from .factor import MARGIN
from .problem import Array, smooth_parts
from .quadratic import GramQuadratic, coordinate_descent

_EPS = float(np.finfo(np.float64).eps)
#: Epochs where there is no system to solve.
_EPOCHS = 50
_ROUNDS = 3  # the first Newton step is exact, the others refine it
#: On a unit diagonal: what is added to a matrix that is not positive definite.
_RIDGE = 1e-10
#: A direction along which no more than this share of the slopes falls is level.
_LEVEL = 1e-12
#: Up to this size a singular system is solved by eigenvalues.
_SMALL_SYSTEM = 500


def minimize_smooth(
    quadratic: GramQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    tolerance: float,
) -> None:
    """Minimise where there is no kink: one system, refined; epochs where it fails."""
    hessian = quadratic.hessian[: len(z), : len(z)]
    diagonal = np.diagonal(hessian)
    _, second = smooth_parts(penalty, columns, z[:, None])
    members = np.flatnonzero(diagonal + second[:, 0] > TINY)
    if len(members) == 0:  # all is flat
        return
    if len(members) < len(z):
        hessian = hessian[np.ix_(members, members)]
    for n_steps in range(_ROUNDS + 1):
        first, second = smooth_parts(penalty, columns, z[:, None])
        slopes = (quadratic.gradient + first[:, 0])[members]
        if n_steps > 0 and np.abs(slopes).max(initial=0.0) <= tolerance:
            return
        if n_steps == _ROUNDS:
            break
        scale = 1.0 / np.sqrt(np.abs(diagonal[members] + second[members, 0]))
        matrix = hessian * scale * scale[:, None]
        matrix.flat[:: len(scale) + 1] += second[members, 0] * scale * scale
        solved = _solve(matrix, -scale * slopes)
        if solved is None:
            break
        solution, flat = solved
        step = np.zeros_like(z)
        step[members] = scale * solution
        if flat.shape[1] > 0:  # of all solutions take that of least norm
            along, _ = np.linalg.qr(scale[:, None] * flat)
            step[members] -= along @ (along.T @ (z + step)[members])
        change = quadratic.hessian[: len(z), : len(z)] @ step
        curved = change[members] + second[members, 0] * step[members]
        if (slopes + 0.5 * curved) @ step[members] > 0.0:  # rounding is left
            return
        z += step
        quadratic.gradient[:] += change
    coordinate_descent(quadratic, penalty, columns, z, _EPOCHS, 0.3 * tolerance)


def _solve(matrix: Array, right: Array) -> tuple[Array, Array] | None:
    """Solve a symmetric system of unit diagonal; nearly if it is singular.

    Along a flat direction the solution does not go: only rounding would make the
    objective fall. Returns those that are level as well, unless there may be very many.
    None if the matrix is indefinite.
    """
    nothing = np.empty((len(right), 0))
    factor, solution, failed = dposv(matrix.T, right, lower=True)
    if not failed and np.abs(np.diagonal(factor)).min() >= 1e-7:
        return solution, nothing
    if len(right) <= _SMALL_SYSTEM:
        return _solve_semidefinite(matrix, right)
    matrix.flat[:: len(right) + 1] += _RIDGE  # refined by the next step
    _, solution, failed = dposv(matrix.T, right, lower=True)
    return None if failed else (solution, nothing)


def _solve_semidefinite(matrix: Array, right: Array) -> tuple[Array, Array] | None:
    """Do the same by eigenvalues; None if one is negative."""
    values, vectors = scipy.linalg.eigh(matrix, check_finite=False)
    floor, along = len(values) * _EPS * values[-1], vectors.T @ right
    if values[0] < -1e3 * floor:
        return None
    level = np.abs(along) <= _LEVEL * np.linalg.norm(right)
    flat = level & (values <= MARGIN * floor)
    used = (values > floor) & ~flat
    solution = vectors @ np.where(used, along / np.where(used, values, 1.0), 0.0)
    return solution, vectors[:, flat]
