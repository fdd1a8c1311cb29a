"""What penalties stand for that are given by name, as objects or not at all."""

from __future__ import annotations

from typing import Any


def object_of(penalty: Any, l1_ratio: float | None = None) -> Any:
    """Return the object that a penalty is, or that its name stands for.

    Parameters
    ----------
    penalty : str or penalty object
        The penalty.
    l1_ratio : float, optional
        Of a penalty given by name, if it has one.
    """
    from . import CATALOGUE  # which holds penalties that ask for those inside them

    if not isinstance(penalty, str):
        return penalty
    kind: Any = CATALOGUE[penalty]
    if l1_ratio is not None and hasattr(kind, "l1_ratio"):
        return kind(l1_ratio=l1_ratio)
    return kind()


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
    from . import L2

    if penalty is None:
        return L2().record(0.0, n_features)
    return object_of(penalty, l1_ratio).record(alpha, n_features)


def names_of_single_weights() -> list[str]:
    """Return the names that need nothing but a strength, and tie no weights."""
    from . import CATALOGUE

    return [
        name
        for name, kind in CATALOGUE.items()
        if kind.separable and "l1_ratio" not in kind().get_params()
    ]
