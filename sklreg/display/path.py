"""Coefficients along the strengths of a penalty."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..model_selection import Path
from ..model_selection.grid import Array
from ._axes import axes_of, draw_chosen, draw_strengths, line_height, spread
from ._chosen import chosen_by

#: Size of labels in points, their distance from the ends, and the share of the axes'
#: width that they may take.
_SIZE, _GAP, _WIDEST = 8.0, 14.0, 0.45
#: So many ticks at powers of ten tell the scale.
_TICKS = 2


class PathDisplay:
    """Coefficients as functions of the strength, the largest ones with names.

    Parameters
    ----------
    alphas : array of shape (n_alphas,)
        Strengths; zero is not shown, for the axis is logarithmic.
    coefs : array of shape (n_features, n_alphas) or (n_outputs, n_features, n_alphas)
        Coefficients.
    feature_names : sequence of str, default=None
        Names of the features; by default "x0", "x1" and so on.
    output_names : sequence of str, default=None
        Names of targets or classes, if there are several.
    chosen : dict of str to float, default=None
        Strengths to be marked, by name.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.
    figure_ : matplotlib Figure
        Its figure.
    lines_ : list of matplotlib Line2D
        The lines that have a label, the one with the largest coefficient first.
    features_ : array of shape (n_lines,)
        The features of these lines.
    labels_ : list of matplotlib Annotation
        Their labels.
    others_ : matplotlib LineCollection
        All other coefficients that are not zero throughout.
    chosen_lines_ : list of matplotlib Line2D
        The strengths marked.

    See Also
    --------
    sklreg.regularization_path : What makes paths.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import LinearRegressor, regularization_path
    >>> from sklreg.display import PathDisplay
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> path = regularization_path(LinearRegressor("l1"), X, y)
    >>> shown = PathDisplay.from_path(path, feature_names=X.columns)
    >>> [label.get_text() for label in shown.labels_[:3]]
    ['s5', 's1', 'bmi']
    """

    def __init__(
        self,
        alphas: Any,
        coefs: Any,
        *,
        feature_names: Any = None,
        output_names: Any = None,
        chosen: dict[str, float] | None = None,
    ) -> None:
        self.alphas = alphas
        self.coefs = coefs
        self.feature_names = feature_names
        self.output_names = output_names
        self.chosen = chosen

    @classmethod
    def from_path(
        cls,
        path: Path,
        *,
        feature_names: Any = None,
        output_names: Any = None,
        chosen: dict[str, float] | None = None,
        ax: Any = None,
        output: int = 0,
        n_labels: int = 10,
    ) -> Self:
        """Draw what :func:`~sklreg.regularization_path` returned.

        Parameters
        ----------
        path : Path
            Strengths and coefficients.
        feature_names, output_names, chosen
            As of the class.
        ax, output, n_labels
            As of :meth:`plot`.

        Returns
        -------
        display : PathDisplay
            With the artists it has drawn.
        """
        display = cls(
            path.alphas,
            path.coefs,
            feature_names=feature_names,
            output_names=output_names,
            chosen=chosen,
        )
        return display.plot(ax, output=output, n_labels=n_labels)

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, ax: Any = None, output: int = 0, n_labels: int = 10
    ) -> Self:
        """Draw the path of an estimator that has chosen its strength.

        Parameters
        ----------
        estimator : LinearRegressorCV or LinearClassifierCV
            Fitted, with ``refit=True``.
        ax, output, n_labels
            As of :meth:`plot`.

        Returns
        -------
        display : PathDisplay
            With the artists it has drawn.
        """
        check_is_fitted(estimator, "path_")
        classes = getattr(estimator, "classes_", None)
        return cls.from_path(
            estimator.path_,
            feature_names=getattr(estimator, "feature_names_in_", None),
            output_names=None if classes is None else [str(each) for each in classes],
            chosen=chosen_by(estimator),
            ax=ax,
            output=output,
            n_labels=n_labels,
        )

    def plot(self, ax: Any = None, *, output: int = 0, n_labels: int = 10) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            What to draw on; by default a new figure of pyplot's.
        output : int, default=0
            The target or class whose coefficients are drawn, if there are several.
        n_labels : int, default=10
            How many features get a colour and a label: those with the largest
            coefficients on the path. Fewer if there is no room for them.

        Returns
        -------
        display : PathDisplay
            Itself, with the artists it has drawn.
        """
        coefs = self._coefs_of(output)
        shown = np.asarray(self.alphas) > 0.0
        alphas, coefs = np.asarray(self.alphas)[shown], coefs[:, shown]
        largest = np.abs(coefs).max(axis=1)
        self.ax_ = ax = axes_of(ax)
        self.figure_ = ax.figure
        draw_strengths(ax, alphas.max(), alphas.min())
        room = int(0.9 / line_height(ax, _SIZE))
        order = np.argsort(-largest, kind="stable")[: min(n_labels, room)]
        self.features_ = order[largest[order] > 0.0]
        self._draw_lines(alphas, coefs)
        self._draw_labels(alphas, coefs)
        self.chosen_lines_ = draw_chosen(ax, self.chosen or {})
        ax.set_ylabel(self._name_of(output))
        if self.chosen_lines_:
            ax.legend(handles=self.chosen_lines_, loc="upper left", fontsize="small")
        return self

    def _coefs_of(self, output: int) -> Array:
        coefs = np.asarray(self.coefs)
        coefs = coefs[None] if coefs.ndim == 2 else coefs
        if not 0 <= output < len(coefs):
            msg = (
                "output must be the number of a target or class, from 0 to "
                f"{len(coefs) - 1}, got {output!r}."
            )
            raise ValueError(msg)
        return np.asarray(coefs[output], dtype=np.float64)

    def _name_of(self, output: int) -> str:
        if np.ndim(self.coefs) == 2:
            return "coefficient"
        names = self.output_names
        return f"coefficient of {output if names is None else names[output]}"

    def _draw_lines(self, alphas: Array, coefs: Array) -> None:
        from matplotlib.collections import LineCollection

        self.ax_.axhline(0.0, color="0.8", linewidth=0.8, zorder=0)
        rest = np.setdiff1d(np.flatnonzero(coefs.any(axis=1)), self.features_)
        curves = [np.column_stack([alphas, coefs[j]]) for j in rest]
        self.others_ = LineCollection(curves, colors="0.75", linewidths=0.7, zorder=1)
        self.ax_.add_collection(self.others_)
        self.lines_ = [
            self.ax_.plot(alphas, coefs[j], linewidth=1.4)[0] for j in self.features_
        ]
        self.ax_.autoscale_view(scalex=False)

    def _draw_labels(self, alphas: Array, coefs: Array) -> None:
        """Write the names beside the ends, and make room for them on the right."""
        ax, last, names = self.ax_, int(alphas.argmin()), self.feature_names
        self.labels_ = [
            ax.annotate(
                f"x{j}" if names is None else str(names[j]),
                (alphas[last], coefs[j, last]),
                (_GAP, 0.0),
                textcoords="offset points",
                fontsize=_SIZE,
                color=line.get_color(),
                va="center",
                arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": "0.6"},
            )
            for j, line in zip(self.features_, self.lines_, strict=True)
        ]
        if not self.labels_:
            return
        gap = _GAP * ax.figure.dpi / 72.0 / ax.bbox.width
        _make_room(ax, alphas, self.labels_, gap)
        ends = np.column_stack([np.full(len(coefs), alphas[last]), coefs[:, last]])
        at = ax.transAxes.inverted().transform(ax.transData.transform(ends))
        wanted, height = at[self.features_, 1], line_height(ax, _SIZE)
        order = np.argsort(wanted, kind="stable")
        places = spread(wanted[order], height, height / 2.0, 1.0 - height / 2.0)
        for k, place in zip(order, places, strict=True):
            self.labels_[k].set_position((at[0, 0] + gap, place))
            self.labels_[k].anncoords = ax.transAxes


def _make_room(ax: Any, alphas: Array, labels: list[Any], gap: float) -> None:
    """Go on to the right of the weakest strength, where there are no ticks."""
    from matplotlib.text import Text

    widths = [Text.get_window_extent(label).width for label in labels]  # no arrows
    share = min(max(widths) / ax.bbox.width + 1.5 * gap, _WIDEST)
    strongest, weakest = alphas.max(), alphas.min()
    span = np.log(strongest / weakest) or 1.0
    draw_strengths(ax, strongest, weakest * np.exp(-span * share / (1.0 - share)))
    ticks = ax.get_xticks()
    inside = ticks[(ticks >= weakest) & (ticks <= strongest)]
    if len(inside) >= _TICKS:
        minor = ax.get_xticks(minor=True)
        ax.set_xticks(inside)
        ax.set_xticks(minor[(minor >= weakest) & (minor <= strongest)], minor=True)
