"""What all estimators of the suite share beside their parameters."""

from __future__ import annotations

import functools
import sys
import warnings
from typing import Any, Self

from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from ._validation import check_parameters, checked_nested

_WITHIN = ("sklreg.", "sklearn.", "joblib.")


class PenalizedEstimator(BaseEstimator):
    """Base of the linear models and the networks."""

    @classmethod
    @functools.cache
    def _get_param_names(cls) -> list[str]:
        """Return the names of the parameters, which take as long as a small fit."""
        names: list[str] = super()._get_param_names()
        return names

    def set_params(self, **params: Any) -> Self:
        """Set parameters; ``penalty__gamma`` reaches into a penalty object.

        Parameters
        ----------
        **params
            Parameters by name.
        """
        checked_nested(params, self.get_params(deep=False))
        return super().set_params(**params)

    def _validate_params(self) -> None:
        """Refuse parameters that break their constraints."""
        check_parameters(self)

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
        warn_user(msg, ConvergenceWarning)


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the first line of the stack that is not ours.

    scikit-learn's wrappers and searches lie between; a warning is shown once a line.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(_WITHIN):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
