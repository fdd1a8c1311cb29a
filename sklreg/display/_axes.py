"""Axes to draw on, strengths on a logarithmic scale, and labels that do not overlap."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.isotonic import isotonic_regression

from ..model_selection.grid import Array

#: How the strengths of the rules are drawn.
_STYLES = {"min": "--", "1se": ":"}
#: Height of a line of text, in units of the font's size.
_LINE = 1.25


def axes_of(ax: Any) -> Any:
    """Return `ax`, or the axes of a new figure of pyplot's if it is None.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        msg = (
            "sklreg.display needs matplotlib, which is not installed; install it with "
            "`pip install sklreg[plot]`."
        )
        raise ImportError(msg) from error
    return plt.subplots(layout="constrained")[1] if ax is None else ax


def draw_strengths(ax: Any, strongest: float, weakest: float) -> None:
    """Make the x-axis one of strengths: logarithmic, the strongest on the left."""
    ax.set_xscale("log")
    ax.set_xlabel("alpha")
    if strongest > weakest:
        ax.set_xlim(strongest, weakest)


def draw_chosen(ax: Any, chosen: dict[str, float]) -> list[Any]:
    """Draw a line at each strength chosen, those of the same one together."""
    together: dict[float, list[str]] = {}
    for name, alpha in chosen.items():
        together.setdefault(alpha, []).append(name)
    return [
        ax.axvline(
            alpha,
            color="0.3",
            linewidth=1.0,
            linestyle=_STYLES.get(names[0], "-."),
            label=f"{', '.join(names)}: alpha = {alpha:.3g}",
        )
        for alpha, names in together.items()
        if alpha > 0.0
    ]


def line_height(ax: Any, size: float) -> float:
    """Return the height of a line of text of a size in points, as a share of `ax`."""
    points = ax.bbox.height / ax.figure.dpi * 72.0
    return float(_LINE * size / points)


def spread(wanted: Array, gap: float, low: float, high: float) -> Array:
    """Return the places nearest to increasing ones that are at least `gap` apart.

    Nearest in the sum of squares: shifted by multiples of the gap, it is the isotonic
    regression.
    """
    steps = gap * np.arange(len(wanted))
    top = high - gap * (len(wanted) - 1)
    return np.asarray(isotonic_regression(wanted - steps, y_min=low, y_max=top) + steps)
