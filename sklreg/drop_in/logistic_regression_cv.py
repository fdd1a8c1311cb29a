"""LogisticRegressionCV as scikit-learn names it."""

from __future__ import annotations

import numbers
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import UNUSED, MetadataRouter, MethodMapping

from .._estimator import warn_unconverged, warn_user
from .._validation import (
    Hidden,
    Interval,
    StrOptions,
    checked_for_fit,
    fitting,
    keywords_from,
)
from ..linear._base import ADVICE
from ..model_selection.choosing import Routed
from ..model_selection.models import Models
from ._scored import Given, ScoredClassifier, best_of
from ._scoring import routed, told_of_classes
from .logistic_regression import SHARES, LogisticRegression, Model, Stated

Array = NDArray[np.float64]

#: The general estimator's `tol` in folds with l1, whose scores only have to tell
#: strengths apart, for a `tol` of scikit-learn's.
_OF_FOLDS = 1e-2


class Said(NamedTuple):
    """What `penalty` and `l1_ratios` say together."""

    penalty: str
    l1_ratios: list[Any]  # as told; [None] if nothing is
    shares: list[float]  # of l1, in the penalty


class Measured(NamedTuple):
    """What cross-validation found, in the layout of scikit-learn 1.10."""

    scores: Array  # n_folds x n_l1_ratios x n_cs
    n_iter: NDArray[np.int32]  # the same
    paths: Array  # n_folds x n_l1_ratios x n_cs x n_outputs x n_dof


