"""The strengths an estimator has chosen, by name."""

from __future__ import annotations

from typing import Any


def chosen_by(estimator: Any) -> dict[str, float]:
    """Return what the rules choose, and the estimator if it has a rule of its own."""
    chosen = {"min": estimator.alpha_min_, "1se": estimator.alpha_1se_}
    if len(estimator.curve_.weights) == 1:  # no standard error
        del chosen["1se"]
    if callable(estimator.rule):
        chosen["chosen"] = estimator.alpha_
    return chosen
