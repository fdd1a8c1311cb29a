"""Lasso as scikit-learn names it."""

from __future__ import annotations

from typing import Any, ClassVar

from .elastic_net import ElasticNet


class Lasso(ElasticNet):
    r"""Linear regression with an l1 penalty, in the words of scikit-learn.

    .. math:: \min_{w, b} \; \frac{1}{2 n} \|y - X w - b\|_2^2 + \alpha \|w\|_1

    A drop-in replacement for ``sklearn.linear_model.Lasso``: the same names, defaults
    and meanings.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength of the penalty.
    fit_intercept : bool, default=True
        Whether to fit `b`.
    precompute : bool or array of shape (n_features, n_features), default=False
        Accepted: whether a Gram matrix pays is decided from the shape of X. One that
        is given is compared with X, if dense, and not used otherwise.
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
    >>> from sklreg import Lasso
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = Lasso(alpha=0.5).fit(X, y)
    >>> int((model.coef_ != 0).sum()), bool(model.dual_gap_ < 1e-4 * y.var() / 2)
    (4, True)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        name: constraint
        for name, constraint in ElasticNet._parameter_constraints.items()
        if name != "l1_ratio"
    }

    def __init__(
        self,
        alpha: float = 1.0,
        *,
        fit_intercept: bool = True,
        precompute: Any = False,
        copy_X: bool = True,
        max_iter: int = 1000,
        tol: float = 1e-4,
        warm_start: bool = False,
        positive: bool = False,
        random_state: Any = None,
        selection: str = "cyclic",
    ) -> None:
        super().__init__(
            alpha,
            l1_ratio=1.0,
            fit_intercept=fit_intercept,
            precompute=precompute,
            max_iter=max_iter,
            copy_X=copy_X,
            tol=tol,
            warm_start=warm_start,
            positive=positive,
            random_state=random_state,
            selection=selection,
        )