class LogisticRegressionCV(LogisticRegression):
    r"""Logistic and multinomial regression, its strength chosen, as scikit-learn does.

    Every fold is fitted with all strengths and shares of l1; those with the best sum of
    scores on the rows held out are taken. A drop-in replacement for
    ``sklearn.linear_model.LogisticRegressionCV``: the same names, defaults and
    meanings, and of those that scikit-learn 1.9 is about to change both.

    Parameters
    ----------
    Cs : int or array of shape (n_cs,), default=10
        Inverse strengths, infinite for no penalty; or their number, for a geometric
        sequence from 1e-4 to 1e4.
    l1_ratios : array of shape (n_l1_ratios,) or None, default="warn"
        Shares of l1 in the penalty, in [0, 1]. None and the default, both deprecated,
        are 0, and the attributes then have no axis for them.
    fit_intercept : bool, default=True
        Whether to fit `b`, which is not penalised except with ``solver="liblinear"``.
    cv : int, splitter, iterable or None, default=None
        Number of folds, how to split, or the splits; None: 5 folds. A number means
        stratified folds.
    dual : bool, default=False
        Accepted with ``solver="liblinear"`` and l2: the solution is the same.
    penalty : {"l1", "l2", "elasticnet"}, default="deprecated"
        Deprecated: `l1_ratios` says it.
    scoring : str, callable or None, default="warn"
        What is best, a scorer to be maximised. None: accuracy. So does the default,
        which will be ``"neg_log_loss"``.
    solver : str, default="lbfgs"
        As of :class:`~sklreg.LogisticRegression`.
    tol : float, default=1e-4
        As of :class:`~sklreg.LogisticRegression`. Folds with l1 end earlier, when the
        duality gap is at most a hundredth of `tol` times the loss of the best constant
        prediction.
    max_iter : int, default=100
        As of :class:`~sklreg.LogisticRegression`, for every fit.
    class_weight : dict, "balanced" or None, default=None
        Factors on the sample weights by class in fitting; ``"balanced"`` gives every
        class the same total weight over all rows.
    n_jobs : int or None, default=None
        Folds that are worked on at a time, in threads.
    verbose : int, default=0
        Whether to show a line of progress.
    refit : bool, default=True
        Whether to fit all rows with what was chosen. Without, each fold chooses for
        itself, and strengths and coefficients are averaged.
    intercept_scaling : float, default=1.0
        As of :class:`~sklreg.LogisticRegression`.
    random_state : int, RandomState or None, default=None
        Accepted: nothing is random.
    use_legacy_attributes : bool, default="warn"
        Whether attributes have the layout of scikit-learn up to 1.9, which is the
        default; see below.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The labels, sorted.
    coef_ : array of shape (1, n_features) or (n_classes, n_features)
        Weights; a sparse matrix after `sparsify`.
    intercept_ : array of shape (1,) or (n_classes,)
        Intercepts; 0 if ``fit_intercept=False``.
    Cs_ : array of shape (n_cs,)
        Inverse strengths that were tried.
    l1_ratios_ : array of shape (n_l1_ratios,)
        Shares of l1 that were tried; ``[None]`` if none were given.
    C_ : float
        The inverse strength chosen. In the old layout an array that repeats it for each
        class, of shape (1,) for two classes.
    l1_ratio_ : float
        The share of l1 chosen; in the old layout an array like ``C_``.
    scores_ : array of shape (n_folds, n_l1_ratios, n_cs)
        Scores on the rows held out. In the old layout a dict by class, for two classes
        of the second one, that repeats the array of shape (n_folds, n_cs, n_l1_ratios).
    coefs_paths_ : array of shape (n_folds, n_l1_ratios, n_cs, n_classes, n_dof)
        Weights and at the end intercepts of the folds; one class for two. In the old
        layout a dict by class of arrays (n_folds, n_cs, n_l1_ratios, n_dof).
    n_iter_ : array of shape (n_folds, n_l1_ratios, n_cs)
        Steps taken. In the old layout (1, n_folds, n_cs, n_l1_ratios).
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : array of str
        Names of the features, if X had names.

    See Also
    --------
    sklreg.LinearClassifierCV : With `alpha`, any penalty, and held-out losses.

    Notes
    -----
    As in scikit-learn, ``refit=True`` chooses by the sum of scores, of equal ones the
    first of `Cs` and then of `l1_ratios`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklreg import LogisticRegressionCV
    >>> X, y = load_iris(return_X_y=True)
    >>> model = LogisticRegressionCV(
    ...     l1_ratios=(0,), scoring="neg_log_loss", use_legacy_attributes=False
    ... ).fit(X, y)
    >>> model.scores_.shape, model.coefs_paths_.shape
    ((5, 1, 10), (5, 1, 10, 3, 5))
    >>> round(model.score(X, y), 3)
    -0.041
    """

    #: As in scikit-learn: by default metadata routing knows no weights in `score`.
    __metadata_request__score: ClassVar = {"sample_weight": UNUSED}
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        name: constraint
        for name, constraint in LogisticRegression._parameter_constraints.items()
        if name not in {"C", "l1_ratio", "warm_start"}
    } | {
        "Cs": [Interval(numbers.Integral, 1, None, closed="left"), "array-like"],
        "l1_ratios": ["array-like", None, Hidden(StrOptions({"warn"}))],
        "cv": ["cv_object"],
        "penalty": [
            StrOptions({"l1", "l2", "elasticnet"}),
            Hidden(StrOptions({"deprecated"})),
        ],
        "scoring": [
            StrOptions(set(get_scorer_names())),
            callable,
            None,
            Hidden(StrOptions({"warn"})),
        ],
        "refit": ["boolean"],
        "use_legacy_attributes": ["boolean", Hidden(StrOptions({"warn"}))],
    }

    def __init__(
        self,
        *,
        Cs: Any = 10,
        l1_ratios: Any = "warn",
        fit_intercept: bool = True,
        cv: Any = None,
        dual: bool = False,
        penalty: str = "deprecated",
        scoring: Any = "warn",
        solver: str = "lbfgs",
        tol: float = 1e-4,
        max_iter: int = 100,
        class_weight: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        refit: bool = True,
        intercept_scaling: float = 1.0,
        random_state: Any = None,
        use_legacy_attributes: Any = "warn",
    ) -> None:
        self.Cs = Cs
        self.l1_ratios = l1_ratios
        self.fit_intercept = fit_intercept
        self.cv = cv
        self.dual = dual
        self.penalty = penalty
        self.scoring = scoring
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.class_weight = class_weight
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.refit = refit
        self.intercept_scaling = intercept_scaling
        self.random_state = random_state
        self.use_legacy_attributes = use_legacy_attributes

    @fitting
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Choose the strength by cross-validation and fit the model with it.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples,)
            Labels.
        sample_weight : float or array of shape (n_samples,), optional
            Weights, in fitting and in the scores.
        **params
            For the scorer and the splitter, with metadata routing enabled.

        Returns
        -------
        self : object
            The fitted model.
        """
        routes = routed(self, "fit", sample_weight, params)
        self._warn_deprecated()
        said = self._said()
        self._check_solver(said.penalty)
        self.Cs_ = self._checked_Cs()
        X, y = checked_for_fit(self, X, y)
        stated = self._stated(X, y, sample_weight)
        measured = self._measured(said, stated, X, y, routes)
        choose = self._best if self.refit else self._average
        self.C_: Any
        self.l1_ratio_: Any
        self.C_, self.l1_ratio_ = choose(said, stated, measured)
        self.l1_ratios_ = np.asarray(said.l1_ratios)
        self._assign_layout(measured, said)
        return self

    # What is said --------------------------------------------------------------------

    def _warn_deprecated(self) -> None:
        """Warn of what scikit-learn 1.9 has deprecated or is about to change."""
        told = {
            "l1_ratios": "The default value for l1_ratios will change from None to "
            "(0.0,) in scikit-learn 1.10; say l1_ratios=(0,), for instance.",
            "scoring": "The default value of the parameter 'scoring' will change from "
            "None, i.e. accuracy, to 'neg_log_loss' in scikit-learn 1.11; say which.",
            "use_legacy_attributes": "The default value of use_legacy_attributes will "
            "change from True to False in scikit-learn 1.10; say which.",
        }
        for name, message in told.items():
            value = getattr(self, name)
            if isinstance(value, str) and value == "warn":
                warn_user(message, FutureWarning)
        if self.penalty != "deprecated":
            warn_user(
                "'penalty' was deprecated in version 1.8; leave it out and say "
                "l1_ratios, (0,) for 'l2' and (1,) for 'l1', or Cs=(np.inf,) for None.",
                FutureWarning,
            )
        elif self.l1_ratios is None:
            warn_user(
                "'l1_ratios=None' was deprecated in version 1.8; say numbers instead.",
                FutureWarning,
            )

    def _said(self) -> Said:
        """Return the penalty by name, and how much of it is l1."""
        given = None if isinstance(self.l1_ratios, str) else self.l1_ratios
        ratios: list[Any] = [None] if given is None else list(given)
        penalty, deprecated = self.penalty, self.penalty == "deprecated"
        if deprecated:
            pure = {(0.0,): "l2", (None,): "l2", (1.0,): "l1"}
            penalty = pure.get(tuple(set(ratios)), "elasticnet")
        if penalty != "elasticnet":
            if given is not None and not deprecated:
                warn_user(
                    "l1_ratios parameter is only used when penalty is 'elasticnet'. "
                    f"Got (penalty={penalty})"
                )
            return Said(penalty, ratios, [SHARES[penalty]] * len(ratios))
        if not ratios or not all(map(_is_share, ratios)):
            msg = (
                "l1_ratios must be an array-like of numbers between 0 and 1; got "
                f"(l1_ratios={given!r})"
            )
            raise ValueError(msg)
        return Said(penalty, ratios, [float(ratio) for ratio in ratios])

    def _checked_Cs(self) -> Array:
        if isinstance(self.Cs, numbers.Integral):
            return np.logspace(-4, 4, int(self.Cs))
        Cs = np.asarray(self.Cs, dtype=np.float64)
        if Cs.ndim == 1 and len(Cs) and (Cs > 0.0).all():
            return Cs
        msg = f"Cs must be a number of strengths or positive numbers, got {self.Cs!r}."
        raise ValueError(msg)

    def _model(self) -> Model:
        """Return what the general estimator states, which has one share of l1."""
        shares = set(self._said().shares)
        if len(shares) > 1:
            msg = (
                "l1_ratios holds several values, of which a model has but one; pass "
                f"one, got {self.l1_ratios!r}."
            )
            raise ValueError(msg)
        return Model("elasticnet", 1.0, shares.pop())

    # Cross-validation ----------------------------------------------------------------

    def _measured(
        self, said: Said, stated: Stated, X: Any, y: NDArray[Any], routes: Routed
    ) -> Measured:
        """Fit and score every fold."""
        settings = self._settings(max(said.shares))
        if any(said.shares):
            settings["tol"] = _OF_FOLDS * self.tol
        scorer = told_of_classes(self._get_scorer(), self.classes_)
        general = ScoredClassifier(
            "elasticnet",
            1.0 / self.Cs_,
            l1_ratio=said.shares,
            cv=self.cv,
            scoring=scorer,
            n_jobs=self.n_jobs,
            **settings,
        )

        def model(coef: Array, intercept: Array) -> LogisticRegression:
            found = LogisticRegression(solver=self.solver)
            found.classes_, found.n_features_in_ = self.classes_, X.shape[1]
            found.coef_, found.intercept_ = self._to_user(coef, intercept)
            return found

        given = Given(
            X, stated.targets, stated.loss, stated.total, routes, model, self.tol
        )
        scored = general.scored(given, stated.X, y, stated.weight)
        warn_unconverged(self, scored.shortfall_, ADVICE)
        folds = scored.folds_
        return Measured(
            np.swapaxes(scored.scores_, 0, 1),
            np.array([[path.n_iters for path in fold] for fold in folds], np.int32),
            np.array([[self._path(path) for path in fold] for fold in folds]),
        )

    def _path(self, path: Models) -> Array:
        """Return weights and at the end intercepts, (n_cs, n_outputs, n_dof)."""
        coef, intercept = self._to_user(
            path.coefs().transpose(2, 0, 1), path.intercepts.T
        )
        return np.dstack([coef, intercept]) if self.fit_intercept else coef

    def _best(
        self, said: Said, stated: Stated, measured: Measured
    ) -> tuple[float, Any]:
        """Fit all rows with what has the best scores; return that C and l1_ratio."""
        total = measured.scores.sum(axis=0).T  # n_cs x n_l1_ratios
        k, m = np.unravel_index(best_of(total.ravel()), total.shape)
        C, share = float(self.Cs_[k]), said.shares[m]
        model = Model("elasticnet", C, share)
        self._found(self._linear(model, stated.total), stated)
        return C, said.l1_ratios[m]

    def _average(
        self, said: Said, stated: Stated, measured: Measured
    ) -> tuple[float, Any]:
        """Average what is best in each fold; return such a C and l1_ratio."""
        n_folds, _, n_cs = measured.scores.shape
        best = best_of(np.swapaxes(measured.scores, 1, 2).reshape(n_folds, -1))
        k, m = np.unravel_index(best, (n_cs, len(said.shares)))
        mean = measured.paths[np.arange(n_folds), m, k].mean(axis=0)
        n_features = mean.shape[1] - bool(self.fit_intercept)
        self.coef_ = np.ascontiguousarray(mean[:, :n_features])
        self.intercept_ = mean[:, n_features:].sum(axis=1)
        mixed = said.penalty == "elasticnet"
        ratio = float(np.take(said.shares, m).mean()) if mixed else 0.0
        return float(self.Cs_[k].mean()), ratio

    def _assign_layout(self, measured: Measured, said: Said) -> None:
        """Assign what cross-validation found, in the layout asked for."""
        scores, n_iter, paths = measured
        self.scores_: Any = scores
        self.coefs_paths_: Any = paths
        self.n_iter_ = n_iter
        if not self.use_legacy_attributes:
            if said.l1_ratios == [None]:
                self.l1_ratio_ = 1.0 if said.penalty == "l1" else 0.0
            self.l1_ratio_ = float(self.l1_ratio_)
            return
        several = slice(None) if said.l1_ratios != [None] else 0
        self.n_iter_ = np.swapaxes(n_iter, 1, 2)[None, :, :, several]
        scores = np.swapaxes(scores, 1, 2)[:, :, several]
        paths = np.moveaxis(paths, (3, 0, 2, 1), (0, 1, 2, 3))[:, :, :, several]
        labels = self.classes_ if len(paths) > 1 else self.classes_[1:]
        self.scores_ = {label: scores.copy() for label in labels}
        self.coefs_paths_ = dict(zip(labels, paths, strict=True))
        self.C_ = np.full(len(paths), self.C_)
        self.l1_ratio_ = np.array([self.l1_ratio_] * len(paths))

    # Scores --------------------------------------------------------------------------

    def _get_scorer(self) -> Any:
        warned = isinstance(self.scoring, str) and self.scoring == "warn"
        return get_scorer("accuracy" if warned else self.scoring or "accuracy")

    @keywords_from("1.11")
    def score(
        self, X: Any, y: Any, *, sample_weight: Any = None, **score_params: Any
    ) -> float:
        """Return the score that chose.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples,)
            Labels.
        sample_weight : array of shape (n_samples,), optional
            Weights.
        **score_params
            For the scorer, with metadata routing enabled.

        Returns
        -------
        score : float
            Of the scorer `scoring`.
        """
        routes = routed(self, "score", sample_weight, score_params)
        return self._get_scorer()(self, X, y, **routes.score)

    def get_metadata_routing(self) -> Any:
        """Return what metadata go where, as scikit-learn's routing asks.

        Returns
        -------
        routing : MetadataRouter
            Of the estimator itself, the splitter and the scorer.
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        to_split = MethodMapping().add(caller="fit", callee="split")
        router.add(splitter=check_cv(self.cv), method_mapping=to_split)
        to_score = MethodMapping().add(caller="score", callee="score")
        to_score.add(caller="fit", callee="score")
        return router.add(scorer=self._get_scorer(), method_mapping=to_score)


def _is_share(ratio: Any) -> bool:
    return isinstance(ratio, numbers.Number) and 0.0 <= ratio <= 1.0  # type: ignore[operator]
