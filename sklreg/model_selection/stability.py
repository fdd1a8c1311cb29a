"""Stability selection: which features are selected again and again."""

from __future__ import annotations

import numbers
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from .._validation import checked_weights
from .grid import Array
from .path import regularization_path


class Stability(NamedTuple):
    """How often features are selected in halves of the rows."""

    alphas: Array  # n_alphas, decreasing
    probabilities: Array  # n_features, n_alphas
    scores: Array  # n_features: the largest probability of each
    n_selected: float  # mean number of features that a half selects at any strength

    def selected(self, threshold: float = 0.75) -> NDArray[np.intp]:
        """Return the features that are selected at least this often.

        Parameters
        ----------
        threshold : float, default=0.75
            Share of the halves, in (0.5, 1].
        """
        return np.flatnonzero(self.scores >= _checked(threshold))

    def false_selections(self, threshold: float = 0.75) -> float:
        r"""Return the bound :math:`q^2 / ((2 \pi - 1) p)` of false selections.

        Parameters
        ----------
        threshold : float, default=0.75
            The threshold :math:`\pi`.
        """
        n_features = len(self.scores)
        return self.n_selected**2 / ((2.0 * _checked(threshold) - 1.0) * n_features)


def _checked(threshold: Any) -> float:
    if isinstance(threshold, numbers.Real) and 0.5 < float(threshold) <= 1.0:
        return float(threshold)
    msg = f"threshold must lie above 0.5 and be at most 1, got {threshold!r}."
    raise ValueError(msg)


def stability_selection(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    alphas: Any = 30,
    alpha_min_ratio: float | None = 0.1,
    n_pairs: int = 50,
    random_state: Any = None,
    sample_weight: Any = None,
    n_jobs: int | None = None,
) -> Stability:
    r"""Return how often each feature is selected in random halves of the rows.

    Parameters
    ----------
    estimator : LinearRegressor or LinearClassifier
        Selects features by its penalty: those whose coefficients are not zero, for any
        target or class.
    X : array or sparse matrix of shape (n_samples, n_features)
        Features.
    y : array of shape (n_samples,) or (n_samples, n_targets)
        Targets or labels.
    alphas : int or array of shape (n_alphas,), default=30
        Strengths, or their number, from :func:`~sklreg.alpha_max` of all rows down.
    alpha_min_ratio : float, default=0.1
        Smallest over largest strength of that sequence. The smaller it is the more is
        selected, and the more of that falsely.
    n_pairs : int, default=50
        Number of pairs of halves.
    random_state : int, RandomState or None, default=None
        Draws the halves; for classes, each has its share of every class.
    sample_weight : float or array of shape (n_samples,), optional
        Weights; rows of weight zero are in no half.
    n_jobs : int, optional
        Number of threads.

    Returns
    -------
    stability : Stability
        An immutable record: ``alphas``, ``probabilities`` of shape (n_features,
        n_alphas), ``scores``, the largest of these for each feature, ``n_selected``,
        and the methods ``selected(threshold)`` and ``false_selections(threshold)``.

    Raises
    ------
    ValueError
        For whatever :func:`~sklreg.regularization_path` refuses; for less than one
        pair, or less than four rows.

    See Also
    --------
    regularization_path : The solutions along the strengths.
    sklearn.feature_selection.SelectFromModel : Features of a single fit.

    Notes
    -----
    With `q` the mean number of features that a half selects at any strength, `p` that
    of all, and a threshold :math:`\pi`, Meinshausen and Bühlmann bound the expected
    number of false selections by :math:`q^2 / ((2 \pi - 1) p)`, if false features are
    exchangeable and selection is no worse than chance. For complementary pairs, the two
    halves of a random split, Shah and Samworth show the same bound for the features
    that a half selects with probability at most `q / p`, without these assumptions. To
    aim at a bound, raise `alpha_min_ratio` or the threshold.

    Halves are all rows with weight zero for one half: nothing is copied.

    References
    ----------
    Meinshausen and Bühlmann (2010), Stability selection, Journal of the Royal
    Statistical Society B 72(4), theorem 1.

    Shah and Samworth (2013), Variable selection with error control: another look at
    stability selection, Journal of the Royal Statistical Society B 75(1), theorem 1.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import LinearRegressor
    >>> from sklreg.model_selection import stability_selection
    >>> X, y = load_diabetes(return_X_y=True)
    >>> lasso = LinearRegressor("l1", standardize=True)
    >>> found = stability_selection(lasso, X, y, n_pairs=20, random_state=0)
    >>> found.selected(threshold=0.9), round(found.false_selections(0.9), 1)
    (array([2, 3, 6, 8]), 4.1)
    """
    if not isinstance(n_pairs, numbers.Integral) or n_pairs < 1:
        msg = f"n_pairs must be a whole number of at least 1, got {n_pairs!r}."
        raise ValueError(msg)
    weight = checked_weights(sample_weight, len(y))
    whole = regularization_path(
        estimator,
        X,
        y,
        alphas=alphas,
        alpha_min_ratio=alpha_min_ratio,
        sample_weight=sample_weight,
    )
    labels = np.asarray(y) if is_classifier(estimator) else None
    rng = check_random_state(random_state)
    halves = [half for _ in range(int(n_pairs)) for half in _pair(weight, labels, rng)]
    found = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(_selected)(estimator, X, y, whole.alphas, half) for half in halves
    )
    probabilities = np.mean(found, axis=0)
    at_any = np.mean([each.any(axis=1).sum() for each in found])
    return Stability(
        whole.alphas, probabilities, probabilities.max(axis=1), float(at_any)
    )


def _pair(
    weight: Array, labels: NDArray[Any] | None, rng: np.random.RandomState
) -> tuple[Array, Array]:
    """Return the weights of two halves of the rows, drawn at random."""
    rows = rng.permutation(np.flatnonzero(weight > 0.0))
    if labels is not None:  # every other row of each class
        rows = rows[np.argsort(labels[rows], kind="stable")]
    if len(rows) < 4:
        msg = f"There must be at least 4 rows of non-zero weight, got {len(rows)}."
        raise ValueError(msg)
    size = len(rows) // 2
    halves = np.zeros((2, len(weight)))
    for half, start in zip(halves, (0, 1), strict=True):
        chosen = rows[start : 2 * size : 2]
        half[chosen] = weight[chosen]
    return halves[0], halves[1]


def _selected(
    estimator: Any, X: Any, y: Any, alphas: Array, weight: Array
) -> NDArray[np.bool_]:
    """Return which features have coefficients, (n_features, n_alphas)."""
    path = regularization_path(estimator, X, y, alphas=alphas, sample_weight=weight)
    coefs = path.coefs.reshape(-1, *path.coefs.shape[-2:])
    return np.asarray((coefs != 0.0).any(axis=0))
