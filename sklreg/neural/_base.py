"""The one fit of the networks: validate, train, polish, assign."""

from __future__ import annotations

import copy
import functools
import math
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._estimator import PenalizedEstimator, warn_unconverged
from .._progress import ProgressLine
from .._threads import one_blas_thread
from .._validation import checked_for_predict, penalty_record
from .callbacks import Callbacks, Tasks, summary
from .constraints import CONSTRAINTS, layer_sizes
from .early_stopping import FixedLength, Patience
from .layers import Flat, Network, build_network, pack, unpack
from .limits import Limits
from .linear_limit import solve_linear
from .objective import Data, Objective
from .optimizers import Adam, new_adam
from .polish import polish
from .portions import recipe
from .residual import Residual
from .rows import as_rows
from .scales import Scales, measure
from .start import initial_theta
from .targets import (
    Sample,
    together,
    with_equal_rows_merged,
)
from .training import Epoch, Settings, train, whatever_happens
from .validation import Validation, score_on
from .validation_split import split

#: A pass over all rows makes less progress than an epoch of many steps.
_OF_POLISH = 1e-3
#: Up to this many rows a mini-batch is everything.
_BATCH_SIZE = 64


class Fit(NamedTuple):
    """What a way of training found."""

    theta: Flat
    n_iter: int
    history: list[Epoch]
    best_epoch: int
    shortfall: str = ""
    dual_gap: float = math.nan


class Progress(NamedTuple):
    """What the next `partial_fit` or warm start goes on from."""

    adam: Adam
    scales: Scales
    rng: np.random.RandomState


class Outcome(NamedTuple):
    """What was fitted, to which rows, and how it went."""

    objective: Objective
    fit: Fit
    progress: Progress


