"""MultiTaskLasso as scikit-learn names it."""

from __future__ import annotations

from typing import Any, ClassVar

from .multi_task_elastic_net import MultiTaskElasticNet


class MultiTaskLasso(MultiTaskElasticNet):
    r"""Several targets with a group lasso, in the words of scikit-learn.

    .. math::
        \min_{W, b} \; \frac{1}{2 n} \|Y - X W - 1 b'\|_F^2
        + \alpha \sum_j \|w_j\|_2

    with :math:`w_j` the weights of feature `j` for all targets, which become zero
    together. A drop-in replacement for ``sklearn.linear_model.MultiTaskLasso``: the
    same names, defaults and meanings.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength of the penalty.
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
    >>> from sklreg import MultiTaskLasso
    >>> X, y = load_diabetes(return_X_y=True)
    >>> Y = np.column_stack([y, X[:, 2] + 0.1 * X[:, 3]])
    >>> model = MultiTaskLasso(alpha=0.1).fit(X, Y)
    >>> (model.coef_ != 0).sum(axis=1)
    array([7, 7])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        name: constraint
        for name, constraint in MultiTaskElasticNet._parameter_constraints.items()
        if name != "l1_ratio"
    }

    def __init__(
        self,
        alpha: float = 1.0,
        *,
        fit_intercept: bool = True,
        copy_X: bool = True,
        max_iter: int = 1000,
        tol: float = 1e-4,
        warm_start: bool = False,
        random_state: Any = None,
        selection: str = "cyclic",
    ) -> None:
        super().__init__(
            alpha,
            l1_ratio=1.0,
            fit_intercept=fit_intercept,
            copy_X=copy_X,
            max_iter=max_iter,
            tol=tol,
            warm_start=warm_start,
            random_state=random_state,
            selection=selection,
        )
