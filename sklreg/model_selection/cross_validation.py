"""Paths over the folds of the data, and their losses on the rows held out.

A fold is the problem of all rows with weight zero where it holds out: no rows are
copied, and the folds share the sums that `sklreg.solvers.folds` takes over the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..linear import Prepared
from ..losses import weighted_value
from ..solvers import Blocks, Problem, Solution, in_blocks, over_rows, solve_path
from .folds import Fold
from .grid import Array

#: Relative error of a held-out loss that sums over rows may have.
_EXACT = 1e-9


class Settings(NamedTuple):
    """How every path is solved; the parameters of the estimator of the same names."""

    tol: float
    max_iter: int
    standardize: bool


class Models(NamedTuple):
    """Linear predictors, one for each strength, in the user's columns."""

    coefs: Array  # n_features x n_outputs x n_alphas
    intercepts: Array  # n_outputs x n_alphas

    @classmethod
    def of(cls, prepared: Prepared, solutions: list[Solution]) -> Models:
        """Return what the solutions of one problem predict with."""
        pairs = [prepared.to_user(each.coef, each.intercept) for each in solutions]
        coefs, intercepts = zip(*pairs, strict=True)
        return cls(np.stack(coefs, axis=-1), np.stack(intercepts, axis=-1))


class Validation(NamedTuple):
    """A problem and its folds."""

    whole: Prepared
    weight: Array  # n_samples: sample weights of sum 1, those that held-out rows have
    folds: list[Fold]
    blocks: Blocks | None
    settings: Settings

    @classmethod
    def of(
        cls,
        whole: Prepared,
        weight: Array,
        folds: list[Fold],
        settings: Settings,
        tasks: list[list[list[Any]]],
    ) -> Validation:
        """Prepare for the penalties of all folds, paths and strengths."""
        penalties = [each for task in tasks for path in task for each in path]
        sets = [rows for fold in folds for rows in (fold.train, fold.held_out_mask())]
        blocks = in_blocks(whole.problem, penalties, sets) if folds else None
        return cls(whole, weight, folds, blocks, settings)

    def measure(
        self,
        fold: Fold,
        weight: Array,
        paths: list[list[Any]],
        score: Callable[[Fold, Models], Array],
        tick: Callable[[], None],
    ) -> tuple[Array, list[str]]:
        """Return the held-out losses of paths, (n_paths, n_alphas), and shortfalls."""
        prepared, found = self.paths(weight, paths)
        losses = [score(fold, Models.of(prepared, path)) for path in found]
        tick()
        return np.array(losses), [each.shortfall for path in found for each in path]

    def paths(
        self, weight: Array, penalties: list[list[Any]]
    ) -> tuple[Prepared, list[list[Solution]]]:
        """Solve for each of several sequences of penalties over rows of some weight."""
        tol, max_iter, scale = self.settings
        whole = self.whole.problem
        problem, reduction = over_rows(whole, weight, self.blocks, scale=scale)
        prepared = self.whole._replace(problem=problem)
        solutions = [
            solve_path(
                problem,
                [prepared.restated(penalty) for penalty in each],
                tol=tol,
                max_iter=max_iter,
                reduction=reduction,
            )
            for each in penalties
        ]
        return prepared, solutions

    def losses(self, fold: Fold, models: Models) -> Array:
        """Return the weighted mean losses over the rows held out, (n_alphas,)."""
        problem = self.whole.problem
        scale = problem.design.scale[:, None, None]
        w = models.coefs * np.where(np.isinf(scale), 0.0, scale)
        b = models.intercepts + np.tensordot(problem.design.mean, models.coefs, 1)
        if self.blocks is None:
            return self._summed(fold, w, b)
        values, rounding = self.blocks.squared_errors(fold.held_out_mask(), w, b)
        unsure = rounding > _EXACT * values
        if unsure.any():
            values[unsure] = self._summed(fold, w[:, :, unsure], b[:, unsure])
        return values

    def _summed(self, fold: Fold, w: Array, b: Array) -> Array:
        """Sum the losses row by row, for weights of the standardised columns."""
        problem: Problem = self.whole.problem
        used = np.flatnonzero(w.any(axis=(1, 2)))
        k, n_models = b.shape
        totals = np.zeros(n_models)
        for part, rows in problem.design.parts(fold.held_out):
            eta = np.tile(b.ravel(), (len(rows), 1))
            if len(used):
                eta += part.take(used).matvec(w[used].reshape(len(used), -1))
            eta = eta.reshape(len(rows), k, n_models)
            y, weight = problem.y[rows], self.weight[rows]
            for m in range(n_models):
                etas = np.ascontiguousarray(eta[:, :, m])
                totals[m] += weighted_value(problem.loss, y, etas, weight)
        return totals / fold.weight