class Perceptron(Callbacks, PenalizedEstimator):
    """Base of the networks; a subclass makes targets of y and predictions of eta."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

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
        rng = check_random_state(self.random_state)
        beginning = copy.deepcopy(rng)
        train, everything = sample, sample
        self._check_epochs()
        if self.early_stopping:
            if watched is None:
                train, watched = self._split(sample, rng)
            else:
                everything = together(sample, watched)
        elif self._wants_polish(self._penalty(sample.X)):
            train = with_equal_rows_merged(sample)
        max_epochs = self.max_iter * (1 + (self.early_stopping and self.refit))
        tasks = Tasks(self, sample, self._as_given(sample.targets), max_epochs)
        with one_blas_thread():
            outcome = self._fitted(train, watched, rng, tasks)
            if self.early_stopping and self.refit:
                outcome = self._refitted(everything, outcome, beginning, tasks)
            self._assign(*outcome)
        tasks.end()

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
        tasks: Tasks,
    ) -> Outcome:
        """Train on some rows; choose the way by the problem's properties."""
        objective = self._objective(sample)
        theta, progress = self._start(objective, sample, rng)
        if not self._needs_epochs and objective.network.n_layers == 1:
            fit = self._solve_linear(sample.X, objective)
        elif self.solver == "lbfgs":
            fit = self._minimise(objective, theta, progress.scales)
        else:
            watch = self._watch(watched)
            fit = self._train(objective, watch, theta, progress, tasks)
            if self._wants_polish(objective.penalty):
                found = self._minimise(objective, fit.theta, progress.scales)
                fit = fit._replace(theta=found.theta, shortfall=found.shortfall)
        return Outcome(objective, fit, progress)

    def _refitted(
        self,
        everything: Sample,
        chosen: Outcome,
        rng: np.random.RandomState,
        tasks: Tasks,
    ) -> Outcome:
        """Train on all rows for as many epochs as were best; keep the curves."""
        objective = self._objective(everything)
        theta, progress = self._start(objective, everything, rng)
        rule = FixedLength(chosen.fit.best_epoch or chosen.fit.n_iter)
        fit = self._train_until(rule, objective, None, theta, progress, tasks)
        fit = fit._replace(history=chosen.fit.history)
        return Outcome(objective, fit, progress)

    @property
    def _needs_epochs(self) -> bool:
        """Tell whether what is asked for has no deterministic objective."""
        return bool(self.early_stopping or self.augmentation)

    def _wants_polish(self, penalty: Any) -> bool:
        """Tell whether the end is a full-batch minimisation."""
        if self._needs_epochs:
            return False
        if self.polish == "auto":
            return self.solver == "lbfgs" or not penalty.is_smooth()
        return bool(self.polish) or self.solver == "lbfgs"

    def _solve_linear(self, X: Any, objective: Objective) -> Fit:
        theta, solution = solve_linear(X, objective, self.polish_tol)
        found = solution.shortfall, float(solution.dual_gap)
        return Fit(theta, solution.n_iter, [], 0, *found)

    def _minimise(self, objective: Objective, theta: Flat, scales: Scales) -> Fit:
        limits = Limits(
            float(self.polish_tol),
            _OF_POLISH * self.tol * scales.loss,
            int(self.n_iter_no_change),
            int(self.max_fun),
        )
        result = polish(objective, theta, scales, limits)
        return Fit(result.theta, result.n_iter, [], 0, result.shortfall)

    def _train(
        self,
        objective: Objective,
        validation: Validation | None,
        theta: Flat,
        progress: Progress,
        tasks: Tasks,
    ) -> Fit:
        watches_loss = not self.early_stopping or self.monitor == "loss"
        rule = Patience(
            self.tol * (progress.scales.loss if watches_loss else 1.0),
            self.n_iter_no_change,
            self.start_from_epoch,
        )
        fit = self._train_until(rule, objective, validation, theta, progress, tasks)
        if not self.early_stopping or rule.best_theta is None:
            return fit
        return fit._replace(theta=rule.best_theta, best_epoch=rule.best_epoch)

    def _train_until(
        self,
        rule: Patience | FixedLength,
        objective: Objective,
        validation: Validation | None,
        theta: Flat,
        progress: Progress,
        tasks: Tasks,
    ) -> Fit:
        """Train until the rule or `max_iter` says stop; the last weights."""
        line = ProgressLine(self.max_iter, shown=bool(self.verbose))

        def after_epoch(epoch: Epoch, theta: Flat) -> bool:
            line.tick(summary(epoch) if self.verbose else "")
            stop = rule.update(self._value(epoch), theta)
            attributes = functools.partial(self._attributes, objective.network, theta)
            stop = tasks.end_epoch(attributes) or stop
            if not stop and line.done < self.max_iter:
                tasks.begin_epoch()
            return stop

        tasks.begin_epoch()
        history = train(
            objective,
            theta,
            progress.adam,
            progress.scales,
            self._settings(objective),
            progress.rng,
            after_epoch,
            validation,
        )
        line.close()
        return Fit(theta, len(history), history, len(history))

    def _value(self, epoch: Epoch) -> float:
        """Return what training makes small."""
        if not self.early_stopping:
            return epoch.objective
        return epoch.validation_loss if self.monitor == "loss" else -epoch.score

    def _watch(self, watched: Sample | None) -> Validation | None:
        """Return what to measure after each epoch."""
        if watched is None:
            return None
        objective = self._objective(watched)
        if not self.early_stopping or self.monitor == "loss":
            return Validation(objective, None)
        score = score_on(watched, self._as_given(watched.targets), self.monitor)
        return Validation(
            objective, lambda theta: score(self._with_weights(objective.network, theta))
        )

    def _with_weights(self, network: Network, theta: Flat) -> Self:
        """Return an estimator that predicts with these weights."""
        other = copy.copy(self)
        other.__dict__.update(self._attributes(network, theta))
        return other

    def _attributes(self, network: Network, theta: Flat) -> dict[str, Any]:
        """Return what an estimator needs to predict with these weights.

        The rows it sees are an array without names.
        """
        coefs, intercepts = unpack(network, theta)
        found = {"coefs_": coefs, "intercepts_": intercepts}
        return found | {"feature_names_in_": None}

    def _partial_fit(self, sample: Sample) -> None:
        """Make one epoch over the rows given, going on from the last call."""
        objective = self._objective(sample)
        known = getattr(self, "_progress", None)
        rng = known.rng if known else check_random_state(self.random_state)
        with one_blas_thread():
            theta, progress = self._start(objective, sample, rng, known)
            settings = self._settings(objective)._replace(max_iter=1)
            history = train(
                objective,
                theta,
                progress.adam,
                progress.scales,
                settings,
                rng,
                whatever_happens,
            )
            history = [*getattr(self, "_history", []), *history]
            fit = Fit(theta, len(history), history, len(history))
            self._assign(objective, fit, progress)

    def _settings(self, objective: Objective) -> Settings:
        size = _BATCH_SIZE if self.batch_size == "auto" else int(self.batch_size)
        return Settings(
            min(size, objective.data.n_samples),
            float(self.learning_rate_init),
            int(self.max_iter),
            bool(self.shuffle),
            recipe(self.augmentation, objective.data.rows),
        )

    def _objective(self, sample: Sample) -> Objective:
        """State the objective over some rows."""
        X, targets = sample
        y, weight = targets.y, targets.weight
        data = Data(as_rows(X), y, weight / weight.mean())
        sizes = [X.shape[1], *layer_sizes(self.hidden_layer_sizes), y.shape[1]]
        network = build_network(sizes, self.activation)
        return Objective(data, network, targets.loss, self._penalty(X))

    def _penalty(self, X: Any) -> Any:
        record = penalty_record(self.penalty, self.alpha, self.l1_ratio, X.shape[1])
        if not record.separable:
            msg = (
                f"penalty={self.penalty!r} ties weights together, which networks "
                "cannot do; take one of single weights, such as 'l1', or linear models."
            )
            raise ValueError(msg)
        if any(map(np.ndim, record)) and layer_sizes(self.hidden_layer_sizes):
            msg = (
                f"penalty={self.penalty!r} has a number for each feature, which hidden "
                "layers do not have; give numbers, or hidden_layer_sizes=()."
            )
            raise ValueError(msg)
        return record

    def _start(
        self,
        objective: Objective,
        sample: Sample,
        rng: np.random.RandomState,
        known: Progress | None = None,
    ) -> tuple[Flat, Progress]:
        """Return the parameters to start from and the optimiser's state.

        Those of the last fit for a warm start, or if its progress is passed.
        """
        network, dtype, has_link = (
            objective.network,
            sample.X.dtype,
            sample.targets.has_link,
        )
        loss = objective.loss
        scales = (
            known.scales if known else measure(objective.data, network, loss, has_link)
        )
        if (self.warm_start or known) and self._has_shape(network):
            theta = pack(self.coefs_, self.intercepts_, dtype).copy()
            adam = self._progress.adam
            if adam.first.dtype == dtype:
                return theta, Progress(adam.copy(), scales, rng)
            return theta, Progress(new_adam(theta), scales, rng)
        theta = initial_theta(network, scales, has_link, rng).astype(dtype)
        return theta, Progress(new_adam(theta), scales, rng)

    def _has_shape(self, network: Network) -> bool:
        """Tell whether there are fitted weights for this network."""
        fitted = [w.shape for w in getattr(self, "coefs_", [])]
        return fitted == list(zip(network.sizes[:-1], network.sizes[1:], strict=True))

    def _check_epochs(self) -> None:
        if self._needs_epochs and self.solver == "lbfgs":
            name = "early_stopping" if self.early_stopping else "augmentation"
            msg = (
                f"{name} needs epochs, which solver='lbfgs' does not have; use "
                f"solver='adam' or leave {name} out."
            )
            raise ValueError(msg)

    def _assign(self, objective: Objective, fit: Fit, progress: Progress) -> None:
        network, dtype = objective.network, progress.adam.first.dtype
        theta = fit.theta.astype(dtype, copy=False)
        residual = Residual(objective, progress.scales)
        self.coefs_, self.intercepts_ = unpack(network, theta)
        loss, gradient = objective.loss_and_gradient(theta)
        self.loss_ = loss
        self.objective_ = loss + objective.penalty_value(theta)
        self.dual_gap_ = fit.dual_gap
        self.violation_ = residual.absolute(theta, gradient)
        self.kkt_residual_ = residual.relative(theta, gradient)
        zeros = sum(int((w == 0.0).sum()) for w in self.coefs_)
        self.sparsity_ = zeros / sum(w.size for w in self.coefs_)
        self.n_iter_ = fit.n_iter
        self.n_layers_ = network.n_layers + 1
        self.n_outputs_ = int(network.sizes[-1])
        self.t_ = fit.n_iter * objective.data.n_samples
        self.loss_curve_ = [epoch.loss for epoch in fit.history]
        self.penalty_curve_ = [epoch.penalty for epoch in fit.history]
        self.best_epoch_ = fit.best_epoch
        self._history, self._progress = fit.history, progress
        self._assign_curves(fit.history)
        warn_unconverged(
            self,
            fit.shortfall,
            "Increase max_fun or polish_tol, scale the features, raise alpha, or use "
            "a smooth activation such as 'tanh'.",
        )

    def _assign_curves(self, history: list[Epoch]) -> None:
        """Keep the curves of what was watched; those of an earlier fit go."""
        curves = {
            "validation_loss_curve_": [epoch.validation_loss for epoch in history],
            "validation_scores_": [epoch.score for epoch in history],
        }
        for name, curve in curves.items():
            self.__dict__.pop(name, None)
            if not np.isnan(curve).all():
                setattr(self, name, curve)

    # Predicting --------------------------------------------------------------------

    def _eta(self, X: Any) -> NDArray[Any]:
        """Return the network's output before the link, (n_samples, n_outputs)."""
        check_is_fitted(self)
        X = checked_for_predict(self, X)
        sizes = [len(self.coefs_[0]), *(len(b) for b in self.intercepts_)]
        network = build_network(sizes, self.activation)
        theta = pack(self.coefs_, self.intercepts_, X.dtype)
        nothing = np.empty((X.shape[0], sizes[-1])), np.ones(X.shape[0])
        objective = Objective(Data(as_rows(X), *nothing), network, None, None)
        out = np.empty((X.shape[0], sizes[-1]), dtype=X.dtype)
        for chosen, eta in objective.predictions(theta):
            out[chosen] = eta
        return out
