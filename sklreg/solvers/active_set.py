"""Minimise a penalised quadratic exactly: Newton steps past kinks, between epochs.

Where no weight has its kink at zero the objective is smooth, and one linear system
gives its minimiser over the weights in use; those that would change sign on the way
become zero. Epochs of coordinate descent in between find out which are in use. The
system's factor follows the weights that come and go.
(Lee, Battle, Raina and Ng 2006, Efficient sparse coding algorithms, NIPS 19, solve for
the signs in the same way, one at a time.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

from .._compile import kernel
from ..penalties._base import TINY
from .cholesky import Cholesky, append, drop, solve, truncate
from .problem import Array, penalty_violations, smooth_parts
from .quadratic import GramQuadratic, coordinate_descent, epoch

_EPS = float(np.finfo(np.float64).eps)
#: The least number of epochs between Newton steps.
_EPOCHS = 50
#: A step of up to so many multiplications is tried first: about a millisecond.
_CHEAP = 2e6
_ROUNDS = 1000
_PATIENCE = 50
_SMOOTH_ROUNDS = 3  # the first Newton step is exact, the others refine it
#: On a unit diagonal: what is added to a matrix that is not positive definite.
_RIDGE = 1e-10
#: Up to this size a singular system without kinks is solved by eigenvalues.
_SMALL_SYSTEM = 500
#: Newton steps in a row, each of which drops coordinates.
_CROSSINGS = 100
#: A Newton step of less than this share of the weights leaves rounding alone.
_SETTLED = 1e-8
_HALVINGS = 6
#: Epochs that leave more of the changes than this are slow.
_FAST = 0.8
#: Those enter that violate optimality by this share of the worst violation, and how
#: many times in a row.
_SHARE, _ENTRIES = 0.8, 200


def minimize_quadratic(
    quadratic: GramQuadratic,
    factor: Cholesky,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    tolerance: float,
) -> None:
    """Minimise in place until the largest violation is at most `tolerance`.

    `factor` is that of any rows of the Hessian, and is left as that of the weights in
    use.
    """
    diagonal = np.diagonal(quadratic.hessian)[: len(z)]
    sizes = np.abs(diagonal * z) + np.abs(quadratic.gradient)
    tolerance = max(tolerance, 32 * _EPS * float(sizes.max(initial=0.0)))
    if penalty.is_smooth():
        _minimize_smooth(quadratic, penalty, columns, z, tolerance)
        return
    best, since_best, unsettled = np.inf, 0, False
    for _ in range(_ROUNDS):
        cost = _newton_cost(factor, z)
        cheap = cost <= _CHEAP
        if unsettled and not cheap and penalty.separable:
            _build(quadratic, factor, penalty, columns, z)
        epochs = max(_EPOCHS, int(cost / _epoch_cost(z)))
        violation, unsettled = _round(
            quadratic,
            factor,
            penalty,
            columns,
            z,
            tolerance,
            cheap or unsettled,
            epochs,
        )
        if violation <= tolerance or since_best > _PATIENCE:
            return
        best, since_best = (
            (violation, 0) if violation < 0.9 * best else (best, since_best + 1)
        )


def _newton_cost(factor: Cholesky, z: Array) -> float:
    """Return the time of a Newton step in multiplications.

    For `s` weights in use of which `m` are new to the factor ``m s^2 / 2``, about four
    at a time, and some to get going.
    """
    s = float(np.count_nonzero(z))
    missing = float(np.count_nonzero((z != 0.0) & (factor.places[: len(z)] < 0)))
    return missing * s * s / 8 + 5e4


def _epoch_cost(z: Array) -> float:
    """Return the multiplications of an epoch that moves the weights in use."""
    return float(z.size) * max(1, int(np.count_nonzero(z)))


def _build(
    quadratic: GramQuadratic,
    factor: Cholesky,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
) -> None:
    """Factorise for all weights in use at once: LAPACK is faster than one by one."""
    _, second = smooth_parts(penalty, columns, z[:, None])
    diagonal = np.diagonal(quadratic.hessian)[: len(z)]
    used = np.isfinite(second[:, 0]) & (diagonal > TINY)
    factor.build(quadratic.hessian, np.flatnonzero(used), second[:, 0])


@kernel
def _round(
    quadratic: Any,
    factor: Cholesky,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    tolerance: float,
    newton: bool,
    epochs: int,
) -> tuple[float, bool]:
    """Go from the weights in use to those that should be, in one way or the other.

    If Newton steps are affordable, epochs go on while they are fast, which they are
    where the columns are unlike each other, and are undone otherwise: they would bring
    in many weights that have to leave again. Then the worst offenders enter, and a
    Newton step follows each time. Returns the largest violation, and whether the epochs
    did not get there.
    """
    found = np.empty(z.shape[0])
    if newton and newton_steps(quadratic, factor, penalty, columns, z, _CROSSINGS):
        violation = _violations(quadratic, penalty, columns, z, found)
        if violation <= tolerance:
            return violation, False
        _fast_epochs(quadratic, penalty, columns, z, epochs, 0.3 * tolerance)
        for _ in range(_ENTRIES):
            if not newton_steps(quadratic, factor, penalty, columns, z, _CROSSINGS):
                break
            violation = _violations(quadratic, penalty, columns, z, found)
            if violation <= tolerance:
                return violation, False
            _enter(quadratic, penalty, columns, z, found, _SHARE * violation)
    largest = coordinate_descent(
        quadratic, penalty, columns, z, epochs, 0.3 * tolerance
    )
    violation = _violations(quadratic, penalty, columns, z, found)
    return violation, largest > 0.3 * tolerance


@kernel
def _fast_epochs(
    quadratic: Any,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    n_epochs: int,
    tolerance: float,
) -> None:
    """Descend while each epoch halves the changes, until no weight comes or goes.

    If they get slow before, nothing has happened.
    """
    begun, gradient = z.copy(), quadratic.gradient.copy()
    before = np.inf
    for _ in range(n_epochs):
        largest, switches = epoch(quadratic, penalty, columns, z)
        if largest <= tolerance or switches == 0:
            break
        if largest > _FAST * before:
            z[:] = begun
            quadratic.gradient[:] = gradient
            break
        before = largest


@kernel
def _violations(
    quadratic: Any, penalty: Any, columns: NDArray[np.intp], z: Array, found: Array
) -> float:
    """Write the violation of each weight that matters, and return the largest."""
    norms, largest = np.empty(z.shape[0]), 0.0
    for i in range(z.shape[0]):
        norms[i] = np.sqrt(max(quadratic.diagonal(i), 0.0))
    penalty_violations(penalty, columns, norms, z, quadratic.gradient, found)
    for i in range(z.shape[0]):
        if norms[i] == 0.0:
            found[i] = 0.0
        largest = max(largest, found[i])
    return largest


@kernel
def _enter(
    quadratic: Any,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    found: Array,
    least: float,
) -> None:
    """Minimise over each block whose violation is at least `least`, in turn."""
    i = 0
    while i < z.shape[0]:
        stop = penalty.block_end(columns, i)
        if found[i:stop].max() >= least:
            penalty.block_update(quadratic, z, columns, i, stop)
        i = stop


@kernel
def newton_steps(
    quadratic: Any,
    factor: Cholesky,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    n_steps: int,
) -> bool:
    """Minimise over the blocks where the penalty is smooth, in place.

    Each step solves ``(H_SS + P'') d = -(slope + P')`` and goes along `d`; coordinates
    that meet their kink at zero stay there. It is kept only if the objective falls.
    Another one follows while it would go on: without the coordinates that met a kink,
    or with the curvature of where the last has led to. Returns whether there are Newton
    steps here at all.
    """
    n = z.shape[0]
    first, second, pull = np.empty(n), np.empty(n), np.empty(n)
    end, kinked = np.empty(n, np.intp), np.empty(n, np.bool_)
    step, new, begun = np.empty(n), np.empty(n), z.copy()
    slopes = quadratic.gradient.copy()
    tied = _find_kinks(penalty, columns, first, second, pull, end, kinked)
    n_new = 0
    for k in range(n_steps):
        _derivatives(penalty, columns, z, first, second, pull)
        n_new = _follow(factor, quadratic, second, pull, end, kinked)
        size = factor.size[0]
        if n_new < 0:
            break
        for a in range(size):
            i = factor.members[a]
            if k > 0 and n_new > 0:
                slopes[i] = _slope(quadratic, i, begun, z)
            step[a] = -(slopes[i] + first[i])
        solve(factor, step[:size])
        way = step, slopes, new
        if not _go(quadratic, factor, penalty, columns, z, kinked, tied, way):
            break
    for i in range(n):
        if z[i] != begun[i]:
            quadratic.move(i, z[i] - begun[i])
    return n_new >= 0 and _all_smooth(z, second)


@kernel
def _all_smooth(z: Array, second: Array) -> bool:
    """Tell whether every weight in use has a curvature."""
    for i in range(z.shape[0]):
        if z[i] != 0.0 and not np.isfinite(second[i]):
            return False
    return True


@kernel
def _slope(quadratic: Any, i: int, begun: Array, z: Array) -> float:
    """Return the slope at `z`, given those at `begun`."""
    slope, row = quadratic.gradient[i], quadratic.hessian[i]
    for k in range(z.shape[0]):
        slope += row[k] * (z[k] - begun[k])
    return slope


@kernel
def _find_kinks(
    penalty: Any,
    columns: NDArray[np.intp],
    first: Array,
    second: Array,
    pull: Array,
    end: NDArray[np.intp],
    kinked: NDArray[np.bool_],
) -> bool:
    """Tell where blocks end, and which weights have a kink of their own at zero.

    Returns whether any block holds several weights: there the curvature changes.
    """
    zeros, tied, i = np.zeros(columns.shape[0]), False, 0
    while i < columns.shape[0]:
        stop = penalty.block_end(columns, i)
        penalty.block_derivatives(zeros, columns, i, stop, first, second, pull)
        for a in range(i, stop):
            end[a] = stop
            kinked[a] = stop == i + 1 and not np.isfinite(second[a])
        tied = tied or stop > i + 1
        i = stop
    return tied


@kernel
def _derivatives(
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    first: Array,
    second: Array,
    pull: Array,
) -> None:
    """Write the penalty's gradient and its Hessian ``diag(second) - pull pull'``."""
    i = 0
    while i < z.shape[0]:
        stop = penalty.block_end(columns, i)
        penalty.block_derivatives(z, columns, i, stop, first, second, pull)
        i = stop


@kernel
def _follow(
    factor: Cholesky,
    quadratic: Any,
    second: Array,
    pull: Array,
    end: NDArray[np.intp],
    kinked: NDArray[np.bool_],
) -> int:
    """Make the smooth coordinates the members and return how many are new, or -1.

    That is, where there is no such factor. Those without a kink that depend on others
    stay out: where they are is as good.
    """
    for a in range(factor.size[0] - 1, -1, -1):
        i = factor.members[a]
        if not np.isfinite(second[i]):
            drop(factor, a)
    for a in range(factor.size[0]):
        i = factor.members[a]
        if factor.added[i] != second[i] or factor.pull[i] != pull[i]:
            truncate(factor, a)
            break
    n_new = 0
    for i in range(second.shape[0]):
        is_smooth = np.isfinite(second[i]) and quadratic.diagonal(i) > TINY
        if is_smooth and factor.places[i] < 0:
            added = append(factor, quadratic.hessian, second, pull, end, i, kinked[i])
            if kinked[i] and not added:
                return -1
            n_new += added
    return n_new


@kernel
def _go(
    quadratic: Any,
    factor: Cholesky,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    kinked: NDArray[np.bool_],
    tied: bool,
    way: tuple[Array, Array, Array],
) -> bool:
    """Go along `direction`, to its end or to the first kink, if that is lower.

    To its end means that coordinates which would change sign stay at zero. Returns
    whether another step would go on.
    """
    direction = way[0]
    size, met, reach = factor.size[0], False, 1.0
    largest, longest = 0.0, 0.0
    for a in range(size):
        i = factor.members[a]
        largest, longest = max(largest, abs(z[i])), max(longest, abs(direction[a]))
        if kinked[i] and (z[i] + direction[a]) * z[i] <= 0.0:
            met = True
            reach = min(reach, abs(z[i]) / abs(direction[a]))
    length = 1.0
    for _ in range(_HALVINGS):
        if length < reach:
            break
        if _moved(quadratic, factor, penalty, columns, z, kinked, way, length):
            return met or (tied and length * longest > _SETTLED * largest)
        length *= 0.5
    if not met:
        return False
    length = reach * (1.0 - 1e-15)
    return _moved(quadratic, factor, penalty, columns, z, kinked, way, length)


@kernel
def _moved(
    quadratic: Any,
    factor: Cholesky,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    kinked: NDArray[np.bool_],
    way: tuple[Array, Array, Array],
    length: float,
) -> bool:
    """Go `length` times the direction if the objective does not rise by that.

    The slopes of the members follow.
    """
    direction, slopes, new = way
    members = factor.members[: factor.size[0]]
    for i in range(z.shape[0]):
        new[i] = z[i]
    step, change = np.empty(members.shape[0]), np.empty(members.shape[0])
    decrease, size = 0.0, 0.0
    for a in range(members.shape[0]):
        i = members[a]
        new[i] = z[i] + length * direction[a]
        nearly = abs(new[i]) <= 1e-14 * abs(z[i])  # it is the kink that ends the way
        if kinked[i] and (new[i] * z[i] <= 0.0 or nearly):
            new[i] = 0.0
        step[a] = new[i] - z[i]
        decrease += slopes[i] * step[a]
        size += abs(slopes[i] * step[a])
    for a in range(members.shape[0]):
        row = quadratic.hessian[members[a]]
        change[a] = 0.0
        for b in range(members.shape[0]):
            change[a] += row[members[b]] * step[b]
        decrease += 0.5 * step[a] * change[a]
    i = 0
    while i < z.shape[0]:
        stop = penalty.block_end(columns, i)
        decrease += penalty.block_value(new, columns, i, stop)
        decrease -= penalty.block_value(z, columns, i, stop)
        i = stop
    if not decrease <= _EPS * size:  # also false for what is not a number
        return False
    for a in range(members.shape[0]):
        i = members[a]
        slopes[i] += change[a]
        z[i] = new[i]
    return True


def _minimize_smooth(
    quadratic: GramQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    tolerance: float,
) -> None:
    """Minimise where there is no kink: one system, refined; epochs where it fails."""
    hessian = quadratic.hessian[: len(z), : len(z)]
    diagonal = np.diagonal(hessian)
    members = np.flatnonzero(diagonal > TINY)
    if len(members) < len(z):
        hessian = hessian[np.ix_(members, members)]
    for refined in range(_SMOOTH_ROUNDS):
        first, second = smooth_parts(penalty, columns, z[:, None])
        slopes = (quadratic.gradient + first[:, 0])[members]
        if refined and np.abs(slopes).max(initial=0.0) <= tolerance:
            return
        scale = 1.0 / np.sqrt(np.abs(diagonal[members] + second[members, 0]))
        matrix = hessian * scale * scale[:, None]
        matrix.flat[:: len(scale) + 1] += second[members, 0] * scale * scale
        solution = _solve(matrix, -scale * slopes)
        if solution is None:
            break
        step = np.zeros_like(z)
        step[members] = scale * solution
        change = quadratic.hessian[: len(z), : len(z)] @ step
        curved = change[members] + second[members, 0] * step[members]
        if (slopes + 0.5 * curved) @ step[members] > 0.0:
            break
        z += step
        quadratic.gradient[:] += change
    coordinate_descent(quadratic, penalty, columns, z, _EPOCHS, 0.3 * tolerance)


def _solve(matrix: Array, right: Array) -> Array | None:
    """Solve a symmetric system of unit diagonal; nearly if it is singular.

    Along a flat direction the solution does not go: only rounding would make the
    objective fall. None if the matrix is indefinite.
    """
    factor, solution, failed = dposv(matrix.T, right, lower=True)
    if not failed and np.abs(np.diagonal(factor)).min() >= 1e-7:
        return solution
    if len(right) <= _SMALL_SYSTEM:
        return _solve_semidefinite(matrix, right)
    matrix.flat[:: len(right) + 1] += _RIDGE  # refined by the next step
    _, solution, failed = dposv(matrix.T, right, lower=True)
    return None if failed else solution


def _solve_semidefinite(matrix: Array, right: Array) -> Array | None:
    """Solve a semidefinite system by eigenvalues; None if one is negative."""
    values, vectors = scipy.linalg.eigh(matrix, check_finite=False)
    floor = len(values) * _EPS * values[-1]
    if values[0] < -1e3 * floor:
        return None
    inverse = np.where(values > floor, 1.0 / np.maximum(values, floor), 0.0)
    return vectors @ (inverse * (vectors.T @ right))
