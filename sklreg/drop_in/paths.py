"""Paths as scikit-learn names them."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array

from .._estimator import warn_user
from ..linear import LinearRegressor
from ..model_selection import alpha_max, regularization_path
from ..penalties import GroupElasticNet
from ._base import OF_THE_GAP

#: Parameters of scikit-learn's coordinate descent, beside `tol` and `max_iter`.
_ACCEPTED = {"random_state", "selection", "do_screening", "X_offset", "X_scale"}
_SELECTIONS = {"cyclic", "random"}
#: The strength that scikit-learn takes where nothing is to be explained.
_LEAST = float(np.finfo(np.float64).resolution)


def enet_path(
    X: Any,
    y: Any,
    *,
    l1_ratio: float = 0.5,
    eps: float = 1e-3,
    n_alphas: Any = "deprecated",
    alphas: Any = "warn",
    precompute: Any = "auto",
    Xy: Any = None,
    copy_X: bool = True,
    coef_init: Any = None,
    verbose: Any = False,
    return_n_iter: bool = False,
    positive: bool = False,
    check_input: bool = True,
    **params: Any,
) -> tuple[Any, ...]:
    """Solve elastic nets without intercept along a path, in the words of scikit-learn.

    A drop-in replacement for ``sklearn.linear_model.enet_path``.
    :func:`~sklreg.regularization_path` does the same for any estimator, with intercept.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features)
        Features.
    y : array of shape (n_samples,) or (n_samples, n_targets)
        Targets; several share their features, as in MultiTaskElasticNet.
    l1_ratio : float, default=0.5
        Share of l1 in the penalty, in [0, 1].
    eps : float, default=1e-3
        Smallest over largest strength.
    n_alphas : int, default=100
        Deprecated: number of strengths; take `alphas`.
    alphas : int or array of shape (n_alphas,), default=100
        Strengths, or their number.
    precompute : "auto", bool or array, default="auto"
        Accepted: whether a Gram matrix pays is decided from the shape of X.
    Xy : array or None, default=None
        Accepted and not used.
    copy_X : bool, default=True
        Accepted: X is never changed.
    coef_init : array or None, default=None
        Accepted and not used: the path starts where all weights are zero.
    verbose : bool or int, default=False
        Accepted: nothing is printed.
    return_n_iter : bool, default=False
        Whether to return the numbers of steps.
    positive : bool, default=False
        Whether coefficients must be at least zero; for one target.
    check_input : bool, default=True
        Accepted: X and y are validated.
    **params
        `tol` (1e-4), `max_iter` (1000), `sample_weight`; `random_state`, `selection`,
        `do_screening`, `X_offset` and `X_scale` are accepted and not used.

    Returns
    -------
    alphas : array of shape (n_alphas,)
        Strengths, decreasing.
    coefs : array of shape (n_features, n_alphas) or (n_targets, n_features, n_alphas)
        Weights.
    dual_gaps : array of shape (n_alphas,)
        Upper bounds of objectives minus their minima.
    n_iters : list of int
        Steps taken, if `return_n_iter`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import enet_path
    >>> X, y = load_diabetes(return_X_y=True)
    >>> alphas, coefs, gaps = enet_path(X, y - y.mean(), l1_ratio=0.9, alphas=4)
    >>> (coefs != 0).sum(axis=0)
    array([ 0,  9, 10, 10])
    """
    del precompute, Xy, copy_X, coef_init, verbose, check_input
    alphas = _how_many(alphas, n_alphas)
    tol, max_iter = params.pop("tol", 1e-4), params.pop("max_iter", 1000)
    sample_weight = params.pop("sample_weight", None)
    if unknown := params.keys() - _ACCEPTED:
        msg = f"Unexpected parameters in params: {', '.join(sorted(unknown))}."
        raise ValueError(msg)
    if params.get("selection", "cyclic") not in _SELECTIONS:
        msg = f"selection must be cyclic or random, got {params['selection']!r}."
        raise ValueError(msg)
    y = check_array(y, ensure_2d=False, dtype=None)
    if y.ndim > 1 and positive:
        msg = "positive=True is not allowed for multi-output (y.ndim != 1)."
        raise ValueError(msg)
    penalty = (
        "elasticnet" if y.ndim == 1 else GroupElasticNet(l1_ratio=l1_ratio, weights=1.0)
    )
    model = LinearRegressor(
        penalty,
        l1_ratio=l1_ratio,
        fit_intercept=False,
        positive=positive,
        tol=OF_THE_GAP * tol,
        max_iter=max_iter,
    )
    if isinstance(alphas, numbers.Integral):
        alphas = _grid(model, X, y, sample_weight, l1_ratio, eps, int(alphas))
    path = regularization_path(model, X, y, alphas=alphas, sample_weight=sample_weight)
    dtype = np.float32 if getattr(X, "dtype", None) == np.float32 else np.float64
    coefs = path.coefs.astype(dtype, copy=False)
    if coefs.ndim < y.ndim + 1:  # one target in a matrix
        coefs = coefs[None]
    found = path.alphas, coefs, path.dual_gaps
    return (*found, path.n_iters.tolist()) if return_n_iter else found


def lasso_path(
    X: Any,
    y: Any,
    *,
    eps: float = 1e-3,
    n_alphas: Any = "deprecated",
    alphas: Any = "warn",
    precompute: Any = "auto",
    Xy: Any = None,
    copy_X: bool = True,
    coef_init: Any = None,
    verbose: Any = False,
    return_n_iter: bool = False,
    positive: bool = False,
    **params: Any,
) -> tuple[Any, ...]:
    """Solve lassos without intercept along a path, in the words of scikit-learn.

    A drop-in replacement for ``sklearn.linear_model.lasso_path``: `enet_path` with
    ``l1_ratio=1``.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features)
        Features.
    y : array of shape (n_samples,) or (n_samples, n_targets)
        Targets; several share their features, as in MultiTaskLasso.
    eps : float, default=1e-3
        Smallest over largest strength.
    n_alphas : int, default=100
        Deprecated: number of strengths; take `alphas`.
    alphas : int or array of shape (n_alphas,), default=100
        Strengths, or their number.
    precompute, Xy, copy_X, coef_init, verbose
        Accepted, as in `enet_path`.
    return_n_iter : bool, default=False
        Whether to return the numbers of steps.
    positive : bool, default=False
        Whether coefficients must be at least zero; for one target.
    **params
        As in `enet_path`.

    Returns
    -------
    alphas : array of shape (n_alphas,)
        Strengths, decreasing.
    coefs : array of shape (n_features, n_alphas) or (n_targets, n_features, n_alphas)
        Weights.
    dual_gaps : array of shape (n_alphas,)
        Upper bounds of objectives minus their minima.
    n_iters : list of int
        Steps taken, if `return_n_iter`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import lasso_path
    >>> X, y = load_diabetes(return_X_y=True)
    >>> alphas, coefs, gaps = lasso_path(X, y - y.mean(), alphas=[1.0, 0.1])
    >>> (coefs != 0).sum(axis=0)
    array([3, 7])
    """
    return enet_path(
        X,
        y,
        l1_ratio=1.0,
        eps=eps,
        n_alphas=n_alphas,
        alphas=alphas,
        precompute=precompute,
        Xy=Xy,
        copy_X=copy_X,
        coef_init=coef_init,
        verbose=verbose,
        return_n_iter=return_n_iter,
        positive=positive,
        **params,
    )


def _how_many(alphas: Any, n_alphas: Any) -> Any:
    """Return the strengths, or their number."""
    if not (isinstance(n_alphas, str) and n_alphas == "deprecated"):
        msg = (
            "'n_alphas' was deprecated in 1.9 and will be removed in 1.11; pass "
            f"alphas={n_alphas!r}, which may be a number of strengths too."
        )
        warn_user(msg, FutureWarning)
        asked = alphas is None or isinstance(alphas, str)
        return n_alphas if asked else alphas
    if alphas is None:
        msg = (
            "'alphas=None' is deprecated and will be removed in 1.11; pass alphas=100."
        )
        warn_user(msg, FutureWarning)
        return 100
    return 100 if isinstance(alphas, str) else alphas


def _grid(
    model: LinearRegressor,
    X: Any,
    y: NDArray[Any],
    sample_weight: Any,
    l1_ratio: float,
    eps: float,
    n_alphas: int,
) -> NDArray[np.float64]:
    """Return a geometric sequence of strengths from the largest that is of use."""
    check_counted(l1_ratio)
    return grid(alpha_max(model, X, y, sample_weight), eps, n_alphas)


def grid(largest: float, eps: float, n_alphas: int) -> NDArray[np.float64]:
    """Return a geometric sequence of strengths down from the largest that is of use."""
    if largest <= _LEAST:
        return np.full(n_alphas, _LEAST)
    return np.geomspace(largest, largest * eps, num=n_alphas)


def check_counted(l1_ratio: float) -> None:
    """Refuse a number of strengths where none makes all weights zero."""
    if l1_ratio == 0.0:
        msg = (
            "Automatic alpha grid generation is not supported for l1_ratio=0. Please "
            "supply a grid by providing your estimator with the appropriate `alphas=` "
            "argument."
        )
        raise ValueError(msg)
