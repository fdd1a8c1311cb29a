"""The linear predictors along a path."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..linear import Prepared
from ..solvers import Solution, Weights
from .grid import Array


class Models(NamedTuple):
    """Linear predictors, one for each strength, in the user's columns."""

    features: NDArray[np.intp]  # those any of them uses, in increasing order
    weights: Array  # features in use x n_outputs x n_alphas
    intercepts: Array  # n_outputs x n_alphas
    n_iters: NDArray[np.intp]  # n_alphas: steps taken
    n_features: int

    @classmethod
    def of(cls, prepared: Prepared, solutions: list[Solution]) -> Models:
        """Return what the solutions of one problem predict with."""
        p, k = solutions[0].weights.n_features, len(solutions[0].intercept)
        used = np.zeros(p, np.bool_)
        for each in solutions:
            used[each.weights.features] = True
        features, places = np.flatnonzero(used), np.cumsum(used) - 1
        weights = np.zeros((len(features), k, len(solutions)))
        for m, each in enumerate(solutions):
            weights[places[each.weights.features], :, m] = each.weights.values
        intercepts = np.stack([each.intercept for each in solutions], axis=-1)
        given, intercepts = prepared.to_user(Weights(features, weights, p), intercepts)
        n_iters = np.array([each.n_iter for each in solutions])
        return cls(features, given.values, intercepts, n_iters, p)

    def at(self, which: Any) -> Models:
        """Return those of some strengths, by numbers or a mask."""
        return self._replace(
            weights=self.weights[..., which],
            intercepts=self.intercepts[..., which],
            n_iters=self.n_iters[which],
        )

    def coefs(self, which: Any = slice(None)) -> Array:
        """Return the weights of all features, of all models or some.

        An array of shape (n_outputs, n_features, n_alphas), or for the number of one
        model (n_outputs, n_features).
        """
        weights = np.swapaxes(self.weights[..., which], 0, 1)
        if len(self.features) == self.n_features:
            return weights
        out = np.zeros((len(weights), self.n_features, *weights.shape[2:]))
        out[:, self.features] = weights
        return out
