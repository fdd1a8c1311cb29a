"""The strength at which every weight becomes zero."""

from __future__ import annotations

from typing import Any

from ..linear import Prepared
from ..solvers import critical_alpha


def alpha_max(
    estimator: Any, X: Any, y: Any, sample_weight: Any = None, offset: Any = None
) -> float:
    r"""Return the smallest `alpha` at which every penalised weight is zero.

    With `g` the gradient of the data term at the null model (intercept alone), for l1
    and elastic net

    .. math:: \alpha_{max} = \max_{jk} |g_{jk}| / \rho, \qquad \rho = l1\_ratio .

    and for groups :math:`\max_g \|g_g\| / \omega_g`. With weights :math:`\omega_j` of
    features it is :math:`\max_{jk} |g_{jk}| / (\rho \omega_j)`; features that are not
    penalised are part of the null model, and those that are left out do not count.

    Parameters
    ----------
    estimator : LinearRegressor, LinearClassifier or a drop-in replacement
        Gives penalty, loss, intercept and so on; its own `alpha` does not matter, and
        it is left as it is.
    X : array or sparse matrix of shape (n_samples, n_features)
        Features.
    y : array of shape (n_samples,) or (n_samples, n_targets)
        Targets or labels.
    sample_weight : float or array of shape (n_samples,), optional
        Weights.
    offset : array, optional
        As for ``fit``; part of the null model.

    Returns
    -------
    alpha : float
        In the units of `alpha` of LinearRegressor and LinearClassifier, which are those
        of ``Lasso``; ``LogisticRegression`` has it at ``C = 1 / (alpha n_samples)``.
        Infinite for penalties that never give zeros (None, l2), 0 if nothing is to be
        explained.

    Raises
    ------
    TypeError
        For an estimator that is not linear: a network's weights have no such limit.
    ValueError
        For whatever `fit` refuses.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import LinearRegressor, alpha_max
    >>> X, y = load_diabetes(return_X_y=True)
    >>> strongest = alpha_max(LinearRegressor(penalty="l1"), X, y)
    >>> LinearRegressor("l1", alpha=strongest).fit(X, y).coef_.any()
    np.False_
    >>> LinearRegressor("l1", alpha=0.99 * strongest).fit(X, y).coef_.any()
    np.True_
    """
    return critical_alpha(prepared(estimator, X, y, sample_weight, offset).problem)


def general(estimator: Any) -> Any:
    """Return the linear estimator that another stands for.

    That is a drop-in replacement, or one that chooses the strength.
    """
    if isinstance(estimator, type):
        return estimator
    if hasattr(estimator, "_general"):
        estimator = estimator._general()
    if not hasattr(estimator, "_models"):
        return estimator
    models = estimator._models()
    if len(models) > 1:
        msg = (
            "estimator must have one l1_ratio, got "
            f"l1_ratio={estimator.l1_ratio!r}; pass the one that was chosen."
        )
        raise ValueError(msg)
    return models[0]


def prepared(
    estimator: Any, X: Any, y: Any, sample_weight: Any, offset: Any = None
) -> Prepared:
    """Return the problem of a linear estimator; refuse whatever else."""
    estimator = general(estimator)
    if isinstance(estimator, type) or not hasattr(estimator, "prepare"):
        msg = (
            "estimator must be a LinearRegressor or LinearClassifier object, got "
            f"{estimator!r}; for a network without hidden layer take the linear model."
        )
        raise TypeError(msg)
    return estimator.prepare(X, y, sample_weight, offset)
