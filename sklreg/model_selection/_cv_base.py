"""The one fit of the estimators that choose their strength by cross-validation."""

from __future__ import annotations

import contextlib
import copy
import numbers
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.utils.parallel import Parallel, delayed

from .._callbacks import Callbacks, Task, with_callbacks
from .._progress import ProgressLine
from .._threads import blas_threads_for
from .._validation import Interval, checked_weights, fitting, in_order
from ..linear import Prepared
from ..linear._base import LinearModel
from ..solvers import Problem, moments_pay
from .choosing import Choosing, constraints_of, warn_of_fits
from .closed_form import generalised, leave_one_out
from .cross_validation import Settings, Validation
from .curve import Curve, chosen
from .folds import Fold
from .grid import Array, penalties_at, strengths
from .models import Models
from .path import assemble

_ADVICE = "Increase max_iter or tol, scale the features, or end the path earlier."


#: What is there only with `refit`.
_OF_THE_REFIT = (
    "coef_",
    "intercept_",
    "objective_",
    "dual_gap_",
    "violation_",
    "n_iter_",
    "path_",
)


def constraints_of_linear(model: type[LinearModel]) -> dict[str, list[Any]]:
    """Return the constraints of a linear model's parameters with those of choosing."""
    ratios = [Interval(numbers.Real, 0, 1, closed="both"), "array-like"]
    return constraints_of(model) | {"l1_ratio": ratios}


