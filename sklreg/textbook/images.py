"""The images: rows to train on, to watch, and to test on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

Array = NDArray[Any]

#: Few of scikit-learn's 1797, so that there is something to regularise.
_DIGITS_TO_TRAIN, _DIGITS_TO_WATCH = 400, 200
_MNIST_TO_WATCH, _MNIST_TO_TEST = 10_000, 10_000


class Part(NamedTuple):
    """Images as rows of pixels from 0 to 1, and their labels."""

    X: Array
    y: Array


class Images(NamedTuple):
    """Labelled images in three parts."""

    name: str
    shape: tuple[int, int]
    train: Part
    watch: Part
    test: Part


def digits() -> Images:
    """Return the 8 x 8 digits that come with scikit-learn."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    sizes = _DIGITS_TO_TRAIN, _DIGITS_TO_WATCH
    train, rest = _divided(Part(_scaled(X, 16.0), y), sizes[0])
    watch, test = _divided(rest, sizes[1])
    return Images("digits", (8, 8), train, watch, test)


def mnist(path: str | None = None) -> Images:
    """Return the 28 x 28 digits of MNIST.

    Parameters
    ----------
    path : str, optional
        An ``.npz`` file with X and y, and perhaps `is_test`, which marks the rows to
        test on; by default they come from openml.org through scikit-learn.
    """
    if path is None:
        from sklearn.datasets import fetch_openml

        found = fetch_openml("mnist_784", as_frame=False)
        X, y = found.data, found.target
        is_test = np.arange(len(y)) >= len(y) - _MNIST_TO_TEST
    else:
        with np.load(Path(path)) as file:
            X, y = file["X"], file["y"]
            is_test = file["is_test"].astype(bool)
    whole = Part(_scaled(X[~is_test], 255.0), y[~is_test])
    train, watch = _divided(whole, len(whole.y) - _MNIST_TO_WATCH)
    test = Part(_scaled(X[is_test], 255.0), y[is_test])
    return Images("MNIST", (28, 28), train, watch, test)


def _scaled(X: Array, largest: float) -> Array:
    """Return pixels from 0 to 1, in single precision."""
    return (X / np.float32(largest)).astype(np.float32)


def _divided(part: Part, size: int) -> tuple[Part, Part]:
    """Return `size` rows and the others, classes in the same shares."""
    X, rest_X, y, rest_y = train_test_split(
        part.X, part.y, train_size=size, stratify=part.y, random_state=0
    )
    return Part(X, y), Part(rest_X, rest_y)
