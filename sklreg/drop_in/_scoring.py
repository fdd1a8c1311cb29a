"""What scorers and splitters get, in the ways of scikit-learn."""

from __future__ import annotations

import inspect
from typing import Any

from numpy.typing import NDArray
from sklearn import get_config
from sklearn.metrics import make_scorer
from sklearn.utils.metadata_routing import process_routing

from ..model_selection.choosing import Routed, weights_for_scorer


def check_routing(params: dict[str, Any]) -> None:
    """Refuse metadata without metadata routing."""
    if params and not get_config()["enable_metadata_routing"]:
        msg = (
            f"[{', '.join(sorted(params))}] is only supported if "
            "enable_metadata_routing=True; say so by sklearn.set_config."
        )
        raise ValueError(msg)


def routed(
    estimator: Any, method: str, sample_weight: Any, params: dict[str, Any]
) -> Routed:
    """Tell what goes to the splitter and what to the scorer.

    Without metadata routing the scorer gets the sample weights.
    """
    check_routing(params)
    weights = weights_for_scorer(sample_weight)
    if not get_config()["enable_metadata_routing"]:
        return Routed({}, weights)
    found = process_routing(estimator, method, **params, **weights)
    scored = found.get("scorer", {}).get("score", {})
    return Routed(found.get("splitter", {}).get("split", {}), scored)


def accepts(scorer: Any, name: str) -> bool:
    """Tell whether a scorer, or the function that it calls, has such a parameter."""
    function = getattr(scorer, "_score_func", scorer)
    return name in inspect.signature(function).parameters


def told_of_classes(scorer: Any, classes: NDArray[Any]) -> Any:
    """Return the scorer for rows that may lack some of the classes."""
    if not (hasattr(scorer, "_score_func") and accepts(scorer, "labels")):
        return scorer
    known = {"labels": classes}
    if len(classes) == 2 and accepts(scorer, "pos_label"):
        known["pos_label"] = classes[-1]
    return make_scorer(
        scorer._score_func,
        greater_is_better=scorer._sign > 0,
        response_method=scorer._response_method,
        **known | scorer._kwargs,
    )
