"""ElasticNet as scikit-learn names it."""

from __future__ import annotations

import numbers
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse

from .._validation import checked_for_fit, checked_weights, fitting
from ..linear import LinearRegressor
from ..linear._base import LinearModel
from ._base import OF_THE_GAP, CoordinateDescent
from ._gram import check_gram
from .paths import enet_path


class ElasticNet(CoordinateDescent):
    r"""Linear regression with an elastic net, in the words of scikit-learn.

    .. math::
        \min_{w, b} \; \frac{1}{2 n} \|y - X w - b\|_2^2 + \alpha \rho \|w\|_1
        + \frac{\alpha (1 - \rho)}{2} \|w\|_2^2

    with the `l1_ratio` :math:`\rho`. A drop-in replacement for
    ``sklearn.linear_model.ElasticNet``: the same names, defaults and meanings.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength of the penalty.
    l1_ratio : float, default=0.5
        Share of l1 in the penalty, in [0, 1].
    fit_intercept : bool, default=True
        Whether to fit `b`.
    precompute : bool or array of shape (n_features, n_features), default=False
        Accepted: whether a Gram matrix pays is decided from the shape of X. One that
        is given is compared with X, if dense, and not used otherwise.
    max_iter : int, default=1000
        Limit on Newton steps.
    copy_X : bool, default=True
        Accepted: X is never changed.
    tol : float, default=1e-4
        Stop when the duality gap is at most `tol` times a thousandth of the objective
        of the best constant prediction. scikit-learn allows 2000 times as much, but
        seldom takes it.
    warm_start : bool, default=False
        Whether to start from the last solution.
    positive : bool, default=False
        Whether coefficients must be at least zero.
    random_state : int, RandomState or None, default=None
        Accepted: nothing is random.
    selection : {"cyclic", "random"}, default="cyclic"
        Accepted: the order of the coordinates is the solver's.

    Attributes
    ----------
    coef_ : array of shape (n_features,) or (n_targets, n_features)
        Weights.
    sparse_coef_ : sparse matrix of shape (1, n_features) or (n_targets, n_features)
        The same, sparse.
    intercept_ : float or array of shape (n_targets,)
        Intercepts; 0.0 if ``fit_intercept=False``.
    n_iter_ : int or list of int
        Steps taken, for each of several targets.
    dual_gap_ : float or array of shape (n_targets,)
        Upper bound of the objective minus its minimum.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : array of str
        Names of the features, if X had names.

    See Also
    --------
    sklreg.LinearRegressor : The same model, with any loss and penalty.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import ElasticNet
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = ElasticNet(alpha=0.1, l1_ratio=0.9).fit(X, y)
    >>> int((model.coef_ != 0).sum()), bool(model.dual_gap_ < 1e-4 * y.var() / 2)
    (10, True)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **CoordinateDescent._parameter_constraints,
        "precompute": ["boolean", "array-like"],
        "positive": ["boolean"],
    }

    path = staticmethod(enet_path)

    def __init__(
        self,
        alpha: float = 1.0,
        *,
        l1_ratio: float = 0.5,
        fit_intercept: bool = True,
        precompute: Any = False,
        max_iter: int = 1000,
        copy_X: bool = True,
        tol: float = 1e-4,
        warm_start: bool = False,
        positive: bool = False,
        random_state: Any = None,
        selection: str = "cyclic",
    ) -> None:
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.precompute = precompute
        self.max_iter = max_iter
        self.copy_X = copy_X
        self.tol = tol
        self.warm_start = warm_start
        self.positive = positive
        self.random_state = random_state
        self.selection = selection

    def _general(self, total: float | None = None) -> LinearModel:
        del total
        return LinearRegressor(
            "elasticnet",
            self.alpha,
            l1_ratio=self.l1_ratio,
            fit_intercept=self.fit_intercept,
            positive=self.positive,
            tol=OF_THE_GAP * self.tol,
            max_iter=self.max_iter,
        )

    @fitting
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, check_input: bool = True
    ) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array of shape (n_samples,), optional
            Weights; only their proportions matter.
        check_input : bool, default=True
            Whether to validate X and y; otherwise they are arrays of floats.

        Returns
        -------
        self : ElasticNet
            The fitted model.
        """
        if check_input:
            X, y = checked_for_fit(self, X, y, multi_output=True, y_numeric=True)
        if isinstance(sample_weight, numbers.Number):
            sample_weight = None
        weight = checked_weights(sample_weight, len(y))
        given = not isinstance(self.precompute, bool | np.bool_)
        if given and not scipy.sparse.issparse(X):
            check_gram(self.precompute, X, weight, centred=self.fit_intercept)
        general, k = self._general(), y[0].size
        parts = [
            self._least_squares(general, X, y, weight, slice(c, c + 1))
            for c in range(k)
        ]
        coef = np.vstack([part.coef for part in parts])
        intercept = np.concatenate([part.intercept for part in parts])
        self._assign(coef, intercept, y.ndim)
        dual_gaps = np.array([part.dual_gap for part in parts])
        self.dual_gap_ = dual_gaps if k > 1 else dual_gaps[0]
        self.n_iter_ = [part.n_iter for part in parts] if k > 1 else parts[0].n_iter
        return self
