"""The folds of a cross-validation: which rows are fitted, which are held out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .grid import Array


class Fold(NamedTuple):
    """The rows of one split."""

    train: NDArray[np.bool_]  # n_samples
    held_out: NDArray[np.intp]  # rows, in order
    share: float  # of the sample weight, fitted
    weight: float  # and held out

    def held_out_mask(self) -> NDArray[np.bool_]:
        """Return the rows held out as a mask."""
        mask = np.zeros_like(self.train)
        mask[self.held_out] = True
        return mask

    def metadata(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return what was given, for the rows held out if it is one for each row."""
        return of_rows(given, self.held_out, len(self.train))


def of_rows(given: dict[str, Any], rows: NDArray[Any], n: int) -> dict[str, Any]:
    """Return metadata of some of `n` rows; what is not one for each row stays."""
    arrays = {name: np.asarray(each) for name, each in given.items()}
    return {
        name: each[rows] if each.ndim and len(each) == n else given[name]
        for name, each in arrays.items()
    }


def make_folds(splits: Any, weight: Array) -> list[Fold]:
    """Return the folds of pairs of row numbers, as splitters yield them.

    Parameters
    ----------
    splits : iterable of (train, test)
        Row numbers, or masks.
    weight : array of shape (n_samples,)
        Sample weights of sum 1.

    Raises
    ------
    ValueError
        If there is no fold, one with nothing to fit or nothing held out, or one that
        holds a row more than once.
    """
    folds = []
    n, rows = len(weight), np.arange(len(weight))
    for k, (fitted, left) in enumerate(splits):
        train = _each_once(rows[fitted], n, k)
        held_out = np.flatnonzero(_each_once(rows[left], n, k))
        shares = float(weight[train].sum()), float(weight[held_out].sum())
        fold = Fold(train, held_out, *shares)
        for name, share in ("train", fold.share), ("test", fold.weight):
            if share == 0.0:
                msg = (
                    f"cv gives a fold, number {k}, whose {name} rows hold no sample "
                    "weight; take fewer folds, or a splitter that spreads the rows of "
                    "non-zero weight."
                )
                raise ValueError(msg)
        folds.append(fold)
    if not folds:
        msg = "cv gives no folds; take a splitter of at least one split."
        raise ValueError(msg)
    return folds


def _each_once(chosen: NDArray[np.intp], n: int, k: int) -> NDArray[np.bool_]:
    """Return chosen rows as a mask; refuse a fold that holds one of them twice."""
    counts = np.bincount(chosen, minlength=n)
    if counts.max(initial=0) > 1:
        msg = (
            f"cv gives a fold, number {k}, that holds row {int(counts.argmax())} more "
            "than once; take a splitter without replacement, and sample_weight for "
            "rows that count more."
        )
        raise ValueError(msg)
    return counts > 0


def check_classes(folds: list[Fold], y: Any, weight: Array) -> None:
    """Refuse folds that fit without some class, whose held-out loss may be infinite.

    Parameters
    ----------
    folds : list of Fold
        The folds.
    y : array of shape (n_samples,)
        Labels.
    weight : array of shape (n_samples,)
        Sample weights.
    """
    labels, codes = np.unique(y[weight > 0.0], return_inverse=True)
    for k, fold in enumerate(folds):
        present = fold.train[weight > 0.0]
        missing = np.bincount(codes[present], minlength=len(labels)) == 0
        if missing.any():
            msg = (
                f"cv gives a fold, number {k}, whose train rows hold no sample of "
                f"class {labels[missing].tolist()[0]!r}; take fewer folds, or a "
                "splitter that spreads the classes, such as StratifiedKFold."
            )
            raise ValueError(msg)
