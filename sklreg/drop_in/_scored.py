"""What RidgeCV and LogisticRegressionCV share: scores of models beside sums over rows.

The general estimator fits the paths of all folds; what is chosen of their scores, and
how ties end, is the business of the drop-in replacement.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv

from .._estimator import warn_user
from .._validation import checked_weights
from ..model_selection import Curve, LinearClassifierCV, LinearRegressorCV
from ..model_selection.choosing import Routed
from ..model_selection.cross_validation import Settings, Validation
from ..model_selection.folds import Fold, make_folds
from ..model_selection.models import Models
from ._choosing import CountedAlike

Array = NDArray[np.float64]


class Given(NamedTuple):
    """What the general estimator works on, and what scorers see."""

    rows: Any  # features as scorers see them
    targets: Array  # n_samples x n_outputs
    loss: Any
    total: float  # of the weights of all rows
    routed: Routed
    model: Callable[[Array, Array], Any]  # of (n_outputs, n_features), (n_outputs,)
    enough: float = 0.0  # a violation at which L-BFGS may end


class Scored(CountedAlike):
    """Of a general estimator that scores strengths beside a sum over rows.

    Its `alphas` are in any order, and so are those of `scores_`, (n_l1_ratios, n_folds,
    n_alphas), and of each path in `folds_`, a list for each fold with one path for each
    l1_ratio.
    """

    alphas: Any
    cv: Any
    scoring: Any
    given: Given

    def scored(self, given: Given, X: Any, y: Any, weight: Array) -> Any:
        """Fit all folds to validated data and score them; nothing is refitted."""
        self.given = given
        self._found: dict[int, list[Models]] = {}
        fitted: Any = self
        return fitted.set_params(refit=False).fit(X, y, weight)

    def _routed(self, sample_weight: Any, params: dict[str, Any]) -> Routed:
        return self.given.routed

    def _checked(self, X: Any, y: Any, *, finite: bool = True) -> tuple[Any, Any]:
        return X, y

    def _arguments(
        self, X: Any, y: Any, sample_weight: Any, offset: Any = None
    ) -> tuple[Any, ...]:
        weight = checked_weights(sample_weight, len(y))
        return X, self.given.targets, weight, self.given.loss, offset

    def _folds(
        self, X: Any, y: Any, weight: Array, params: dict[str, Any]
    ) -> list[Fold]:
        cv = check_cv(self.cv, y, classifier=is_classifier(self))
        return make_folds(cv.split(self.given.rows, y, **params), weight)

    def _settings(self) -> Settings:
        general: Any = super()
        settings: Settings = general._settings()
        return settings._replace(enough=self.given.enough)

    def _alphas_for(self, grid: Array, share: float) -> Array:
        return grid / (self.given.total * share)

    def _score(
        self, X: Any, y: Any, validation: Validation, params: dict[str, Any]
    ) -> Callable[[Fold, Models], Array]:
        """Return what tells negated scores, and keeps the models."""

        def losses(fold: Fold, models: Models) -> Array:
            self._found.setdefault(id(fold), []).append(models)
            data = self.given.rows[fold.held_out], y[fold.held_out]
            more = fold.metadata(params)
            predictors = (
                self.given.model(models.coefs(m), models.intercepts[:, m])
                for m in range(len(models.n_iters))
            )
            return -np.array([self.scoring(each, *data, **more) for each in predictors])

        return losses

    def _curve(self, grid: Array, losses: Array, folds: list[Fold]) -> Curve:
        """Return the curve, of scores that may be undefined."""
        return Curve(grid, losses, self._fold_weights(folds))

    def _curves(
        self, grids: list[Array], losses: Array, folds: list[Fold]
    ) -> list[Curve]:
        order = np.argsort(-np.asarray(self.alphas), kind="stable")
        as_given = np.argsort(order)
        self.scores_ = -losses[:, :, as_given]
        self.folds_ = [
            [path.at(as_given) for path in self._found[id(fold)]] for fold in folds
        ]
        curves: list[Curve] = super()._curves(grids, losses, folds)  # type: ignore[misc]
        return curves


class ScoredRegressor(Scored, LinearRegressorCV):
    """Squared error, in such words."""


class ScoredClassifier(Scored, LinearClassifierCV):
    """Log-loss, in such words."""


def best_of(scores: Array) -> Any:
    """Return where the last axis is largest, the first of equal ones.

    Scores that are not a number are the worst, and warned of.
    """
    undefined = np.isnan(scores)
    if undefined.any():
        warn_user(
            f"{undefined.sum()} of {scores.size} scores are not finite: the scorer is "
            "not defined on some rows held out."
        )
    return np.where(undefined, -np.inf, scores).argmax(axis=-1)
