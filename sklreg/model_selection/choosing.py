"""What the estimators that choose their strength by cross-validation share.

Whatever follows a path in every fold leaves the rest to `Choosing`: folds, curves, the
rule, the score that chose, and where metadata go.
"""

from __future__ import annotations

import numbers
from typing import Any, NamedTuple

import numpy as np
from sklearn import get_config
from sklearn.base import is_classifier
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)

from .._estimator import PenalizedEstimator, warn_unconverged
from .._validation import Interval, StrOptions
from .curve import RULES, Curve
from .folds import Fold, check_classes, make_folds
from .grid import Array


class Routed(NamedTuple):
    """Metadata for those who asked for them."""

    split: dict[str, Any]
    score: dict[str, Any]


def weights_for_scorer(sample_weight: Any) -> dict[str, Any]:
    """Return what a scorer is given; one weight for all rows says nothing."""
    return {"sample_weight": sample_weight} if np.asarray(sample_weight).ndim else {}


#: Constraints of the parameters that say how to choose.
CONSTRAINTS: dict[str, list[Any]] = {
    "alphas": [Interval(numbers.Integral, 1, None, closed="left"), "array-like"],
    "alpha_min_ratio": [Interval(numbers.Real, 0, 1, closed="neither"), None],
    "cv": ["cv_object"],
    "scoring": [StrOptions(set(get_scorer_names())), callable, None],
    "rule": [StrOptions(set(RULES)), callable],
    "refit": ["boolean"],
    "n_jobs": [numbers.Integral, None],
}


def constraints_of(model: type[PenalizedEstimator]) -> dict[str, list[Any]]:
    """Return the constraints of a model's parameters with those of choosing."""
    replaced = {"alpha", "warm_start"}
    every = model._parameter_constraints.items()
    kept = {name: rules for name, rules in every if name not in replaced}
    return kept | CONSTRAINTS


def warn_of_fits(estimator: Any, shortfalls: list[str], advice: str) -> None:
    """Warn if some fits did not reach their tolerance."""
    missed = [each for each in shortfalls if each]
    if missed:
        found = f"{len(missed)} of {len(shortfalls)} fits, the first of which: "
        warn_unconverged(estimator, found + missed[0], advice)


class Choosing(PenalizedEstimator):
    """Base of the estimators that choose; goes before the model in the bases."""

    cv: Any
    rule: Any
    scoring: Any

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the score that chose, or that of the model if losses did.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets or labels.
        sample_weight : array of shape (n_samples,), optional
            Weights.

        Returns
        -------
        score : float
            Of the scorer `scoring`; without one as the model of one strength does.
        """
        if self.scoring is None:
            return float(super().score(X, y, sample_weight))
        return float(
            get_scorer(self.scoring)(self, X, y, **weights_for_scorer(sample_weight))
        )

    def __sklearn_tags__(self) -> Any:
        """Whether a good score is large depends on the scorer."""
        tags = super().__sklearn_tags__()
        for kind in (tags.regressor_tags, tags.classifier_tags):
            if kind is not None:
                kind.poor_score |= self.scoring is not None
        return tags

    # The parts of a fit --------------------------------------------------------------

    def _folds(
        self, X: Any, y: Any, weight: Array, params: dict[str, Any]
    ) -> list[Fold]:
        if isinstance(self.cv, str):
            return []
        cv = check_cv(self.cv, y, classifier=is_classifier(self))
        folds = make_folds(cv.split(X, y, **params), weight)
        if is_classifier(self) and np.ndim(y) == 1:
            check_classes(folds, y, weight)
        self._check_rule(len(folds))
        return folds

    def _check_rule(self, n_folds: int) -> None:
        if self.rule == "1se" and n_folds == 1:
            msg = "rule='1se' needs at least two folds, cv gives one; take rule='min'."
            raise ValueError(msg)

    def _fold_weights(self, folds: list[Fold]) -> Array:
        """Return what each fold counts in the mean: the weight it holds out."""
        return np.array([fold.weight for fold in folds])

    def _curve(self, grid: Array, losses: Array, folds: list[Fold]) -> Curve:
        """Return the curve of losses of shape (n_folds, n_alphas)."""
        if np.isnan(losses).any():
            msg = (
                f"{np.isnan(losses).sum()} of {losses.size} held-out losses are not a "
                f"number with scoring={self.scoring!r}, so there is no best; take a "
                "scorer that is defined on every fold."
            )
            raise ValueError(msg)
        return Curve(grid, losses, self._fold_weights(folds))

    def _assign_choice(self, curve: Curve, index: int) -> None:
        self.curve_ = curve
        self.alpha_ = float(curve.alphas[index])
        self.alpha_min_ = float(curve.alphas[curve.minimum()])
        self.alpha_1se_ = float(curve.alphas[curve.one_standard_error()])

    # Metadata ------------------------------------------------------------------------

    def _routed(self, sample_weight: Any, params: dict[str, Any]) -> Routed:
        """Tell what goes to the splitter and what to the scorer."""
        weights = weights_for_scorer(sample_weight)
        if get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", **params, **weights)
            scored = routed.get("scorer", {}).get("score", {})
            return Routed(routed.get("splitter", {}).get("split", {}), scored)
        known = set() if isinstance(self.cv, str) else {"groups"}
        if unknown := sorted(set(params) - known):
            msg = (
                f"fit got {unknown}, which it does not know; to pass them on to the "
                "splitter or the scorer, switch on metadata routing by "
                "sklearn.set_config(enable_metadata_routing=True)."
            )
            raise ValueError(msg)
        return Routed(params, weights)

    def get_metadata_routing(self) -> MetadataRouter:
        """Tell where metadata go: to the splitter, and to the scorer if there is one.

        Returns
        -------
        routing : MetadataRouter
            See the user guide of scikit-learn.
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        if not isinstance(self.cv, str):
            to_split = MethodMapping().add(caller="fit", callee="split")
            router.add(splitter=check_cv(self.cv), method_mapping=to_split)
        if self.scoring is not None:
            to_score = MethodMapping().add(caller="fit", callee="score")
            to_score.add(caller="score", callee="score")
            router.add(scorer=get_scorer(self.scoring), method_mapping=to_score)
        return router
