"""What a strength is worth by likelihood and degrees of freedom."""

from __future__ import annotations

import math
import numbers
from typing import Any, NamedTuple

import numpy as np
from scipy.special import gammaln

from .._validation import checked_weights, total_weight
from ..losses import weighted_value
from ..solvers import Problem, degrees_of_freedom, start_point
from .alpha_max import general, prepared
from .grid import Array
from .path import Path

_CRITERIA = ("aic", "bic", "ebic")


class Information(NamedTuple):
    """An information criterion along a path, one number per entry of `alphas`."""

    alphas: Array
    values: Array  # the criterion: less is better
    freedom: Array  # degrees of freedom, without the intercept
    deviances: Array  # -2 log L

    def minimum(self) -> int:
        """Return the index of the least value; of the largest strength if tied."""
        return int(np.argmin(self.values))


def information_criterion(
    estimator: Any,
    X: Any,
    y: Any,
    path: Path,
    *,
    criterion: str = "bic",
    gamma: float = 1.0,
    dispersion: float | None = None,
    sample_weight: Any = None,
    offset: Any = None,
) -> Information:
    r"""Return AIC, BIC or EBIC of the models on a path.

    .. math:: -2 \log L + c \, df + 2 \gamma \log \binom{p}{s}

    AIC has `c = 2` and BIC `c = log n`, both without the last term. EBIC is BIC with
    it, for there are many more ways to take half of `p` features than to take few.

    Parameters
    ----------
    estimator : LinearRegressor or LinearClassifier
        What the path was made with.
    X : array or sparse matrix of shape (n_samples, n_features)
        Features that the path was fitted to.
    y : array of shape (n_samples,) or (n_samples, n_targets)
        Targets or labels that it was fitted to.
    path : Path
        What :func:`~sklreg.regularization_path` returned, or `path_` of an estimator
        that chose its strength.
    criterion : {"aic", "bic", "ebic"}, default="bic"
        AIC for prediction, BIC for finding the features that matter, EBIC for the same
        where there are many features.
    gamma : float, default=1.0
        Weight of the last term of EBIC, in [0, 1]; at 1 it finds the true features of a
        number that grows as any power of `n_samples`, at 0 it is BIC.
    dispersion : float, optional
        The variance of the noise for squared error, or the dispersion of a deviance. By
        default 1 for log-loss and Poisson; for squared error each model's own mean
        square. Gamma and Tweedie deviances need it.
    sample_weight : float or array of shape (n_samples,), optional
        Weights that the path was fitted with. Here they count rows: `n` is their sum.
    offset : array, optional
        The offset that the path was fitted with.

    Returns
    -------
    information : Information
        An immutable record: ``alphas``, ``values`` of the criterion, ``freedom`` and
        ``deviances``, all of shape (n_alphas,); ``minimum()`` is the index to choose.

    Raises
    ------
    TypeError
        For an estimator that is not linear.
    ValueError
        For a loss without likelihood, a penalty that is not convex, class weights, a
        path of other data; for parameters out of range.

    See Also
    --------
    LinearRegressorCV : Chooses by data held out.
    sklearn.linear_model.LassoLarsIC : The same for the lasso with a known variance.

    Notes
    -----
    With :math:`r^2` the weighted mean square of the residuals, squared error has

    .. math::
        -2 \log L = n \log(2 \pi r^2) + n
        \quad \text{or} \quad n \log(2 \pi \phi) + n r^2 / \phi

    for a dispersion :math:`\phi` that is given, summed over targets. The first needs no
    estimate, but falls without bound where a model fits all rows exactly: end such a
    path earlier, or give the dispersion. ``LassoLarsIC`` has the second one with the
    variance of unpenalised least squares. Other losses have their deviance over the
    dispersion, which leaves out a constant of the data.

    Degrees of freedom are the number of non-zero coefficients for l1, and in general
    the trace of the derivative of predictions by targets: for l2 and elastic net it
    is ``tr[(H + S)^-1 H]`` on the support, with `H` and `S` the Hessians of data term
    and penalty. Intercept and variance are not counted; they are in all models.

    References
    ----------
    Akaike (1974), A new look at the statistical model identification, IEEE Transactions
    on Automatic Control 19(6).

    Schwarz (1978), Estimating the dimension of a model, Annals of Statistics 6(2).

    Zou, Hastie and Tibshirani (2007), On the degrees of freedom of the lasso, Annals of
    Statistics 35(5).

    Chen and Chen (2008), Extended Bayesian information criteria for model selection
    with large model spaces, Biometrika 95(3).

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import LinearRegressor, information_criterion, regularization_path
    >>> X, y = load_diabetes(return_X_y=True)
    >>> lasso = LinearRegressor("l1")
    >>> path = regularization_path(lasso, X, y)
    >>> bic = information_criterion(lasso, X, y, path)
    >>> best = path.alphas[bic.minimum()]
    >>> model = lasso.set_params(alpha=best).fit(X, y)
    >>> int((model.coef_ != 0).sum()), float(bic.freedom[bic.minimum()])
    (7, 7.0)
    """
    _check_parameters(criterion, gamma, dispersion)
    estimator = general(estimator)
    stated = prepared(estimator, X, y, sample_weight, offset)
    problem, p = stated.problem, stated.problem.design.shape[1]
    penalties = [
        stated.restated(estimator.penalty_record(alpha, p)) for alpha in path.alphas
    ]
    _check_model(estimator, problem, penalties, dispersion)
    coefs = path.coefs.reshape(-1, *path.coefs.shape[-2:]).astype(np.float64)
    intercepts = path.intercepts.reshape(-1, path.intercepts.shape[-1])
    if coefs.shape[:2] != (problem.n_outputs, p):
        msg = (
            f"path must be that of {p} features and {problem.n_outputs} outputs, got "
            f"coefs of shape {path.coefs.shape}; pass the path of the same X and y."
        )
        raise ValueError(msg)
    points = [
        stated.from_user(coefs[:, :, a].T, intercepts[:, a])
        for a in range(len(path.alphas))
    ]
    checked_weights(sample_weight, len(problem.weight))
    n = total_weight(sample_weight, len(problem.weight))
    deviances = np.array([_deviance(problem, *at, n, dispersion) for at in points])
    freedom = degrees_of_freedom(problem, penalties, points)
    values = deviances + (2.0 if criterion == "aic" else math.log(n)) * freedom
    if criterion == "ebic":
        values += 2.0 * gamma * _log_choices(p, (coefs != 0.0).any(axis=0).sum(axis=0))
    return Information(path.alphas, values, freedom, deviances)


