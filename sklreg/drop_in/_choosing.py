"""What LassoCV and ElasticNetCV share: the paths and folds of the general estimator."""

from __future__ import annotations

import numbers
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import check_cv
from sklearn.utils import check_scalar
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.validation import column_or_1d

from .._estimator import warn_unconverged
from .._validation import Interval, checked_for_fit, fitting
from ..linear import Prepared
from ..linear._base import ADVICE, LinearModel
from ..model_selection import LinearRegressorCV
from ..solvers import critical_alpha
from ._base import OF_THE_GAP, CoordinateDescent
from ._scoring import check_routing
from .paths import check_counted, grid

Array = NDArray[np.float64]


class CountedAlike:
    """Of a general estimator whose folds count alike, as scikit-learn's do.

    It is silent about shortfalls, which the drop-in replacement tells.
    """

    def _fold_weights(self, folds: Any) -> Array:
        return np.ones(len(folds))

    def _warn(self, shortfalls: list[str]) -> None:
        missed = [each for each in shortfalls if each]
        self.shortfall_ = missed[0] if missed else ""


class PlainMean(CountedAlike, LinearRegressorCV):
    """The general estimator with scikit-learn's grid, and folds that count alike."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **LinearRegressorCV._parameter_constraints,
        "alpha_min_ratio": [Interval(numbers.Real, 0, None, closed="neither")],
    }

    def _grid(self, model: LinearModel, whole: Prepared) -> Array:
        if not isinstance(self.alphas, numbers.Integral):
            return super()._grid(model, whole)
        unit = model.penalty_record(1.0, whole.problem.design.shape[1])
        largest = critical_alpha(whole.problem._replace(penalty=unit))
        return grid(largest, float(self.alpha_min_ratio or 1.0), int(self.alphas))


class ByCrossValidation(CoordinateDescent):
    """Base of LassoCV and ElasticNetCV."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        name: constraint
        for name, constraint in CoordinateDescent._parameter_constraints.items()
        if name not in {"alpha", "l1_ratio", "warm_start"}
    } | {
        "eps": [Interval(numbers.Real, 0, None, closed="neither")],
        "alphas": [Interval(numbers.Integral, 1, None, closed="left"), "array-like"],
        "precompute": ["boolean", "array-like", str],
        "cv": ["cv_object"],
        "verbose": ["verbose"],
        "n_jobs": [numbers.Integral, None],
        "positive": ["boolean"],
    }

    @property
    def _counted(self) -> bool:
        """Tell whether `alphas` is the number of strengths."""
        return isinstance(self.alphas, numbers.Integral)

    def _ratios(self) -> Any:
        """Return the shares of l1, one or several."""
        return 1.0

    def _general(self, total: float | None = None) -> LinearRegressorCV:
        del total
        return PlainMean(
            "elasticnet",
            alphas=self.alphas,
            alpha_min_ratio=self.eps,
            l1_ratio=self._ratios(),
            cv=self.cv,
            n_jobs=self.n_jobs,
            fit_intercept=self.fit_intercept,
            positive=self.positive,
            tol=OF_THE_GAP * self.tol,
            max_iter=self.max_iter,
            verbose=int(self.verbose),
        )

    @fitting
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Choose the strength by cross-validation and fit the model with it.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples,)
            Targets.
        sample_weight : float or array of shape (n_samples,), optional
            Weights, in fitting and in the held-out errors.
        **params
            For the splitter, such as ``groups``, with metadata routing enabled.

        Returns
        -------
        self : object
            The fitted model.
        """
        check_routing(params)
        self._check_grid()
        X, y = checked_for_fit(self, X, y, multi_output=True, y_numeric=True)
        if y.ndim > 1 and y.shape[1] > 1:
            msg = f"For multi-task outputs, use MultiTask{type(self).__name__}."
            raise ValueError(msg)
        if isinstance(sample_weight, numbers.Number):
            sample_weight = None
        y = column_or_1d(y, warn=True)
        general = self._general().fit(X, y, sample_weight, **params)
        warn_unconverged(self, general.shortfall_, ADVICE)
        self._take(general)
        return self

    def _check_grid(self) -> None:
        """Refuse strengths below zero, and their number where none makes zeros."""
        ratios = np.asarray(self._ratios(), dtype=np.float64)
        if ratios.size == 0 or not ((ratios >= 0.0) & (ratios <= 1.0)).all():
            msg = f"l1_ratio must be numbers from 0 to 1, got {ratios.tolist()}."
            raise ValueError(msg)
        if not self._counted:
            for k, alpha in enumerate(self.alphas):
                check_scalar(
                    alpha,
                    f"alphas[{k}]",
                    numbers.Real,
                    min_val=0.0,
                    include_boundaries="left",
                )
        else:
            check_counted(float(np.min(self._ratios())))

    def _take(self, general: Any) -> None:
        """Assign what was found, in scikit-learn's names and shapes."""
        errors = 2.0 * general.fold_losses_  # losses are half the squared error
        self.mse_path_ = np.squeeze(np.swapaxes(errors, -1, -2))
        self.alphas_, self.alpha_ = general.alphas_, general.alpha_
        if self.alphas_.ndim > 1:
            alone = len(self.alphas_) == 1 or not self._counted
            self.alphas_ = self.alphas_[0] if alone else self.alphas_
        self.coef_ = general.coef_
        self.intercept_ = general.intercept_ if self.fit_intercept else 0.0
        self.dual_gap_, self.n_iter_ = general.dual_gap_, general.n_iter_

    def get_metadata_routing(self) -> Any:
        """Return what metadata go where, as scikit-learn's routing asks.

        Returns
        -------
        routing : MetadataRouter
            Of the estimator itself and the splitter.
        """
        splitter = check_cv(self.cv)
        mapping = MethodMapping().add(caller="fit", callee="split")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(splitter=splitter, method_mapping=mapping)

    def __sklearn_tags__(self) -> Any:
        """Several targets are for those of several tasks."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        return tags
