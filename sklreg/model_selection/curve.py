r"""What cross-validation measured, and the rules that choose from it.

With held-out losses :math:`m_k` and weights :math:`v_k` of the `K` folds,

.. math::
    m = \frac{\sum_k v_k m_k}{\sum_k v_k}, \qquad
    se = \sqrt{\frac{\sum_k v_k (m_k - m)^2}{(K - 1) \sum_k v_k}}

``"min"`` takes the strength of the smallest `m`. ``"1se"`` takes the largest one whose
`m` exceeds that by at most its standard error: the simplest model that is not clearly
worse (Breiman, Friedman, Olshen and Stone 1984, Classification and regression trees,
section 3.4.3; in this form Hastie, Tibshirani and Friedman 2009, The elements of
statistical learning, section 7.10).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .grid import Array


@dataclass(frozen=True)
class Curve:
    """Held-out losses of each fold and strength.

    Parameters
    ----------
    alphas : array of shape (n_alphas,)
        Strengths, decreasing.
    losses : array of shape (n_folds, n_alphas)
        Mean losses on the rows held out.
    weights : array of shape (n_folds,)
        What each fold counts in the mean.

    Examples
    --------
    >>> import numpy as np
    >>> from sklreg.model_selection import Curve
    >>> losses = np.array([[4.0, 2.1, 1.5], [4.0, 1.9, 2.5]])
    >>> curve = Curve(np.array([0.4, 0.2, 0.1]), losses, np.ones(2))
    >>> curve.mean, curve.minimum(), curve.one_standard_error()
    (array([4., 2., 2.]), 1, 1)
    """

    alphas: Array
    losses: Array
    weights: Array

    @functools.cached_property
    def mean(self) -> Array:
        """Return the mean loss of each strength, (n_alphas,)."""
        return np.asarray(self.weights @ self.losses / self.weights.sum())

    @functools.cached_property
    def standard_error(self) -> Array:
        """Return the standard error of that mean, (n_alphas,); nan for one fold."""
        n_folds = len(self.weights)
        if n_folds == 1:
            return np.full_like(self.alphas, np.nan)
        spread = self.weights @ (self.losses - self.mean) ** 2 / self.weights.sum()
        return np.asarray(np.sqrt(spread / (n_folds - 1)))

    def minimum(self) -> int:
        """Return the index of the smallest mean; of the largest strength if tied."""
        return int(np.argmin(self.mean))

    def one_standard_error(self) -> int:
        """Return the index of the largest strength within one standard error.

        That of the minimum itself where there is but one fold.
        """
        best = self.minimum()
        error = np.nan_to_num(self.standard_error[best])
        return int(np.argmax(self.mean <= self.mean[best] + error))


#: What a rule is: the index of a strength, from a curve.
Rule = Callable[[Curve], Any]

RULES: dict[str, Rule] = {"min": Curve.minimum, "1se": Curve.one_standard_error}


def chosen(rule: str | Rule, curve: Curve) -> int:
    """Return the index that a rule chooses, by name or a callable."""
    if isinstance(rule, str):
        return int(RULES[rule](curve))
    index = rule(curve)
    valid = isinstance(index, int | np.integer) and 0 <= index < len(curve.alphas)
    if not valid:
        msg = (
            "rule must return the index of a strength, a whole number from 0 to "
            f"{len(curve.alphas) - 1}, got {index!r}."
        )
        raise ValueError(msg)
    return int(index)
