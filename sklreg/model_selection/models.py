"""The linear predictors along a path."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..linear import Prepared
from ..solvers import Solution
from .grid import Array


class Models(NamedTuple):
    """Linear predictors, one for each strength, in the user's columns."""

    coefs: Array  # n_features x n_outputs x n_alphas
    intercepts: Array  # n_outputs x n_alphas
    n_iters: NDArray[np.intp]  # n_alphas: steps taken

    @classmethod
    def of(cls, prepared: Prepared, solutions: list[Solution]) -> Models:
        """Return what the solutions of one problem predict with."""
        shape = len(solutions), *solutions[0].coef.shape
        coefs = np.zeros(shape)  # model after model in memory: none is scattered
        intercepts = [
            prepared.to_user(each.coef, each.intercept, coef)[1]
            for each, coef in zip(solutions, coefs, strict=True)
        ]
        n_iters = np.array([each.n_iter for each in solutions])
        return cls(np.moveaxis(coefs, 0, -1), np.array(intercepts).T, n_iters)

    def at(self, which: Any) -> Models:
        """Return those of some strengths, by numbers or a mask."""
        coefs, intercepts, n_iters = self
        return Models(coefs[..., which], intercepts[..., which], n_iters[which])
