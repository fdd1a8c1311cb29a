"""The one fit of the networks: validate, train, polish, assign."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from .._callbacks import Task, with_callbacks
from .._threads import one_blas_thread
from ._trained import TrainedNetwork, has_epochs
from .architecture import CONSTRAINTS, epochs_of
from .early_stopping import FixedLength
from .fits import Fit, Outcome
from .layers import pack
from .objective import Array
from .parameters import fill_in
from .schedules import PLANNED
from .targets import Sample, Targets, together, with_equal_rows_merged
from .training import train, whatever_happens
from .validation_split import split


def can_go_on(estimator: Any) -> bool:
    """Tell whether there may always be another epoch; schedules may plan the last."""
    return has_epochs(estimator) and estimator.learning_rate not in PLANNED


class Perceptron(TrainedNetwork):
    """Base of the networks; a subclass makes targets of y and predictions of eta."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__doc__ = fill_in(cls.__doc__ or "", vars(cls))

    # Fitting -----------------------------------------------------------------------

    def _fit(self, sample: Sample, watched: Sample | None) -> None:
        """Train from the start (or where the last fit ended) and assign.

        Parameters
        ----------
        sample : Sample
            The rows to learn from.
        watched : Sample or None
            The user's validation data, their weights in the same units.
        """
        self._check_solver(sample)
        rng = check_random_state(self.random_state)
        beginning = copy.deepcopy(rng)
        refit = self._wants_refit(watched)
        train, everything = sample, sample
        if self.early_stopping:
            if watched is None:
                train, watched = self._split(sample, rng)
            else:
                everything = together(sample, watched)
        elif self._wants_polish(self._objective(sample)):
            train = with_equal_rows_merged(sample)
        max_epochs = epochs_of(self, len(sample.targets.weight)) * (1 + refit)
        y, weight = self._as_given(sample.targets), sample.targets.given_weight
        task = Task.of_fit(self, sample.X, y, weight, max_epochs)
        with one_blas_thread():
            outcome = self._fitted(train, watched, rng, task)
            if refit:
                outcome = self._refitted(everything, outcome, beginning, task)
            self._assign(*outcome)
        task.end({})

    def _wants_refit(self, given: Sample | None) -> bool:
        """Tell whether early stopping ends by training on all rows."""
        refit = given is None if self.refit == "auto" else bool(self.refit)
        return bool(self.early_stopping) and refit

    def _split(
        self, sample: Sample, rng: np.random.RandomState
    ) -> tuple[Sample, Sample]:
        """Hold out the rows that early stopping watches."""
        targets, fraction = sample.targets, self.validation_fraction
        rows = split(sample.X, targets.strata, targets.weight, fraction, rng)
        train, held_out = map(sample.take, rows)
        return train, held_out

    def _fitted(
        self,
        sample: Sample,
        watched: Sample | None,
        rng: np.random.RandomState,
        task: Task,
    ) -> Outcome:
        """Train on some rows; choose the way by the problem's properties."""
        objective = self._objective(sample)
        theta, progress = self._start(objective, sample, rng)
        if self._is_linear_model(objective):
            fit = self._solve_linear(sample.X, objective)
        elif self.solver == "lbfgs":
            fit = self._minimise(objective, theta, progress.scales)
        else:
            watch = self._watch(watched)
            fit = self._train(objective, watch, theta, progress, task)
            if self._wants_polish(objective):
                found = self._minimise(objective, fit.theta, progress.scales)
                fit = found._replace(
                    n_iter=fit.n_iter, history=fit.history, best_epoch=fit.best_epoch
                )
        return Outcome(objective, fit, progress)

    def _refitted(
        self,
        everything: Sample,
        chosen: Outcome,
        rng: np.random.RandomState,
        task: Task,
    ) -> Outcome:
        """Train on all rows for as many epochs as were best; keep the curves.

        For all epochs if patience never ran out: the best of the last is noise.
        """
        objective = self._objective(everything)
        theta, progress = self._start(objective, everything, rng)
        best_epoch = chosen.fit.best_epoch if chosen.fit.stops else 0
        n_epochs = best_epoch or chosen.fit.n_iter
        rule = FixedLength(n_epochs, chosen.fit.stops)
        fit = self._train_until(rule, objective, None, theta, progress, task)
        fit = fit._replace(history=chosen.fit.history)
        return Outcome(objective, fit, progress)

    def _partial_fit(self, sample: Sample) -> None:
        """Make one epoch over the rows given, going on from the last call."""
        if getattr(self, "_columns", None) is not None:
            msg = "A pruned network cannot go on with partial_fit; fit it anew."
            raise ValueError(msg)
        objective = self._objective(sample)
        known = getattr(self, "_progress", None)
        rng = known.rng if known else check_random_state(self.random_state)
        with one_blas_thread():
            theta, progress = self._start(objective, sample, rng, known)
            settings = self._settings(objective, progress)._replace(max_iter=1)
            settings.schedule.epoch = len(getattr(self, "_history", []))
            history = train(
                objective,
                theta,
                progress.memory,
                progress.scales.loss,
                settings,
                rng,
                whatever_happens,
            )
            history = [*getattr(self, "_history", []), *history]
            fit = Fit(theta, len(history), history, len(history))
            earlier = known.moments if known else None
            self._assign(objective, fit, progress, earlier)

    # Following a path --------------------------------------------------------------

    def _checked(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Validate what `fit` takes."""
        raise NotImplementedError

    def _targets(
        self, y: NDArray[Any], weight: Array, given_weight: Array | None = None
    ) -> Targets:
        """Return what to learn from y."""
        raise NotImplementedError

    @with_callbacks
    def _fit_at(self, alpha: float, sample: Sample) -> None:
        """Fit with some strength, without a warning."""
        self.alpha = alpha
        self._fit(sample, None)

    def _held_out_targets(self, y: NDArray[Any], weight: Array) -> Targets:
        """Return what to measure on y: without class weights or smoothing."""
        raise NotImplementedError

    def _held_out_loss(self, X: Any, y: NDArray[Any], weight: Array) -> float:
        """Return the weighted mean loss over rows, without penalty."""
        objective = self._objective(Sample(X, self._held_out_targets(y, weight))).plain
        return objective.mean_loss(pack(self.coefs_, self.intercepts_, X.dtype))
