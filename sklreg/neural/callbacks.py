"""What is told of a fit while it goes on: a line, and scikit-learn's callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from .targets import Sample
from .training import Epoch

F = TypeVar("F", bound=Callable[..., Any])

try:
    from sklearn import callback as _callback
except ImportError:  # scikit-learn before 1.9
    _callback = None


class _WithoutCallbacks:
    """Stands in for the mixin; `object` cannot come before another base."""


Callbacks: Any = _callback.CallbackSupportMixin if _callback else _WithoutCallbacks


def with_callbacks(method: F) -> F:
    """Decorate ``fit``: callbacks are torn down, however it ends."""
    return cast("F", _callback.with_callbacks(method)) if _callback else method


class Tasks:
    """A fit and its epochs, as the tasks that callbacks are told of.

    Parameters
    ----------
    estimator : estimator
        The network.
    sample : Sample
        What it is fitted to.
    y : array of shape (n_samples,) or (n_samples, n_outputs)
        The targets as the user wrote them.
    max_epochs : int
        Limit on epochs.
    """

    def __init__(self, estimator: Any, sample: Sample, y: Any, max_epochs: int) -> None:
        self._estimator = estimator
        self._fit: Any = None
        self._epoch: Any = None
        weight = sample.targets.given_weight
        metadata = None if weight is None else {"sample_weight": weight}
        self._data = {"estimator": estimator, "X": sample.X, "y": y}
        self._data["metadata"] = metadata
        if hasattr(estimator, "_init_callback_context"):
            self._fit = estimator._init_callback_context(max_subtasks=max_epochs)
            self._fit.call_on_fit_task_begin(**self._data)

    def begin_epoch(self) -> None:
        """Tell that an epoch begins."""
        if hasattr(self._estimator, "_skl_callbacks"):
            self._epoch = self._fit.subcontext(task_name="epoch")
            self._epoch.call_on_fit_task_begin(**self._data)

    def end_epoch(self, attributes: Callable[[], dict[str, Any]]) -> bool:
        """Tell that the epoch ends; return whether to stop.

        Parameters
        ----------
        attributes : callable
            Returns what makes a copy of the estimator a fitted one.
        """
        if self._epoch is None:
            return False
        found = {"reconstruction_attributes": attributes}
        return bool(self._epoch.call_on_fit_task_end(**self._data, **found))

    def end(self) -> None:
        """Tell that the fit ends."""
        if self._fit is not None:
            found: dict[str, Any] = {"reconstruction_attributes": {}}
            self._fit.call_on_fit_task_end(**self._data, **found)


def summary(epoch: Epoch) -> str:
    """Return a few words about an epoch."""
    parts = {
        "loss": epoch.loss,
        "penalty": epoch.penalty,
        "validation loss": epoch.validation_loss,
        "score": epoch.score,
    }
    return ", ".join(
        f"{name} {value:.4g}" for name, value in parts.items() if not np.isnan(value)
    )
