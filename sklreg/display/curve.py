"""Held-out losses along the strengths of a penalty."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..model_selection import Curve
from ..model_selection.grid import Array
from ._axes import axes_of, draw_chosen, draw_strengths
from ._chosen import chosen_by


class CurveDisplay:
    """The curve of a cross-validation, with a band of one standard error.

    Parameters
    ----------
    curve : Curve
        What was measured.
    chosen : dict of str to float, default=None
        Strengths to be marked, by name; by default those of the rules "min" and "1se".
    name : str, default=None
        Name of the curve, if there are others.
    others : dict of str to Curve, default=None
        Curves drawn thinly beside it, by name, such as those of other shares of l1.
    ylabel : str, default="mean held-out loss"
        What the losses are.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.
    figure_ : matplotlib Figure
        Its figure.
    line_ : matplotlib Line2D
        The means.
    band_ : matplotlib PolyCollection or None
        One standard error on either side; None for a single fold.
    other_lines_ : list of matplotlib Line2D
        The means of other curves.
    chosen_lines_ : list of matplotlib Line2D
        The strengths marked.

    See Also
    --------
    sklreg.LinearRegressorCV : Has the curve as ``curve_``.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import LinearRegressorCV
    >>> from sklreg.display import CurveDisplay
    >>> model = LinearRegressorCV("l1").fit(*load_diabetes(return_X_y=True))
    >>> shown = CurveDisplay.from_estimator(model)
    >>> bool((shown.line_.get_ydata() == model.mean_losses_).all())
    True
    """

    def __init__(
        self,
        curve: Curve,
        *,
        chosen: dict[str, float] | None = None,
        name: str | None = None,
        others: dict[str, Curve] | None = None,
        ylabel: str = "mean held-out loss",
    ) -> None:
        self.curve = curve
        self.chosen = chosen
        self.name = name
        self.others = others
        self.ylabel = ylabel

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw what an estimator has chosen its strength from.

        Parameters
        ----------
        estimator : LinearRegressorCV or LinearClassifierCV
            Fitted. Of several shares of l1 the one chosen has the band.
        ax : matplotlib Axes, default=None
            What to draw on; by default a new figure of pyplot's.

        Returns
        -------
        display : CurveDisplay
            With the artists it has drawn.
        """
        check_is_fitted(estimator, "curve_")
        scorer = estimator.scoring
        score = scorer if isinstance(scorer, str) else "score"
        display = cls(
            estimator.curve_,
            chosen=chosen_by(estimator),
            name=f"l1_ratio = {estimator.l1_ratio_:g}",
            others=_others(estimator),
            ylabel="mean held-out loss" if scorer is None else f"minus mean {score}",
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
        display : CurveDisplay
            Itself, with the artists it has drawn.
        """
        others = self.others or {}
        curves = [_visible(each) for each in (self.curve, *others.values())]
        alphas, mean, error = curves[0]
        self.ax_ = ax = axes_of(ax)
        self.figure_ = ax.figure
        (self.line_,) = ax.plot(alphas, mean, linewidth=1.6, zorder=3, label=self.name)
        self.band_ = None
        if not np.isnan(error).any():
            color = self.line_.get_color()
            low, high = mean - error, mean + error
            self.band_ = ax.fill_between(
                alphas, low, high, color=color, alpha=0.2, linewidth=0.0
            )
        self.other_lines_ = [
            ax.plot(*each[:2], linewidth=0.8, label=name)[0]
            for name, each in zip(others, curves[1:], strict=True)
        ]
        self.chosen_lines_ = draw_chosen(ax, self._chosen())
        every = np.concatenate([each[0] for each in curves])
        draw_strengths(ax, every.max(), every.min())
        ax.set_ylabel(self.ylabel)
        named = [self.line_, *self.other_lines_] if others else []
        ax.legend(handles=self.chosen_lines_ + named, fontsize="small")
        return self

    def _chosen(self) -> dict[str, float]:
        if self.chosen is not None:
            return self.chosen
        curve = self.curve
        least = {"min": float(curve.alphas[curve.minimum()])}
        if len(curve.weights) == 1:
            return least
        return least | {"1se": float(curve.alphas[curve.one_standard_error()])}


def _visible(curve: Curve) -> tuple[Array, Array, Array]:
    """Return strengths above zero, for their axis is logarithmic, means and errors."""
    shown = curve.alphas > 0.0
    return curve.alphas[shown], curve.mean[shown], curve.standard_error[shown]


def _others(estimator: Any) -> dict[str, Curve]:
    """Return the curves of the shares of l1 that were not chosen."""
    if np.ndim(estimator.l1_ratio) == 0:
        return {}
    weights = estimator.curve_.weights
    ratios = np.ravel(estimator.l1_ratio)
    return {
        f"l1_ratio = {ratio:g}": Curve(alphas, losses, weights)
        for ratio, alphas, losses in zip(
            ratios, estimator.alphas_, estimator.fold_losses_, strict=True
        )
        if ratio != estimator.l1_ratio_
    }