def _check_parameters(criterion: Any, gamma: Any, dispersion: Any) -> None:
    if criterion not in _CRITERIA:
        msg = f"criterion must be one of {_CRITERIA}, got {criterion!r}."
        raise ValueError(msg)
    if not (isinstance(gamma, numbers.Real) and 0.0 <= float(gamma) <= 1.0):
        msg = f"gamma must lie between 0 and 1, got {gamma!r}."
        raise ValueError(msg)
    is_number = isinstance(dispersion, numbers.Real)
    if dispersion is not None and not (
        is_number and 0.0 < float(dispersion) < math.inf
    ):
        msg = f"dispersion must be None or a number above zero, got {dispersion!r}."
        raise ValueError(msg)


def _check_model(
    estimator: Any, problem: Problem, penalties: list[Any], dispersion: float | None
) -> None:
    """Refuse models of which one does not know the likelihood or the freedom."""
    loss = problem.loss
    if not (loss.likelihood or loss.quadratic or loss.has_link):
        msg = (
            "loss must be a likelihood, such as 'squared_error', 'log_loss' or "
            f"'poisson', got {estimator.loss!r}; choose by cross-validation."
        )
        raise ValueError(msg)
    if dispersion is None and not (loss.likelihood or loss.quadratic):
        msg = (
            f"dispersion must be given for loss={estimator.loss!r}; the mean of "
            "(y - mu)^2 / mu^power of the largest model estimates it."
        )
        raise ValueError(msg)
    if not all(penalty.convex for penalty in penalties):
        msg = (
            "The degrees of freedom are known for convex penalties, got "
            f"penalty={estimator.penalty!r}; choose by cross-validation."
        )
        raise ValueError(msg)
    if getattr(estimator, "class_weight", None) is not None:
        msg = (
            "class_weight must be None, for a likelihood counts rows, got "
            f"{estimator.class_weight!r}; choose by cross-validation."
        )
        raise ValueError(msg)


def _deviance(
    problem: Problem, w: Array, b: Array, n: float, dispersion: float | None
) -> float:
    """Return -2 log L, but for a constant of the data where it is not Gaussian."""
    eta = start_point(problem, w, b).eta
    if not problem.loss.quadratic:
        value = weighted_value(problem.loss, problem.y, eta, problem.weight)
        return 2.0 * n * float(value) / (dispersion or 1.0)
    squares = problem.weight @ (problem.y - eta) ** 2
    variance = squares if dispersion is None else np.full_like(squares, dispersion)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(2.0 * np.pi * variance)
        return float(
            n * (logs + np.where(variance > 0.0, squares / variance, 1.0)).sum()
        )


def _log_choices(p: int, sizes: Any) -> Array:
    """Return the logarithm of the number of ways to take so many of `p`."""
    return np.asarray(gammaln(p + 1) - gammaln(sizes + 1) - gammaln(p - sizes + 1))
