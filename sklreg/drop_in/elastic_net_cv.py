"""ElasticNetCV as scikit-learn names it."""

from __future__ import annotations

import numbers
from typing import Any, ClassVar

from .._validation import Interval
from ._choosing import ByCrossValidation
from .paths import enet_path


class ElasticNetCV(ByCrossValidation):
    r"""Elastic net with strength and share of l1 chosen, in scikit-learn's words.

    Both have the smallest mean over folds of the squared error on the rows held out. A
    drop-in replacement for ``sklearn.linear_model.ElasticNetCV``: the same names,
    defaults and meanings.

    Parameters
    ----------
    l1_ratio : float or list of float, default=0.5
        Share of l1 in the penalty, in [0, 1], or several to choose from.
    eps : float, default=1e-3
        Smallest over largest strength.
    alphas : int or array of shape (n_alphas,), default=100
        Strengths, or their number.
    fit_intercept : bool, default=True
        Whether to fit `b`.
    precompute : "auto", bool or array, default="auto"
        Accepted: whether a Gram matrix pays is decided from the shape of X.
    max_iter : int, default=1000
        Limit on Newton steps, for each strength.
    tol : float, default=1e-4
        Stop when the duality gap is at most `tol` times a thousandth of the objective
        of the best constant prediction. scikit-learn allows 2000 times as much, but
        seldom takes it.
    cv : int, splitter or iterable, default=None
        Number of folds, how to split, or the splits; None: 5 folds.
    copy_X : bool, default=True
        Accepted: X is never changed.
    verbose : bool or int, default=0
        Whether to show a line of progress.
    n_jobs : int or None, default=None
        Folds that are worked on at a time, in threads.
    positive : bool, default=False
        Whether coefficients must be at least zero.
    random_state : int, RandomState or None, default=None
        Accepted: nothing is random.
    selection : {"cyclic", "random"}, default="cyclic"
        Accepted: the order of the coordinates is the solver's.

    Attributes
    ----------
    alpha_ : float
        The strength chosen: the one with the smallest mean error over folds.
    l1_ratio_ : float
        The share of l1 chosen.
    coef_ : array of shape (n_features,)
        Weights.
    sparse_coef_ : sparse matrix of shape (1, n_features)
        The same, sparse.
    intercept_ : float
        Intercept; 0.0 if ``fit_intercept=False``.
    mse_path_ : array of shape (n_alphas, n_folds) or (n_l1_ratio, n_alphas, n_folds)
        Mean squared errors on the rows held out.
    alphas_ : array of shape (n_alphas,) or (n_l1_ratio, n_alphas)
        Strengths, decreasing.
    dual_gap_ : float
        Upper bound of the objective minus its minimum.
    n_iter_ : int
        Steps taken for the strength chosen.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : array of str
        Names of the features, if X had names.

    See Also
    --------
    sklreg.LinearRegressorCV : The same, with any loss, penalty and rule.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import ElasticNetCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = ElasticNetCV(l1_ratio=[0.5, 0.9]).fit(X, y)
    >>> round(model.alpha_, 4), model.mse_path_.shape
    (0.0024, (2, 100, 5))
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **ByCrossValidation._parameter_constraints,
        "l1_ratio": [Interval(numbers.Real, 0, 1, closed="both"), "array-like"],
    }

    path = staticmethod(enet_path)

    def __init__(
        self,
        *,
        l1_ratio: Any = 0.5,
        eps: float = 1e-3,
        alphas: Any = 100,
        fit_intercept: bool = True,
        precompute: Any = "auto",
        max_iter: int = 1000,
        tol: float = 1e-4,
        cv: Any = None,
        copy_X: bool = True,
        verbose: Any = 0,
        n_jobs: int | None = None,
        positive: bool = False,
        random_state: Any = None,
        selection: str = "cyclic",
    ) -> None:
        self.l1_ratio = l1_ratio
        self.eps = eps
        self.alphas = alphas
        self.fit_intercept = fit_intercept
        self.precompute = precompute
        self.max_iter = max_iter
        self.tol = tol
        self.cv = cv
        self.copy_X = copy_X
        self.verbose = verbose
        self.n_jobs = n_jobs
        self.positive = positive
        self.random_state = random_state
        self.selection = selection

    def _ratios(self) -> Any:
        return self.l1_ratio

    def _take(self, general: Any) -> None:
        super()._take(general)
        self.l1_ratio_ = general.l1_ratio_
