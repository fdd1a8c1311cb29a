"""What scikit-learn's callbacks (1.9) are told of a fit while it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

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


class Task:
    """A fit, or a part of it: callbacks are told that it begins and that it ends.

    By one thread at a time, whatever thread the part is done in.

    Parameters
    ----------
    estimator : estimator
        What is fitted.
    X : array or sparse matrix of shape (n_samples, n_features)
        Features.
    y : array of shape (n_samples,) or (n_samples, n_outputs)
        The targets as the user wrote them.
    weight : array of shape (n_samples,) or None
        The sample weights, if there are any.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, weight: Any) -> None:
        self._estimator, self._rows = estimator, (X, y, weight)
        self._lock = threading.Lock()
        self._context: Any = None
        self._told: dict[str, Any] = {"X": X, "y": y, "metadata": _metadata(weight)}

    @classmethod
    def of_fit(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        weight: Any,
        n_parts: int,
        *,
        in_order: bool = True,
    ) -> Task:
        """Begin the fit, of at most so many parts, one after the other or not."""
        task = cls(estimator, X, y, weight)
        if hasattr(estimator, "_init_callback_context"):
            task._context = estimator._init_callback_context(
                max_subtasks=n_parts, sequential_subtasks=in_order
            )
            task._context.call_on_fit_task_begin(estimator=estimator, **task._told)
        return task

    def part(
        self,
        name: str,
        number: int | None = None,
        rows: Any = None,
        n_parts: int = 0,
    ) -> Task:
        """Begin a part of the fit, or of a part.

        Parameters
        ----------
        name : str
            What it is.
        number : int, optional
            Which one, if the parts are not done in order.
        rows : array, optional
            The rows it sees, a mask or numbers; they are taken if a callback asks.
        n_parts : int, default=0
            How many parts it has itself, at most, one after the other.
        """
        X, y, weight = self._rows
        part = Task(self._estimator, X, y, weight)
        part._lock = self._lock
        if rows is not None:
            part._told = {
                "X": lambda: X[rows],
                "y": lambda: y[rows],
                "metadata": lambda: _metadata(None if weight is None else weight[rows]),
            }
        if hasattr(self._estimator, "_skl_callbacks") and self._context is not None:
            with self._lock:
                part._context = self._context.subcontext(name, number, n_parts)
                part._context.call_on_fit_task_begin(
                    estimator=self._estimator, **part._told
                )
        return part

    def end(self, attributes: Any = None) -> bool:
        """End it; return whether to stop.

        Parameters
        ----------
        attributes : dict or callable, optional
            What makes a copy of the estimator a fitted one, or returns that. Without,
            callbacks get no such copy.
        """
        if self._context is None:
            return False
        with self._lock:
            stop = self._context.call_on_fit_task_end(
                estimator=self._estimator,
                reconstruction_attributes=attributes,
                **self._told,
            )
        return bool(stop)


def _metadata(weight: Any) -> dict[str, Any] | None:
    return None if weight is None else {"sample_weight": weight}
