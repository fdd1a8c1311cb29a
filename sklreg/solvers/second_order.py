"""Second moments of columns, weighted by the Hessian of the data term in eta."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..designs import adjoining
from .problem import Array, Curvature


def second_order(
    design: Any, members: list[NDArray[np.intp]], h: Curvature
) -> tuple[Array, Array]:
    """Return ``X_c' h_cm X_m`` of all outputs, one after the other, and ``X_c' h_cm``.

    Of some columns for each output, which are copied for some rows at a time.
    """
    sizes = [len(features) for features in members]
    n_copied = sum(k for k in sizes if k < design.shape[1])
    blocks = (
        _second_order([taken(part, features) for features in members], h.rows(rows))
        for part, rows in design.row_blocks(n_copied)
    )
    hessian, coupling = next(blocks)
    for square, sums in blocks:
        hessian += square
        coupling += sums
    return hessian, coupling


def _second_order(designs: list[Any], h: Curvature) -> tuple[Array, Array]:
    """Return the same of whole designs.

    With ``A = [diag(pull_1) X_1, diag(pull_2) X_2, ...]`` that is ``-A' A`` between
    outputs.
    """
    parts = [each.gram(second) for each, second in zip(designs, h.second, strict=True)]
    if len(parts) == 1:
        return parts[0][0], parts[0][1][:, None]
    if not h.pull.any():
        squares, sums = zip(*parts, strict=True)
        coupling = scipy.linalg.block_diag(*(each[:, None] for each in sums))
        return scipy.linalg.block_diag(*squares), coupling
    hessian, coupling = (-each for each in designs[0].pulled(designs[1:], h.pull))
    places = adjoining(each.shape[1] for each in designs)
    for c, (place, (square, own)) in enumerate(zip(places, parts, strict=True)):
        hessian[place, place], coupling[place, c] = square, own
    return hessian, coupling


def inverse_of(total: Array, fit_intercept: bool) -> Array:
    """Return ``B^+``, and zeros without intercept."""
    if not fit_intercept:
        return np.zeros_like(total)
    if len(total) == 1:
        return 1.0 / total if total[0, 0] > 0.0 else np.zeros((1, 1))
    inverse = np.linalg.pinv(total, rcond=1e-14, hermitian=True)
    return np.asarray(inverse, dtype=np.float64)


def taken(design: Any, features: NDArray[np.intp]) -> Any:
    """Return the design of some columns, itself if these are all."""
    return design if len(features) == design.shape[1] else design.take(features)
