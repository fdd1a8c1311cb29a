"""Why l1 gives zeros: contours of a loss, and the constraint that a penalty is."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from ..linear import Prepared
from ..losses import weighted_value
from ..model_selection.alpha_max import prepared
from ..model_selection.grid import Array
from ._axes import axes_of

#: Points along each axis, and levels of the loss, in units of that of the solution.
_POINTS = 121
_LEVELS = np.array([0.2, 0.6, 1.0, 1.5, 2.1, 2.8, 3.6]) ** 2
#: What is left free around, as a share of the width of what is drawn.
_MARGIN = 0.15


class ConstraintDisplay:
    r"""Contours of a loss of two features, and the weights of no greater penalty.

    The solution is where they touch: of all weights with
    :math:`P(w) \le P(w_\alpha)` it has the least loss.

    Parameters
    ----------
    first, second : array of shape (n_first,) and (n_second,)
        Coefficients of the two features, increasing.
    losses : array of shape (n_second, n_first)
        The loss at each pair of them.
    penalties : array of shape (n_second, n_first)
        The penalty, times its strength.
    solution : array of shape (2,)
        The coefficients of the penalised model.
    least : array of shape (2,)
        Those without a penalty.
    solution_levels : tuple of float
        Loss and penalty at the solution, and the least loss.
    feature_names : sequence of str, default=None
        Names of the features; by default "x0" and "x1".

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.
    figure_ : matplotlib Figure
        Its figure.
    contours_ : matplotlib QuadContourSet
        Of the loss; one of them runs through the solution.
    region_ : matplotlib QuadContourSet
        The weights of no greater penalty.
    solution_ : matplotlib Line2D
        The point of the solution.
    least_ : matplotlib Line2D
        The point of the least loss.

    References
    ----------
    Tibshirani (1996), Regression shrinkage and selection via the lasso, Journal of the
    Royal Statistical Society B 58(1), figure 2.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import LinearRegressor
    >>> from sklreg.display import ConstraintDisplay
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> X = X[["bmi", "s5"]]
    >>> model = LinearRegressor("l1", alpha=1.0).fit(X, y)
    >>> shown = ConstraintDisplay.from_estimator(model, X, y)
    >>> shown.ax_.get_xlabel()
    'coefficient of bmi'
    """

    def __init__(
        self,
        first: Any,
        second: Any,
        losses: Any,
        penalties: Any,
        solution: Any,
        least: Any,
        solution_levels: tuple[float, float, float],
        *,
        feature_names: Any = None,
    ) -> None:
        self.first = first
        self.second = second
        self.losses = losses
        self.penalties = penalties
        self.solution = solution
        self.least = least
        self.solution_levels = solution_levels
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        sample_weight: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw the problem that an estimator has solved.

        Parameters
        ----------
        estimator : LinearRegressor or LinearClassifier
            Fitted, to two features and one target or two classes.
        X : array or sparse matrix of shape (n_samples, 2)
            Features that it was fitted to.
        y : array of shape (n_samples,)
            Targets or labels.
        sample_weight : float or array of shape (n_samples,), default=None
            Weights.
        ax : matplotlib Axes, default=None
            What to draw on; by default a new figure of pyplot's.

        Returns
        -------
        display : ConstraintDisplay
            With the artists it has drawn. Losses are those with the best intercept, or
            for losses other than squared error with that of the model.
        """
        check_is_fitted(estimator, "coef_")
        stated = prepared(estimator, X, y, sample_weight)
        solution = np.ravel(estimator.coef_).astype(np.float64)
        if solution.shape != (2,):
            msg = (
                "estimator must have two coefficients, those of two features and one "
                f"output, got coef_ of shape {np.shape(estimator.coef_)}; fit it to "
                "two columns of X."
            )
            raise ValueError(msg)
        free = clone(estimator).set_params(penalty=None, alpha=0.0)
        least = np.ravel(free.fit(X, y, sample_weight=sample_weight).coef_)
        _, level = stated.from_user(solution[:, None], np.ravel(estimator.intercept_))
        radius = np.abs(solution).sum()
        first, second = (
            np.unique(np.append(_range(radius, peak), [0.0, at]))
            for peak, at in zip(least, solution, strict=True)
        )
        pairs = np.stack(np.meshgrid(first, second), axis=-1)
        losses, penalties = _surfaces(stated, pairs.reshape(-1, 2), level)
        at, penalty = _surfaces(stated, np.stack([solution, least]), level)
        display = cls(
            first,
            second,
            losses.reshape(pairs.shape[:2]),
            penalties.reshape(pairs.shape[:2]),
            solution,
            least,
            (float(at[0]), float(penalty[0]), float(at[1])),
            feature_names=getattr(estimator, "feature_names_in_", None),
        )
        return display.plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            What to draw on; by default a new figure of pyplot's.

        Returns
        -------
        display : ConstraintDisplay
            Itself, with the artists it has drawn.
        """
        loss, penalty, least = self.solution_levels
        self.ax_ = ax = axes_of(ax)
        self.figure_ = ax.figure
        for line in (ax.axhline, ax.axvline):
            line(0.0, color="0.6", linewidth=0.8, zorder=0)
        grid = self.first, self.second
        self.region_ = ax.contourf(
            *grid, self.penalties, [-1.0, penalty], colors=["C0"], alpha=0.35
        )
        levels: Any = least + _LEVELS * (loss - least) if loss > least else 8
        self.contours_ = ax.contour(
            *grid, self.losses, levels, colors="0.45", linewidths=0.9
        )
        away = 1.0 if self.solution[0] > self.least[0] else -1.0
        self.solution_ = _point(ax, self.solution, "oC3", "solution", (9.0 * away, 0.0))
        self.least_ = _point(ax, self.least, "+k", "least loss", (0.0, 9.0))
        names = self.feature_names
        for k, label in enumerate((ax.set_xlabel, ax.set_ylabel)):
            label(f"coefficient of {f'x{k}' if names is None else names[k]}")
        ax.set_aspect("equal")
        return self


def _point(
    ax: Any, at: Array, style: str, name: str, offset: tuple[float, float]
) -> Any:
    """Draw a point, and its name at an offset: to the side or above."""
    side = {-9.0: "right", 0.0: "center", 9.0: "left"}[offset[0]]
    ax.annotate(
        name,
        at,
        offset,
        textcoords="offset points",
        fontsize="small",
        ha=side,
        va="bottom" if offset[1] else "center",
        zorder=3,
    )
    return ax.plot(*at, style, markersize=7, label=name, zorder=4)[0]


def _range(radius: float, peak: float) -> Array:
    """Return numbers from and to beyond the region and the least loss."""
    low, high = min(-radius, peak), max(radius, peak)
    margin = _MARGIN * (high - low)
    return np.linspace(low - margin, high + margin, _POINTS)


def _surfaces(stated: Prepared, pairs: Array, level: Array) -> tuple[Array, Array]:
    """Return loss and penalty at pairs of coefficients, with intercept `level`."""
    problem = stated.problem
    losses, penalties = np.empty(len(pairs)), np.empty(len(pairs))
    for i, pair in enumerate(pairs):
        w, _ = stated.from_user(pair[:, None], level)
        eta = np.ascontiguousarray(problem.design.matvec(w) + level)
        losses[i] = weighted_value(problem.loss, problem.y, eta, problem.weight)
        penalties[i] = problem.penalty_at(w)
    return losses, penalties
