"""Minimise a penalised quadratic exactly: epochs tell what is in use, Newton the rest.

While epochs of coordinate descent are fast they find out which weights are in use;
Newton steps over these (`newton_steps.py`) end at the minimiser, or show which weights
are missing. Where a step takes long, epochs go on until the weights in use settle.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ..penalties._base import TINY
from .cholesky import Cholesky
from .newton_steps import Room, newton_steps
from .problem import Array, Goal, smooth_parts
from .quadratic import GramQuadratic, coordinate_descent, epoch
from .smooth import minimize_smooth

_EPS = float(np.finfo(np.float64).eps)
#: The least number of epochs between Newton steps.
_EPOCHS = 50
#: A step of up to so many multiplications is tried first: about a millisecond.
_CHEAP = 2e6
_ROUNDS = 1000
_PATIENCE = 50
#: Newton steps of one call, and from one strength of the penalty to the next, at most.
_STEPS, _FEW_STEPS = 500, 100
#: Epochs that leave more of the changes than this are slow.
_FAST = 0.8


class _Task(NamedTuple):
    """A penalised quadratic, its weights, and what Newton steps need and write to."""

    quadratic: GramQuadratic
    factor: Cholesky
    penalty: Any
    columns: NDArray[np.intp]
    z: Array
    room: Room


def minimize_quadratic(
    quadratic: GramQuadratic,
    factor: Cholesky,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    tolerance: float,
) -> None:
    """Minimise in place until the largest violation is at most `tolerance`.

    Or until nothing gets better: epochs hardly move, have moved no less for long, or
    have been many. `factor` is that of any rows of the Hessian, and is left as that of
    the weights in use.
    """
    tolerance = max(tolerance, _rounding(quadratic, z))
    if penalty.is_smooth():
        minimize_smooth(quadratic, penalty, columns, z, tolerance)
        return

    task = _Task(quadratic, factor, penalty, columns, z, Room.of(len(z)))
    best, since_best, unsettled, enough = np.inf, 0, False, 0.3 * tolerance
    for _ in range(_ROUNDS):
        cost = _newton_cost(factor, z)
        cheap = cost <= _CHEAP
        epochs = max(_EPOCHS, int(cost / _epoch_cost(z)))
        if cheap or unsettled:
            if penalty.convex:
                violation = _epochs_and_newton(task, epochs, tolerance)
            else:
                violation = _newton_in_use(task)
            if violation <= tolerance:
                return
        largest = coordinate_descent(quadratic, penalty, columns, z, epochs, enough)
        unsettled = largest > enough
        if not unsettled or since_best > _PATIENCE:
            if cheap:
                _newton_in_use(task)
            return
        best, since_best = (
            (largest, 0) if largest < 0.9 * best else (best, since_best + 1)
        )


def _epochs_and_newton(task: _Task, n_epochs: int, tolerance: float) -> float:
    """Take epochs while they are fast, then Newton steps until all weights are right.

    Returns the largest violation, `tolerance` at most if they succeed.
    """
    quadratic, _, penalty, columns, z, room = task
    fast_epochs(quadratic, penalty, columns, z, n_epochs, 0.3 * tolerance, room)
    return _newton(task, tolerance)


def _newton_in_use(task: _Task) -> float:
    """Take Newton steps over the weights in use; return the largest violation of all.

    As no violation is too large, no others enter: where the penalty is not convex, it
    is for epochs to find out which do.
    """
    return _newton(task, np.inf)


def _newton(task: _Task, tolerance: float) -> float:
    """Take Newton steps until the largest violation is `tolerance`; return it."""
    quadratic, factor, penalty, columns, z, room = task
    if penalty.separable and _many_are_missing(factor, z):
        _build(task)
    alphas, found = np.array([penalty.strength()]), np.empty((1, len(z)))
    goal = Goal(tolerance, 0.0, _STEPS)
    _, violation = newton_steps(
        quadratic, factor, penalty, alphas, columns, z, room, goal, found
    )
    return float(violation)


def minimize_along(
    quadratic: GramQuadratic,
    factor: Cholesky,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    alphas: Array,
    share: float,
) -> Array:
    """Minimise for some strengths of the penalty in turn; one row each.

    Until the largest violation is `share` of the largest slope before. There are as
    many rows as Newton steps find minimisers.
    """
    found, room = np.empty((len(alphas), len(z))), Room.of(len(z))
    goal = Goal(_rounding(quadratic, z), share, _FEW_STEPS)
    n_found, _ = newton_steps(
        quadratic, factor, penalty, alphas, columns, z, room, goal, found
    )
    return found[:n_found]


def _rounding(quadratic: GramQuadratic, z: Array) -> float:
    """Return a violation that rounding alone may be the reason of."""
    diagonal = np.diagonal(quadratic.hessian)[: len(z)]
    sizes = np.abs(diagonal * z) + np.abs(quadratic.gradient)
    return 32 * _EPS * float(sizes.max(initial=0.0))


def _newton_cost(factor: Cholesky, z: Array) -> float:
    """Return the time of a Newton step in multiplications.

    For `s` weights in use of which `m` are new to the factor ``m s^2 / 2``, about four
    at a time, and some to get going.
    """
    s, missing = _in_use(factor, z)
    return missing * s * s / 8 + 5e4


def _many_are_missing(factor: Cholesky, z: Array) -> bool:
    """Tell whether LAPACK is faster at the whole factor than to add what is missing.

    It takes ``s^3 / 3`` multiplications, about sixteen at a time.
    """
    s, missing = _in_use(factor, z)
    return missing * s * s / 8 > s * s * s / 48 + 5e4


def _in_use(factor: Cholesky, z: Array) -> tuple[float, float]:
    """Return how many weights are not zero, and how many of them the factor lacks."""
    used = z != 0.0
    missing = used & (factor.places[: len(z)] < 0)
    return float(np.count_nonzero(used)), float(np.count_nonzero(missing))


def _epoch_cost(z: Array) -> float:
    """Return the multiplications of an epoch that moves the weights in use."""
    return float(z.size) * max(1, int(np.count_nonzero(z)))


def _build(task: _Task) -> None:
    """Factorise for all weights in use at once: LAPACK is faster than one by one."""
    quadratic, factor, penalty, columns, z, _ = task
    _, second = smooth_parts(penalty, columns, z[:, None])
    diagonal = np.diagonal(quadratic.hessian)[: len(z)]
    used = np.isfinite(second[:, 0]) & (diagonal > TINY)
    factor.build(quadratic.hessian, np.flatnonzero(used), second[:, 0])


@kernel
def fast_epochs(
    quadratic: GramQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    n_epochs: int,
    tolerance: float,
    room: Room,
) -> None:
    """Descend while epochs are fast, until no weight comes or goes.

    They are where the columns are unlike each other. If they get slow before, nothing
    has happened: they would bring in many weights that have to leave again.
    """
    gradient, before = quadratic.gradient, np.inf
    for i in range(z.shape[0]):
        room.begun[i], room.slopes[i] = z[i], gradient[i]
    for _ in range(n_epochs):
        largest, switches = epoch(quadratic, penalty, columns, z, True)
        if largest <= tolerance or switches == 0:
            break
        if largest > _FAST * before:
            for i in range(z.shape[0]):
                z[i], gradient[i] = room.begun[i], room.slopes[i]
            break
        before = largest
