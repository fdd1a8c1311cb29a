"""MultiTaskElasticNet as scikit-learn names it."""

from __future__ import annotations

import numbers
from typing import Any, ClassVar, Self

from .._validation import checked_for_fit, checked_weights, fitting
from ..linear import LinearRegressor
from ..linear._base import LinearModel
from ..penalties import GroupElasticNet
from ._base import OF_THE_GAP, CoordinateDescent
from .paths import enet_path


class MultiTaskElasticNet(CoordinateDescent):
    r"""Several targets with a group elastic net, in the words of scikit-learn.

    .. math::
        \min_{W, b} \; \frac{1}{2 n} \|Y - X W - 1 b'\|_F^2
        + \alpha \rho \sum_j \|w_j\|_2 + \frac{\alpha (1 - \rho)}{2} \|W\|_F^2

    with :math:`w_j` the weights of feature `j` for all targets, which become zero
    together, and the `l1_ratio` :math:`\rho`. A drop-in replacement for
    ``sklearn.linear_model.MultiTaskElasticNet``: the same names, defaults and meanings.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength of the penalty.
    l1_ratio : float, default=0.5
        Share of the norms in the penalty, in [0, 1].
    fit_intercept : bool, default=True
        Whether to fit `b`.
    copy_X : bool, default=True
        Accepted: X is never changed.
    max_iter : int, default=1000
        Limit on Newton steps.
    tol : float, default=1e-4
        Stop when the duality gap is at most `tol` times a thousandth of the objective
        of the best constant prediction. scikit-learn allows 2000 times as much, but
        seldom takes it.
    warm_start : bool, default=False
        Whether to start from the last solution.
    random_state : int, RandomState or None, default=None
        Accepted: nothing is random.
    selection : {"cyclic", "random"}, default="cyclic"
        Accepted: the order of the coordinates is the solver's.

    Attributes
    ----------
    coef_ : array of shape (n_targets, n_features)
        Weights.
    sparse_coef_ : sparse matrix of shape (n_targets, n_features)
        The same, sparse.
    intercept_ : float or array of shape (n_targets,)
        Intercepts; 0.0 if ``fit_intercept=False``.
    n_iter_ : int
        Steps taken.
    dual_gap_ : float
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
    >>> import numpy as np
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import MultiTaskElasticNet
    >>> X, y = load_diabetes(return_X_y=True)
    >>> Y = np.column_stack([y, X[:, 2] + 0.1 * X[:, 3]])
    >>> model = MultiTaskElasticNet(alpha=0.1, l1_ratio=0.9).fit(X, Y)
    >>> (model.coef_ != 0).sum(axis=1)
    array([10, 10])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = (
        CoordinateDescent._parameter_constraints
    )

    path = staticmethod(enet_path)

    def __init__(
        self,
        alpha: float = 1.0,
        *,
        l1_ratio: float = 0.5,
        fit_intercept: bool = True,
        copy_X: bool = True,
        max_iter: int = 1000,
        tol: float = 1e-4,
        warm_start: bool = False,
        random_state: Any = None,
        selection: str = "cyclic",
    ) -> None:
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.copy_X = copy_X
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state
        self.selection = selection

    def _general(self, total: float | None = None) -> LinearModel:
        del total
        return LinearRegressor(
            GroupElasticNet(l1_ratio=self.l1_ratio, weights=1.0),
            self.alpha,
            fit_intercept=self.fit_intercept,
            tol=OF_THE_GAP * self.tol,
            max_iter=self.max_iter,
        )

    @fitting
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples, n_targets)
            Targets.
        sample_weight : float or array of shape (n_samples,), optional
            Weights; only their proportions matter.

        Returns
        -------
        self : MultiTaskElasticNet
            The fitted model.
        """
        X, y = checked_for_fit(self, X, y, multi_output=True, y_numeric=True)
        if y.ndim == 1:
            name = type(self).__name__.removeprefix("MultiTask")
            msg = f"For mono-task outputs, use {name}: y has one dimension."
            raise ValueError(msg)
        if isinstance(sample_weight, numbers.Number):
            sample_weight = None
        weight = checked_weights(sample_weight, len(y))
        fitted = self._least_squares(self._general(), X, y, weight)
        self.coef_ = fitted.coef
        self.intercept_ = fitted.intercept if self.fit_intercept else 0.0
        self.dual_gap_, self.n_iter_ = fitted.dual_gap, fitted.n_iter
        return self

    def __sklearn_tags__(self) -> Any:
        """One target is for ElasticNet."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags
