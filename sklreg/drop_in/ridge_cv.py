"""RidgeCV as scikit-learn names it."""

from __future__ import annotations

import numbers
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import check_cv
from sklearn.utils import check_scalar
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping

from .._estimator import warn_unconverged, warn_user
from .._threads import blas_threads_for
from .._validation import (
    Interval,
    StrOptions,
    checked_for_fit,
    checked_weights,
    fitting,
    loss_record,
    total_weight,
)
from ..linear import LinearRegressor, Prepared
from ..linear._base import ADVICE, LinearModel
from ..model_selection.choosing import Routed
from ..model_selection.folds import of_rows
from ..solvers import Directions, Weights, directions
from ._base import Regressor
from ._scored import Given, ScoredRegressor, best_of
from ._scoring import accepts, routed
from .ridge import EXACT, Ridge, RidgeRegression

Array = NDArray[np.float64]


class RidgeCV(RidgeRegression):
    r"""Linear regression with an l2 penalty, its strength chosen, as scikit-learn does.

    By default the strength is the best one at predicting each row by the model of all
    others, which one decomposition tells for all strengths. A drop-in replacement for
    ``sklearn.linear_model.RidgeCV``: the same names, defaults and meanings.

    Parameters
    ----------
    alphas : array of shape (n_alphas,) or float, default=(0.1, 1.0, 10.0)
        Strengths to choose from, as of :class:`~sklreg.Ridge`; above zero if `cv` is
        None.
    fit_intercept : bool, default=True
        Whether to fit `b`.
    scoring : str, callable or None, default=None
        What is best, a scorer to be maximised. None: the negative mean squared error if
        `cv` is None, and else R^2.
    cv : int, splitter, iterable or None, default=None
        Number of folds, how to split, or the splits; None: each row is left out, in
        closed form.
    gcv_mode : {"auto", "svd", "eigen"} or None, default=None
        Accepted: what is decomposed is decided from the shape of X, and whether it has
        to be done without squares from the strengths.
    store_cv_results : bool, default=False
        Whether to keep ``cv_results_``; only if `cv` is None.
    alpha_per_target : bool, default=False
        Whether each target has a strength of its own; only if `cv` is None.

    Attributes
    ----------
    alpha_ : float or array of shape (n_targets,)
        The strength chosen; of equally good ones the first.
    best_score_ : float or array of shape (n_targets,)
        Its score.
    coef_ : array of shape (n_features,) or (n_targets, n_features)
        Weights.
    intercept_ : float or array of shape (n_targets,)
        Intercepts; 0.0 if ``fit_intercept=False``.
    cv_results_ : array of shape (n_samples, n_alphas)
        With several targets (n_samples, n_targets, n_alphas). For each row by the
        models of all others its squared error times its sample weight; with `scoring`
        its prediction, which is nan for rows of weight zero.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : array of str
        Names of the features, if X had names.

    See Also
    --------
    sklreg.LinearRegressorCV : With any loss and penalty; ``cv="loo"`` is this one.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import RidgeCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = RidgeCV(alphas=[1e-3, 1e-2, 1e-1, 1]).fit(X, y)
    >>> model.alpha_, round(model.score(X, y), 4)
    (0.01, 0.5166)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "alphas": ["array-like", Interval(numbers.Real, 0, None, closed="neither")],
        "fit_intercept": ["boolean"],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "cv": ["cv_object"],
        "gcv_mode": [StrOptions({"auto", "svd", "eigen"}), None],
        "store_cv_results": ["boolean"],
        "alpha_per_target": ["boolean"],
    }

    def __init__(
        self,
        alphas: Any = (0.1, 1.0, 10.0),
        *,
        fit_intercept: bool = True,
        scoring: Any = None,
        cv: Any = None,
        gcv_mode: str | None = None,
        store_cv_results: bool = False,
        alpha_per_target: bool = False,
    ) -> None:
        self.alphas = alphas
        self.fit_intercept = fit_intercept
        self.scoring = scoring
        self.cv = cv
        self.gcv_mode = gcv_mode
        self.store_cv_results = store_cv_results
        self.alpha_per_target = alpha_per_target

    def _general(self, total: float | None = None) -> LinearModel:
        del total
        return LinearRegressor("l2", 1.0, fit_intercept=self.fit_intercept, tol=EXACT)

    @fitting
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Choose the strength and fit the model with it.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array of shape (n_samples,), optional
            Weights, in fitting and in the scores.
        **params
            For the scorer and the splitter, with metadata routing enabled.

        Returns
        -------
        self : object
            The fitted model.
        """
        alphas = self._checked_alphas()
        routes = routed(self, "fit", sample_weight, params)
        self._check_settings(sparse=scipy.sparse.issparse(X))
        X, y = checked_for_fit(self, X, y, multi_output=True, y_numeric=True)
        self.__dict__.pop("cv_results_", None)
        n_targets = y[0].size
        if self.cv is None:
            closed = self._decomposed(X, y, sample_weight, alphas)
            self._choose(alphas, self._left_out(closed, X, y, alphas, routes))
            self._assign(*closed.solutions(self.alpha_, X.dtype), y.ndim)
        else:
            self._choose(alphas, self._in_folds(X, y, sample_weight, alphas, routes))
            chosen = np.full(n_targets, self.alpha_)
            self._fit_strengths(X, y, sample_weight, chosen)
        return self

    def _choose(self, alphas: Array, scores: Array) -> None:
        """Assign what is best, of scores (n_alphas,) or (n_targets, n_alphas)."""
        best = best_of(scores)
        self.alpha_: Any = alphas[best] if scores.ndim > 1 else float(alphas[best])
        each = np.take_along_axis(scores, np.expand_dims(best, -1), axis=-1)
        self.best_score_ = each[..., 0][()]

    def _checked_alphas(self) -> Array:
        """Return the strengths."""
        several = np.ndim(self.alphas) > 0
        each = list(self.alphas) if several else [self.alphas]
        if not each:
            msg = "alphas must hold at least one strength, got none."
            raise ValueError(msg)
        for k, alpha in enumerate(each):
            check_scalar(
                alpha,
                f"alphas[{k}]" if len(each) > 1 else "alphas",
                numbers.Real,
                min_val=0.0,
                include_boundaries="neither" if self.cv is None else "left",
            )
        alphas = np.asarray(each, dtype=np.float64)
        if not np.isfinite(alphas).all():
            msg = f"alphas must be finite, got {alphas.tolist()}."
            raise ValueError(msg)
        return alphas

    def _check_settings(self, *, sparse: bool) -> None:
        """Refuse what goes with closed forms only."""
        for name in ("store_cv_results", "alpha_per_target"):
            if self.cv is not None and getattr(self, name):
                msg = f"cv!=None and {name}=True are incompatible; leave one of them."
                raise ValueError(msg)
        if self.gcv_mode == "svd" and sparse and self.cv is None:
            warn_user(
                "The 'svd' mode is not supported for sparse X and an error from "
                "scikit-learn 1.11 on; take gcv_mode='eigen'.",
                FutureWarning,
            )

    # Scores of shape (n_alphas,), or (n_targets, n_alphas) for each target by itself

    def _decomposed(
        self, X: Any, y: NDArray[Any], sample_weight: Any, alphas: Array
    ) -> _Closed:
        """Decompose for all strengths."""
        total = total_weight(sample_weight, len(y))
        weight = checked_weights(sample_weight, len(y))
        if (n_rows := (weight > 0.0).sum()) < 2:
            msg = (
                "cv=None leaves out one row at a time and needs two of non-zero "
                f"weight, got {n_rows} sample."
            )
            raise ValueError(msg)
        targets = y.reshape(len(y), -1).astype(np.float64)
        loss = loss_record("squared_error")
        with blas_threads_for(X.shape):
            prepared = self._general()._state(X, targets, weight, loss)
            found = directions(prepared.problem, float(alphas.min()) / total)
        return _Closed(prepared, found, total)

    def _left_out(
        self,
        closed: _Closed,
        X: Any,
        y: NDArray[Any],
        alphas: Array,
        routes: Routed,
    ) -> Array:
        """Return the scores of predictions by the models of all other rows."""
        problem = closed.prepared.problem
        used = problem.weight > 0.0
        with blas_threads_for(X.shape):
            errors = closed.found.left_out(alphas[None] / closed.total)
        apart = self.alpha_per_target and problem.n_outputs > 1
        if self.scoring is None:
            results = closed.total * problem.weight[:, None, None] * errors**2
            results[~used] = 0.0
            scores = -results.mean(axis=0 if apart else (0, 1))
        else:
            results = problem.y[:, :, None] - errors
            scores = self._of_predictions(results, y, used, routes, apart)
        if self.store_cv_results:
            shape = (*y.shape, len(alphas))
            self.cv_results_ = results.reshape(shape).astype(X.dtype)
        return scores

    def _of_predictions(
        self,
        predictions: Array,
        y: NDArray[Any],
        rows: NDArray[np.bool_],
        routes: Routed,
        apart: bool,
    ) -> Array:
        """Return what the scorer thinks of predictions for rows that have weight."""
        scorer, teller = get_scorer(self.scoring), _Identity()
        more = of_rows(routes.score, rows, len(rows))
        y, predictions = y[rows], predictions[rows]
        if apart:
            return np.array(
                [
                    [scorer(teller, column, target, **more) for column in each.T]
                    for each, target in zip(
                        predictions.swapaxes(0, 1), y.T, strict=True
                    )
                ]
            )
        shaped = np.moveaxis(predictions.reshape(*y.shape, -1), -1, 0)
        return np.array([scorer(teller, each, y, **more) for each in shaped])

    def _in_folds(
        self,
        X: Any,
        y: NDArray[Any],
        sample_weight: Any,
        alphas: Array,
        routes: Routed,
    ) -> Array:
        """Return the mean scores over folds."""
        scorer = get_scorer(self.scoring or "r2")
        if not accepts(scorer, "sample_weight"):
            routes = routes._replace(
                score={k: v for k, v in routes.score.items() if k != "sample_weight"}
            )
        general = ScoredRegressor(
            "l2",
            alphas,
            fit_intercept=self.fit_intercept,
            tol=EXACT,
            cv=self.cv,
            scoring=scorer,
        )

        def model(coef: Array, intercept: Array) -> Regressor:
            ridge = Ridge(fit_intercept=self.fit_intercept)
            ridge.n_features_in_ = coef.shape[1]
            ridge._assign(coef, intercept, y.ndim)
            return ridge

        targets = y.reshape(len(y), -1).astype(np.float64)
        total = total_weight(sample_weight, len(y))
        loss = loss_record("squared_error")
        weight = checked_weights(sample_weight, len(y))
        given = Given(X, targets, loss, total, routes, model)
        scored = general.scored(given, X, y, weight)
        warn_unconverged(self, scored.shortfall_, ADVICE)
        mean: Array = np.average(scored.scores_[0].T.copy(), axis=1)
        return mean

    # Metadata ------------------------------------------------------------------------

    def get_metadata_routing(self) -> Any:
        """Return what metadata go where, as scikit-learn's routing asks.

        Returns
        -------
        routing : MetadataRouter
            Of the estimator itself, the scorer and the splitter.
        """
        scorer = get_scorer(self.scoring or "r2")
        if self.scoring is None and get_config()["enable_metadata_routing"]:
            scorer.set_score_request(sample_weight=True)
        router = MetadataRouter(owner=self).add_self_request(self)
        to_score = MethodMapping().add(caller="fit", callee="score")
        router.add(scorer=scorer, method_mapping=to_score)
        if self.cv is not None:
            to_split = MethodMapping().add(caller="fit", callee="split")
            router.add(splitter=check_cv(self.cv), method_mapping=to_split)
        return router


class _Closed(NamedTuple):
    """A decomposition of the problem of all rows."""

    prepared: Prepared
    found: Directions
    total: float  # of the sample weights

    def solutions(self, alphas: Any, dtype: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return weights (n_targets, n_features) and intercepts, one strength each."""
        problem = self.prepared.problem
        strengths, which = np.unique(np.ravel(alphas), return_inverse=True)
        w = self.found.weights(strengths / self.total)
        w = w[:, np.arange(problem.n_outputs), which]
        b = problem.weight @ problem.y * problem.fit_intercept
        weights, intercept = self.prepared.to_user(Weights.of(w), b)
        coef = weights.dense().T
        return np.ascontiguousarray(coef, dtype), intercept.astype(dtype)


class _Identity(RegressorMixin, BaseEstimator):
    """Predicts what it is given: scorers get estimators."""

    def predict(self, X: Any) -> Any:
        """Return the predictions."""
        return X
