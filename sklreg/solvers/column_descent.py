"""Minimise a penalised quadratic in its columns: epochs, and where they lead to.

Where a Gram matrix would take longer to form than a few epochs of coordinate descent
take, these go over the columns themselves, and Anderson's extrapolation shortens the
way. If that takes as long as the Gram matrix would, it is formed after all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .active_set import minimize_quadratic
from .cholesky import Cholesky
from .core import Core, descend
from .problem import Array, penalty_value
from .quadratic import ColumnQuadratic, GramQuadratic

#: Epochs between extrapolations.
_EPOCHS = 5
#: Multiplications for each entry that an epoch takes the time of, out of order.
_EPOCH_COST = 4
#: Epochs over the Gram matrix that are expected.
_FORMED_EPOCHS = 12
#: The least number of epochs before it is formed, the most if it would be larger than
#: this, and that size.
_LEAST, _MOST, _LARGEST = 20, 300, 3000


def minimize_in_columns(
    quadratic: ColumnQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    tolerance: float,
    core: Core | None = None,
) -> int:
    """Minimise in place until an epoch moves no slope by more than `tolerance`.

    Returns the number of epochs.
    """
    core = core or Core.empty(len(z))
    trail = np.empty((_EPOCHS + 1, len(z) + 1 + len(quadratic.fitted)))
    _where(quadratic, z, trail[0])
    n_epochs, patience = 0, _LEAST
    numbers, k = columns[core.members], len(core.members)
    room = numbers, np.empty(k), np.empty(k)
    while n_epochs < patience:
        largest = descend(quadratic, *core, penalty, columns, z, tolerance, *room)
        n_epochs += 1
        if largest <= tolerance:
            return n_epochs
        gone = (n_epochs - 1) % _EPOCHS + 1
        _where(quadratic, z, trail[gone])
        if gone == _EPOCHS:
            _extrapolate(quadratic, penalty, columns, z, trail)
            _where(quadratic, z, trail[0])
        if n_epochs == _LEAST:
            patience = _patience(quadratic)
    if patience < _MOST:
        _minimize_formed(quadratic, penalty, columns, z, tolerance)
    return n_epochs


def minimize_along_in_columns(
    quadratic: ColumnQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    alphas: Array,
    share: float,
    behind: list[tuple[float, Array]],
    core: Core,
) -> tuple[Array, int]:
    """Minimise for some strengths of the penalty in turn; one row each.

    Until an epoch moves no slope by more than `share` of the largest before; that is
    taken to be in proportion to the strength. Each starts from where the last two
    minimisers lead to: `behind` are the strengths and weights of two, the last at `z`.
    Also returns the number of epochs.
    """
    found, n_epochs = np.empty((len(alphas), len(z))), 0
    largest = float(np.abs(quadratic.first).max(initial=0.0))
    (earlier, w), (later, _) = behind
    last = _where(quadratic, z)
    before = last + _moves(quadratic, w - z)
    for m, alpha in enumerate(alphas):
        at = penalty.at_strength(alpha)
        if later != earlier:
            ahead = (alpha - later) / (later - earlier)
            _try(quadratic, at, columns, z, last + ahead * (last - before))
        tolerance = share * largest
        n_epochs += minimize_in_columns(quadratic, at, columns, z, tolerance, core)
        found[m] = z
        largest *= alpha / later if 0.0 < later < np.inf else 1.0
        before, last = last, _where(quadratic, z)
        earlier, later = later, alpha
    return found, n_epochs


def _patience(quadratic: ColumnQuadratic) -> int:
    """Return how many epochs take as long as to form the Gram matrix and use it."""
    n, k = quadratic.columns.shape
    if k > _LARGEST:
        return _MOST
    epoch = _EPOCH_COST * max(1, quadratic.columns.n_entries)
    formed = quadratic.columns.cross_work(_MOST * epoch)
    epochs = (formed + _FORMED_EPOCHS * float(k) * min(n, k)) / epoch
    return int(min(max(epochs, _LEAST), _MOST))


def _where(quadratic: ColumnQuadratic, z: Array, out: Array | None = None) -> Array:
    """Return all that coordinate descent moves, one after the other."""
    return np.concatenate([z, quadratic.along, quadratic.fitted], out=out)


def _parts(point: Array, k: int) -> list[Array]:
    """Return weights, `along` and `fitted` of a point."""
    return np.split(point, [k, k + 1])


def _extrapolate(
    quadratic: ColumnQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    trail: Array,
) -> None:
    """Go where the last epochs lead to, if the objective is lower there.

    That is the affine combination of the iterates whose change would be the least
    (Bertrand and Massias 2021, Anderson acceleration of coordinate descent, AISTATS).
    """
    changes = np.diff(trail[:, : len(z)], axis=0)
    gram = changes @ changes.T
    gram.flat[:: len(gram) + 1] *= 1.0 + 1e-12
    share = np.linalg.lstsq(gram, np.ones(len(gram)), rcond=None)[0]
    if not share.sum() > 0.0:
        return
    _try(quadratic, penalty, columns, z, (share / share.sum()) @ trail[1:])


def _try(
    quadratic: ColumnQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    there: Array,
) -> None:
    """Go to a point, given by all that descent moves, if the objective is lower there.

    Weights that are zero, or would change sign, are zero there; others keep to bounds.
    """
    k, here = len(z), _where(quadratic, z)
    allowed = penalty.nearest(np.where(there[:k] * z <= 0.0, 0.0, there[:k]), columns)
    if (beyond := there[:k] - allowed).any():
        there -= _moves(quadratic, beyond)
        there[:k] = allowed
    before = _value(quadratic, penalty, columns, here)
    if _value(quadratic, penalty, columns, there) < before:
        z[:], quadratic.along[0] = there[:k], there[k]
        quadratic.fitted[:] = there[k + 1 :]


def _moves(quadratic: ColumnQuadratic, d: Array) -> Array:
    """Return all that changes with a change `d` of the weights."""
    scaled = d / quadratic.scale
    along = float(quadratic.mean @ scaled) * quadratic.total
    fitted = quadratic.rows * quadratic.columns.matvec(scaled[:, None])[:, 0]
    return np.concatenate([d, [along], fitted])


def _value(
    quadratic: ColumnQuadratic, penalty: Any, columns: NDArray[np.intp], point: Array
) -> float:
    """Return the objective, up to a constant."""
    z, along, fitted = _parts(point, len(columns))
    squares = fitted @ np.divide(
        fitted, quadratic.rows, out=np.zeros_like(fitted), where=quadratic.rows > 0.0
    )
    if quadratic.total > 0.0:
        squares -= along[0] * along[0] / quadratic.total
    value = quadratic.first @ z + 0.5 * squares
    return float(value + penalty_value(penalty, columns, z))


def _minimize_formed(
    quadratic: ColumnQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    tolerance: float,
) -> None:
    """Form ``H = X~' h X~`` and minimise with that."""
    x, mean, scale = quadratic.columns, quadratic.mean, quadratic.scale
    hessian = x.cross(x, quadratic.rows, mean, mean)
    hessian /= np.outer(scale, scale)
    back = x.rmatvec(quadratic.fitted[:, None])[:, 0] - mean * quadratic.along[0]
    formed = GramQuadratic(hessian, quadratic.first + back / scale)
    before = z.copy()
    minimize_quadratic(formed, Cholesky.empty(len(z)), penalty, columns, z, tolerance)
    _, along, fitted = _parts(_moves(quadratic, z - before), len(z))
    quadratic.along[:] += along
    quadratic.fitted[:] += fitted
