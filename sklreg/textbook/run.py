"""Train, measure, and put it into one table."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import log_loss

from ..neural import MLPClassifier
from .images import Images, Part

#: Rows of the fit before the one that is timed, which compiles the kernels.
_FEW = 200

_HEAD = (
    f"{'network':<20} {'accuracy':>8} {'log-loss':>8} {'gap':>7} {'zeros':>6} "
    f"{'pixels':>6} {'epochs':>6} {'seconds':>7}"
)


class Row(NamedTuple):
    """What is said of a network."""

    name: str
    accuracy: float  # on the test images
    log_loss: float
    gap: float  # log-loss on the test images minus that on the training images
    zeros: float  # share of the weights
    features: int  # pixels that reach any hidden unit
    epochs: int
    seconds: float

    def __str__(self) -> str:
        """Return a line of the table."""
        return (
            f"{self.name:<20} {self.accuracy:8.4f} {self.log_loss:8.4f} "
            f"{self.gap:7.4f} {self.zeros:6.1%} {self.features:6d} {self.epochs:6d} "
            f"{self.seconds:7.2f}"
        )


def measure(name: str, network: MLPClassifier, images: Images) -> Row:
    """Train a network in place and measure it.

    Parameters
    ----------
    name : str
        What to call it.
    network : MLPClassifier
        Not fitted yet.
    images : Images
        Where it learns, is watched, and is tested.
    """
    few = Part(images.train.X[:_FEW], images.train.y[:_FEW])
    _fit(clone(network).set_params(max_iter=1), few, images.watch)
    start = time.perf_counter()
    _fit(network, images.train, images.watch)
    seconds = time.perf_counter() - start
    p = network.predict_proba(images.test.X)
    loss = log_loss(images.test.y, p)
    known = log_loss(images.train.y, network.predict_proba(images.train.X))
    right = network.classes_[p.argmax(axis=1)] == images.test.y
    return Row(
        name,
        float(right.mean()),
        float(loss),
        float(loss - known),
        network.sparsity_,
        int(features_used(network).sum()),
        network.n_iter_,
        seconds,
    )


def features_used(network: Any) -> NDArray[np.bool_]:
    """Tell which features have a weight that is not zero."""
    return (network.coefs_[0] != 0.0).any(axis=1)


def table(rows: Iterable[Row]) -> Iterable[str]:
    """Yield the lines of the table, each as soon as its row is there."""
    yield _HEAD
    for row in rows:
        yield str(row)


def _fit(network: MLPClassifier, train: Part, watch: Part) -> None:
    network.fit(train.X, train.y, X_val=watch.X, y_val=watch.y)
