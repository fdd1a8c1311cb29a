"""Minimise a penalised quadratic in its columns: epochs, and conjugate gradients.

Where the Gram matrix would be too large to form, epochs of coordinate descent find out
which weights are in use, and conjugate gradients take the Newton step in those: both
touch each entry of the columns twice. (Hestenes and Stiefel 1952; the Newton step past
kinks is that of `active_set.py`.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse.linalg
from numpy.typing import NDArray

from .problem import Array, penalty_value, smooth_parts
from .quadratic import ColumnQuadratic, coordinate_descent

#: Work of one call of the kernel, in multiplications: about 0.1 s.
_WORK = 5e7
_EPOCHS = 10
_ROUNDS = 30
#: Epochs that leave this share of the changes call for conjugate gradients.
_SLOW = 0.7
#: Iterations, and to what share of its right side a system is solved.
_ITERATIONS, _RESIDUAL = 50, 0.01
_RIDGE = 1e-10


def minimize_in_columns(
    quadratic: ColumnQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    tolerance: float,
) -> None:
    """Minimise in place until an epoch moves no slope by more than `tolerance`."""
    epochs = max(1, min(_EPOCHS, int(_WORK / max(1, quadratic.columns.n_entries))))
    before = np.inf
    for _ in range(_ROUNDS):
        largest = coordinate_descent(quadratic, penalty, columns, z, epochs, tolerance)
        if largest <= tolerance:
            return
        if largest > _SLOW * before:
            newton_step(quadratic, penalty, columns, z)
            largest = np.inf
        before = largest


def newton_step(
    quadratic: ColumnQuadratic, penalty: Any, columns: NDArray[np.intp], z: Array
) -> None:
    """Minimise over the coordinates where the penalty is smooth, in place.

    Coordinates that would meet their kink at zero stay there. Kept only if the
    objective falls.
    """
    derivative, curvature = _derivatives(penalty, columns, z)
    smooth = np.isfinite(curvature) & (quadratic.curvatures > 0.0)
    if not smooth.any():
        return
    slopes = quadratic.first + _back(quadratic, quadratic.fitted, quadratic.along[0])
    right = np.where(smooth, -(slopes + derivative), 0.0)
    added = np.where(smooth, curvature, 0.0)
    diagonal = np.where(smooth, quadratic.curvatures + added, 1.0)

    flat = _RIDGE * diagonal  # along flat directions the way is long, not infinite

    def hessian(d: Array) -> Array:
        product = np.where(smooth, _back(quadratic, *_forth(quadratic, d)), 0.0)
        return product + (added + flat) * d

    def preconditioner(r: Array) -> Array:
        return r / diagonal

    d, _ = scipy.sparse.linalg.cg(
        _operator(hessian, len(z)),
        right,
        rtol=_RESIDUAL,
        maxiter=_ITERATIONS,
        M=_operator(preconditioner, len(z)),
    )
    new = z + d
    kinked = np.isinf(_derivatives(penalty, columns, np.zeros_like(z))[1])
    new[kinked & (new * z <= 0.0)] = 0.0
    step = new - z
    fitted, along = _forth(quadratic, step)
    squares = float((fitted**2).sum())
    if quadratic.total > 0.0:
        squares -= along * along / quadratic.total
    decrease = slopes @ step + 0.5 * squares
    decrease += penalty_value(penalty, columns, new)
    decrease -= penalty_value(penalty, columns, z)
    if decrease < 0.0:
        quadratic.fitted[:] += fitted
        quadratic.along[0] += along
        z[:] = new


def _derivatives(
    penalty: Any, columns: NDArray[np.intp], z: Array
) -> tuple[Array, Array]:
    first, second = smooth_parts(penalty, columns, z[:, None])
    return first[:, 0], second[:, 0]


def _forth(quadratic: ColumnQuadratic, d: Array) -> tuple[Array, float]:
    """Return what `d` adds to `fitted` and `along`."""
    d = d / quadratic.scale
    along = float(quadratic.mean @ d) * quadratic.total
    return quadratic.columns.matvec(d[:, None]), along


def _back(quadratic: ColumnQuadratic, fitted: Array, along: float) -> Array:
    """Return ``X~' (v - shift u)``."""
    product = quadratic.columns.rmatvec(fitted)[:, 0]
    return (product - quadratic.mean * along) / quadratic.scale


def _operator(product: Callable[[Array], Array], size: int) -> Any:
    operator = scipy.sparse.linalg.LinearOperator
    return operator((size, size), matvec=product, dtype=np.float64)