class CrossValidated(Callbacks, Choosing, LinearModel):
    """Base of the estimators that choose; a subclass names the `_model` it chooses."""

    _model: ClassVar[type[LinearModel]]

    @fitting
    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        offset: Any = None,
        **params: Any,
    ) -> Self:
        """Choose the strength by cross-validation and fit the model with it.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets or labels.
        sample_weight : float or array of shape (n_samples,), optional
            Weights, in fitting and in the held-out losses.
        offset : array, optional
            A known part of the linear predictor, as for the model of one strength.
        **params
            For the splitter, such as ``groups``; with metadata routing enabled, for
            whoever requested them.

        Returns
        -------
        self : object
            The fitted model.

        Raises
        ------
        ValueError
            For whatever the fit of one strength refuses; for folds without rows, or
            without some class; for an offset with `scoring`.
        """
        self._check_scoring(offset)
        routed = self._routed(sample_weight, params)
        X, y = self._checked(X, y)
        X, weight = in_order(X), checked_weights(sample_weight, len(y))
        models = self._models()
        whole = models[0]._state(*self._arguments(X, y, sample_weight, offset))
        folds = self._folds(X, y, weight, routed.split)
        grids = [self._grid(model, whole) for model in models]
        paths = [self._penalties(models, grids, X, fold.share) for fold in folds]
        n_fits = len(folds) + self.refit
        line = ProgressLine(n_fits, shown=bool(self.verbose))
        given = None if sample_weight is None else weight
        task = Task.of_fit(self, X, y, given, n_fits, in_order=False)
        with _threads_for(whole.problem, paths):
            validation = Validation.of(whole, weight, folds, self._settings(), paths)
            shortfalls = list[str]()
            if isinstance(self.cv, str):
                curves = self._in_closed_form(models, grids, whole)
            else:
                score = self._score(X, y, validation, routed.score)
                losses, shortfalls = self._measured(
                    X, y, validation, paths, score, task, line
                )
                curves = self._curves(grids, losses, folds)
            best = int(np.argmin([curve.mean.min() for curve in curves]))
            index = chosen(self.rule, curves[best])
            if self.refit:
                part = task.part("refit", len(folds))
                path = self._penalties(models, grids, X, 1.0)[best : best + 1]
                prepared, (solutions,) = validation.paths(whole.problem.weight, path)
        self._assign(curves, best, index)
        for name in _OF_THE_REFIT:
            self.__dict__.pop(name, None)
        if self.refit:
            self._take(prepared, solutions[index], X.dtype)
            self.path_ = assemble(prepared, grids[best], solutions)
            shortfalls += [each.shortfall for each in solutions]
            part.end({})
            line.tick()
        task.end({} if self.refit else None)
        self._warn(shortfalls)
        return self

    def score(
        self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None
    ) -> float:
        """Return the score that chose, or that of the model if losses did.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets or labels.
        sample_weight : array of shape (n_samples,), optional
            Weights.
        offset : array, optional
            As for ``fit``; not with `scoring`.

        Returns
        -------
        score : float
            Of the scorer `scoring`; without one as the model of one strength does.
        """
        self._check_scoring(offset)
        if self.scoring is None:
            model: Any = super(Choosing, self)
            return float(model.score(X, y, sample_weight, offset))
        return super().score(X, y, sample_weight)

    def _check_scoring(self, offset: Any) -> None:
        if offset is not None and self.scoring is not None:
            msg = (
                f"offset cannot be used with scoring={self.scoring!r}: a scorer "
                "predicts without it; take scoring=None."
            )
            raise ValueError(msg)

    def _warn(self, shortfalls: list[str]) -> None:
        """Say that some fits did not reach the tolerance."""
        warn_of_fits(self, shortfalls, _ADVICE)

    # The parts of a fit --------------------------------------------------------------

    def _models(self) -> list[LinearModel]:
        """Return an estimator of one strength for each l1_ratio."""
        several = np.ndim(self.l1_ratio) > 0
        if several and self.penalty != "elasticnet":
            msg = (
                "l1_ratio holds several values, which need penalty='elasticnet', got "
                f"penalty={self.penalty!r}; pass one number."
            )
            raise ValueError(msg)
        ratios = np.ravel(self.l1_ratio) if several else [self.l1_ratio]
        names = self._model._get_param_names()
        shared = {name: value for name, value in vars(self).items() if name in names}
        models = [self._model(**shared | {"l1_ratio": ratio}) for ratio in ratios]
        for model in models:
            model._validate_params()
        return models

    def _settings(self) -> Settings:
        """Tell how every path is solved."""
        return Settings(self.tol, self.max_iter, self.standardize)

    def _measured(
        self,
        X: Any,
        y: Any,
        validation: Validation,
        paths: list[list[list[Any]]],
        score: Callable[[Fold, Models], Array],
        task: Task,
        line: ProgressLine,
    ) -> tuple[Array, list[str]]:
        """Return losses of shape (n_paths, n_folds, n_alphas), and shortfalls."""

        def measured(k: int, fold: Fold) -> tuple[Array, list[str]]:
            part = task.part("fold", k, fold.train)
            fitted = self._arguments(X, y, validation.weight * fold.train)[2]
            found = validation.measure(fold, fitted, paths[k], score)
            part.end()
            line.tick()
            return found

        found = Parallel(n_jobs=self.n_jobs, require="sharedmem")(
            delayed(measured)(k, fold) for k, fold in enumerate(validation.folds)
        )
        losses, shortfalls = zip(*found, strict=True)
        return np.stack(losses, axis=1), [each for fit in shortfalls for each in fit]

    def _in_closed_form(
        self, models: list[LinearModel], grids: list[Array], whole: Prepared
    ) -> list[Curve]:
        """Return the curves of ridge regression for ``cv="loo"`` and ``"gcv"``."""
        n_features = whole.problem.design.shape[1]
        units = [model.penalty_record(1.0, n_features) for model in models]
        ridge = all(unit.ridge_strength() == 1.0 for unit in units)
        known = ridge and whole.problem.loss.quadratic and not self.standardize
        if not known or self.scoring is not None:
            msg = (
                f"cv={self.cv!r} is a closed form for penalty='l2', "
                "loss='squared_error', positive=False, standardize=False and "
                "scoring=None; for other models pass sklearn.model_selection."
                "LeaveOneOut() or a number of folds."
            )
            raise ValueError(msg)
        if self.cv == "gcv":
            self._check_rule(1)
            return [generalised(whole.problem, grid) for grid in grids]
        return [
            leave_one_out(whole.problem, grid, partial(self._alphas_for, grid))
            for grid in grids
        ]

    def _grid(self, model: LinearModel, whole: Prepared) -> Array:
        """Return the strengths, as the user means them, in decreasing order."""
        unit = model.penalty_record(1.0, whole.problem.design.shape[1])
        unit = whole.restated(unit)
        problem = whole.problem._replace(penalty=unit)
        return strengths(problem, self.alphas, self.alpha_min_ratio)

    def _penalties(
        self, models: list[LinearModel], grids: list[Array], X: Any, share: float
    ) -> list[list[Any]]:
        """Return the penalties of each path over rows of a share of the weight."""
        units = [model.penalty_record(1.0, X.shape[1]) for model in models]
        return [
            penalties_at(unit, self._alphas_for(grid, share))
            for unit, grid in zip(units, grids, strict=True)
        ]

    def _alphas_for(self, grid: Array, share: float) -> Array:
        """Return the strengths over rows of a share of the weight: the same."""
        del share
        return grid

    def _curves(
        self, grids: list[Array], losses: Array, folds: list[Fold]
    ) -> list[Curve]:
        pairs = zip(grids, losses, strict=True)
        return [self._curve(grid, each, folds) for grid, each in pairs]

    def _score(
        self, X: Any, y: Any, validation: Validation, params: dict[str, Any]
    ) -> Callable[[Fold, Models], Array]:
        """Return what tells the losses on a fold: negated scores, if there are any."""
        if self.scoring is None:
            return validation.losses
        scorer, given = get_scorer(self.scoring), self.get_params(deep=False)
        template = self._models()[0]
        without = {*given, "feature_names_in_"}  # what scorers get is an array
        known = {k: value for k, value in vars(self).items() if k not in without}
        template.__dict__.update(known)

        def losses(fold: Fold, models: Models) -> Array:
            rows, out = fold.held_out, np.empty(models.intercepts.shape[1])
            data = X[rows], y[rows]
            more = fold.metadata(params)
            for m in range(len(out)):
                model = copy.copy(template)
                model._take_coef(models.coefs(m).T, models.intercepts[:, m])
                out[m] = -scorer(model, *data, **more)
            return out

        return losses

    def _assign(self, curves: list[Curve], best: int, index: int) -> None:
        curve, several = curves[best], np.ndim(self.l1_ratio) > 0
        every = slice(None) if several else 0
        self.alphas_ = np.stack([each.alphas for each in curves])[every]
        self.fold_losses_ = np.stack([each.losses for each in curves])[every]
        self.mean_losses_ = np.stack([each.mean for each in curves])[every]
        self.standard_errors_ = np.stack([each.standard_error for each in curves])[
            every
        ]
        self._assign_choice(curve, index)
        self.l1_ratio_ = float(np.ravel(self.l1_ratio)[best])


def _threads_for(
    problem: Problem, tasks: list[list[list[Any]]]
) -> contextlib.AbstractContextManager[None]:
    """Limit BLAS as pays for the penalties of all folds, paths and strengths."""
    penalties = [each for task in tasks for path in task for each in path]
    shape = problem.design.shape
    pays = moments_pay(problem.loss, shape, problem.n_outputs, penalties)
    return blas_threads_for(shape, in_moments=pays)
