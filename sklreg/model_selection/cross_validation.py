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
from .models import Models

#: Relative error of a held-out loss that sums over rows may have.
_EXACT = 1e-9


class Settings(NamedTuple):
    """How every path is solved; the parameters of the estimator of the same names."""

    tol: float
    max_iter: int
    standardize: bool
    enough: float = 0.0  # a violation at which L-BFGS may end


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
    ) -> tuple[Array, list[str]]:
        """Return the held-out losses of paths, (n_paths, n_alphas), and shortfalls."""
        prepared, found = self.paths(weight, paths)
        losses = [score(fold, Models.of(prepared, path)) for path in found]
        return np.array(losses), [each.shortfall for path in found for each in path]

    def paths(
        self, weight: Array, penalties: list[list[Any]]
    ) -> tuple[Prepared, list[list[Solution]]]:
        """Solve for each of several sequences of penalties over rows of some weight."""
        tol, max_iter, scale, enough = self.settings
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
                enough=enough,
            )
            for each in penalties
        ]
        return prepared, solutions

    def losses(self, fold: Fold, models: Models) -> Array:
        """Return the weighted mean losses over the rows held out, (n_alphas,)."""
        if self.blocks is None:
            return self._summed(fold, models)
        design = self.whole.problem.design
        scale = np.where(np.isinf(design.scale), 0.0, design.scale)
        coefs = np.swapaxes(models.coefs(), 0, 1)
        w = coefs * scale[:, None, None]
        b = models.intercepts + np.tensordot(design.mean, coefs, 1)
        values, rounding = self.blocks.squared_errors(fold.held_out_mask(), w, b)
        unsure = rounding > _EXACT * values
        if unsure.any():
            values[unsure] = self._summed(fold, models.at(unsure))
        return values

    def _summed(self, fold: Fold, models: Models) -> Array:
        """Sum the losses row by row."""
        problem: Problem = self.whole.problem
        b = models.intercepts
        (k, n_models), totals = b.shape, np.zeros(b.shape[1])
        design, coefs = _smaller(problem.design.design, models, fold)
        for part, rows in design.parts(fold.held_out):
            eta = part.matvec(coefs.reshape(len(coefs), b.size)) + b.ravel()
            eta = eta.reshape(len(rows), k, n_models)
            if problem.offset is not None:
                eta += problem.offset[rows][:, :, None]
            y, weight = problem.y[rows], self.weight[rows]
            for m in range(n_models):
                etas = np.ascontiguousarray(eta[:, :, m])
                totals[m] += weighted_value(problem.loss, y, etas, weight)
        return totals / fold.weight


def _smaller(design: Any, models: Models, fold: Fold) -> tuple[Any, Array]:
    """Return a design and weights that predict the same, of the columns in use.

    Those are copied only if they hold fewer numbers than the rows held out do.
    """
    (n, p), used = design.shape, models.features
    if n * len(used) >= len(fold.held_out) * p:
        return design, np.ascontiguousarray(np.swapaxes(models.coefs(), 0, 1))
    none = np.zeros(len(used))
    return design.take(used, none, np.ones(len(used)))[0], models.weights
