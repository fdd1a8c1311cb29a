"""What all estimators of the suite share beside their parameters."""

from __future__ import annotations

import warnings
from typing import Any, Self

from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from ._validation import checked_nested


class PenalizedEstimator(BaseEstimator):
    """Base of the linear models and the networks."""

    def set_params(self, **params: Any) -> Self:
        """Set parameters; ``penalty__gamma`` reaches into a penalty object.

        Parameters
        ----------
        **params
            Parameters by name.
        """
        checked_nested(params, self.get_params(deep=False))
        return super().set_params(**params)

    def __sklearn_tags__(self) -> Any:
        """Sparse X is welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def warn_unconverged(estimator: object, shortfall: str, advice: str) -> None:
    """Say which number missed which tolerance, and what to change; the only place."""
    if shortfall:
        name = type(estimator).__name__
        msg = f"{name} did not converge: {shortfall}. {advice}"
        warnings.warn(msg, ConvergenceWarning, stacklevel=4)
