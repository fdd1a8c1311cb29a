"""What penalties stand for that are given by name, as objects or not at all."""

from __future__ import annotations

from typing import Any


def record_of(
    penalty: Any, alpha: float, n_features: int, l1_ratio: float | None = None
) -> Any:
    """Return the record of a penalty: an object, a name of the catalogue or None.

    Parameters
    ----------
    penalty : str, penalty object or None
        The penalty.
    alpha : float
        Its strength.
    n_features : int
        Number of features.
    l1_ratio : float, optional
        Of a penalty given by name, if it has one.
    """
    from . import CATALOGUE, L2  # which holds penalties that ask for those inside them

    if penalty is None:
        return L2().record(0.0, n_features)
    if isinstance(penalty, str):
        penalty = CATALOGUE[penalty]()
        if l1_ratio is not None and "l1_ratio" in penalty.get_params():
            penalty.set_params(l1_ratio=l1_ratio)
    return penalty.record(alpha, n_features)


def names_of_single_weights() -> list[str]:
    """Return the names that need nothing but a strength, and tie no weights."""
    from . import CATALOGUE

    return [
        name
        for name, kind in CATALOGUE.items()
        if kind.separable and "l1_ratio" not in kind().get_params()
    ]
