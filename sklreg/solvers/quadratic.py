"""A penalised quadratic on a working set: coordinate descent and exact Newton steps.

minimise over z:   g' (z - z0) + (z - z0)' H (z - z0) / 2 + alpha P(z)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from .._compile import kernel, record
from .problem import Array, penalty_value, penalty_violations

_EPS = float(np.finfo(np.float64).eps)
#: Work of one call of the kernel, in multiplications: about 0.1 s.
_WORK = 5e7
_EPOCHS = 5
_ROUNDS = 1000
#: On a unit diagonal, what counts as singular, and what is added then.
_LEAST_PIVOT = 1e-7
_RIDGE = 1e-10
#: Up to this size a singular system is solved by eigenvalues.
_SMALL_SYSTEM = 500
#: Newton steps in a row, each of which drops a coordinate.
_CROSSINGS = 10
#: Curvature that counts as none: its reciprocal would overflow.
_TINY = 1e-307
_SMOOTH_ROUNDS = 3  # the first Newton step is exact, the others refine it


@record
class GramQuadratic(NamedTuple):
    """A quadratic with its Hessian formed; `gradient` follows the point."""

    hessian: Array  # k x k
    gradient: Array  # k

    def diagonal(self, i: int) -> float:
        """Return H[i, i]."""
        return self.hessian[i, i]

    def slope(self, i: int) -> float:
        """Return the derivative with respect to coordinate `i`."""
        return self.gradient[i]

    def move(self, i: int, delta: float) -> None:
        """Account for a change of coordinate `i` by `delta`."""
        row = self.hessian[i]
        for k in range(row.shape[0]):
            self.gradient[k] += delta * row[k]


@kernel
def coordinate_descent(
    quadratic: Any, penalty: Any, columns: NDArray[np.intp], z: Array, n_epochs: int
) -> None:
    """Minimise exactly in one coordinate after the other, `n_epochs` times.

    ``z_i <- prox(z_i - slope_i / H_ii, 1 / H_ii)`` in place, with the penalty of
    feature ``columns[i]``.
    """
    for _ in range(n_epochs):
        for i in range(z.shape[0]):
            curvature = quadratic.diagonal(i)
            if curvature > _TINY:
                step = 1.0 / curvature
                old = z[i]
                z[i] = penalty.prox(old - step * quadratic.slope(i), step, columns[i])
                if z[i] != old:
                    quadratic.move(i, z[i] - old)


def smooth_parts(
    penalty: Any, columns: NDArray[np.intp], w: Array
) -> tuple[Array, Array]:
    """Return the penalty's first and second derivatives at each weight.

    The second is infinite at a kink, where the first means nothing.
    """
    derivative, curvature = np.empty(w.shape), np.empty(w.shape)
    rows = np.repeat(columns, w.size // max(len(columns), 1))
    _smooth_parts(penalty, rows, w.ravel(), derivative.ravel(), curvature.ravel())
    return derivative, curvature


@kernel
def _smooth_parts(
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    derivative: Array,
    curvature: Array,
) -> None:
    for i in range(z.shape[0]):
        derivative[i] = penalty.derivative(z[i], columns[i])
        curvature[i] = penalty.curvature(z[i], columns[i])


def minimize_quadratic(
    quadratic: GramQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    tolerance: float,
) -> None:
    """Minimise in place until the largest violation is at most `tolerance`.

    Alternates exact Newton steps on the smooth coordinates (`newton_step`) with epochs
    of coordinate descent, which find out which coordinates those are.
    """
    epochs = max(1, min(_EPOCHS, int(_WORK / max(1, z.size) ** 2)))
    sizes = np.abs(np.diagonal(quadratic.hessian) * z) + np.abs(quadratic.gradient)
    tolerance = max(tolerance, 32 * _EPS * float(sizes.max(initial=0.0)))
    best, since_best = np.inf, 0
    for _ in range(_SMOOTH_ROUNDS if penalty.is_smooth() else _ROUNDS):
        for _ in range(_CROSSINGS):
            if not newton_step(quadratic, penalty, columns, z):
                break
        violation = _largest_violation(quadratic, penalty, columns, z)
        if violation <= tolerance or since_best > 50:
            return
        best, since_best = (
            (violation, 0) if violation < 0.9 * best else (best, since_best + 1)
        )
        coordinate_descent(quadratic, penalty, columns, z, epochs)


def _largest_violation(
    quadratic: GramQuadratic, penalty: Any, columns: NDArray[np.intp], z: Array
) -> float:
    diagonal = np.diagonal(quadratic.hessian)
    steps = np.divide(1.0, diagonal, out=np.zeros_like(z), where=diagonal > _TINY)
    found = np.zeros((len(z), 1))
    slopes = quadratic.gradient[:, None]
    penalty_violations(penalty, columns, steps, z[:, None], slopes, found)
    return float(found[steps > 0.0].max(initial=0.0))


def newton_step(
    quadratic: GramQuadratic, penalty: Any, columns: NDArray[np.intp], z: Array
) -> bool:
    """Minimise over the coordinates where the penalty is smooth, in place.

    Solves ``(H_SS + P'') d = -(slope + P')`` and goes along `d` until the first
    coordinate meets its kink at zero. Kept only if the objective falls. Returns
    whether a kink was met: another step then goes on without that coordinate.
    """
    derivative, curvature = smooth_parts(penalty, columns, z)
    kink = np.isinf(smooth_parts(penalty, columns, np.zeros_like(z))[1])
    smooth = np.flatnonzero(
        np.isfinite(curvature) & (np.diagonal(quadratic.hessian) > _TINY)
    )
    if smooth.size == 0:
        return False
    matrix = quadratic.hessian[np.ix_(smooth, smooth)]
    matrix.flat[:: smooth.size + 1] += curvature[smooth]
    right = -(quadratic.gradient + derivative)[smooth]
    direction = _solve(matrix, right, bounded=bool(kink[smooth].any()))
    if direction is None:
        return False

    old, new = z[smooth], z[smooth] + direction
    crossing = kink[smooth] & (np.sign(new) != np.sign(old))
    if crossing.any():
        with np.errstate(over="ignore"):
            reach = np.where(crossing, np.abs(old) / np.abs(direction), np.inf)
        new = old + reach.min() * direction
        new[reach == reach.min()] = 0.0

    step = new - old
    change = quadratic.hessian[:, smooth] @ step
    decrease = quadratic.gradient[smooth] @ step + 0.5 * (change[smooth] @ step)
    decrease += penalty_value(penalty, columns[smooth], new[:, None])
    decrease -= penalty_value(penalty, columns[smooth], old[:, None])
    scale = np.abs(quadratic.gradient[smooth]) @ np.abs(step)
    if not (decrease <= _EPS * scale and np.isfinite(change).all()):
        return False
    z[smooth] = new
    quadratic.gradient[:] += change
    return bool(crossing.any())


def _solve(matrix: Array, right: Array, *, bounded: bool) -> Array | None:
    """Solve a symmetric system; nearly if it is singular, None if indefinite.

    Along a flat direction in which the objective falls the solution goes far if it is
    `bounded` by kinks, and not at all otherwise, where only rounding makes it fall.
    """
    scale = 1.0 / np.sqrt(np.abs(np.diagonal(matrix)))
    if not np.isfinite(scale).all():
        return None
    scaled = matrix * scale * scale[:, None]  # unit diagonal: sound pivots
    solution = _solve_definite(scaled, scale * right)
    if solution is None and len(scale) <= _SMALL_SYSTEM:
        solution = _solve_semidefinite(scaled, scale * right, bounded)
    elif solution is None:  # the loop around repeats the step and so refines it
        scaled.flat[:: len(scale) + 1] += _RIDGE
        solution = _solve_definite(scaled, scale * right)
    return None if solution is None else scale * solution


def _solve_definite(matrix: Array, right: Array) -> Array | None:
    """Solve by Cholesky; None unless positive definite beyond rounding."""
    try:
        factor = scipy.linalg.cho_factor(matrix, lower=True, check_finite=False)
    except np.linalg.LinAlgError:
        return None
    if np.abs(np.diagonal(factor[0])).min() < _LEAST_PIVOT:
        return None
    return scipy.linalg.cho_solve(factor, right, check_finite=False)


def _solve_semidefinite(matrix: Array, right: Array, bounded: bool) -> Array | None:
    """Solve a semidefinite system by eigenvalues; None if one is negative."""
    values, vectors = scipy.linalg.eigh(matrix, check_finite=False)
    floor = len(values) * _EPS * values[-1]
    if values[0] < -1e3 * floor:
        return None
    flat = 1.0 / floor if bounded else 0.0
    inverse = np.where(values > floor, 1.0 / np.maximum(values, floor), flat)
    return vectors @ (inverse * (vectors.T @ right))
