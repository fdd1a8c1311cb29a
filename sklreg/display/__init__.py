"""Pictures, in scikit-learn's convention for displays; they need matplotlib.

A display holds numbers. ``from_estimator`` makes one and draws it, ``plot`` draws it
again, on axes of the caller's if ``ax`` is given; what was drawn is kept in ``ax_``,
``figure_`` and further attributes.
"""

from __future__ import annotations

from .constraint import ConstraintDisplay
from .curve import CurveDisplay
from .path import PathDisplay

__all__ = ["ConstraintDisplay", "CurveDisplay", "PathDisplay"]
