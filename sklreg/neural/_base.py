"""The one fit of the networks: validate, train, polish, assign."""

from __future__ import annotations

import copy
import math
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._estimator import PenalizedEstimator, warn_unconverged
from .._progress import ProgressLine
from .._random_numbers import new_key
from .._threads import one_blas_thread
from .._validation import checked_for_predict
from .architecture import (
    CONSTRAINTS,
    network_of,
    penalties_of,
    plain_network,
    rule_of,
    schedule_of,
)
from .callbacks import Callbacks, Tasks, summary, with_callbacks
from .early_stopping import FixedLength, Patience
from .equal_rows import row_marks
from .folding import Moments, fold
from .layers import Flat, Network, pack, unpack
from .linear_limit import solve_linear
from .objective import Array, Data, Objective
from .optimizers import Memory, new_memory
from .parameters import NetworkParameters, fill_in
from .polish import polish
from .portions import recipe
from .pruning import alive_rows, importances, prune
from .residual import Residual
from .rows import as_rows
from .scales import Scales, measure
from .schedules import PLANNED
from .start import initial_theta
from .targets import (
    Sample,
    Targets,
    together,
    with_equal_rows_merged,
)
from .training import Epoch, Settings, train, whatever_happens
from .validation import Validation, score_on
from .validation_split import split

#: What to do about a minimisation that ended early.
ADVICE = (
    "Increase max_fun or polish_tol, scale the features, raise alpha, or use a smooth "
    "activation such as 'tanh'."
)
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
    rounding: Array | None = None  # what the polish made of kinks


class Progress(NamedTuple):
    """What the next `partial_fit` or warm start goes on from."""

    memory: Memory
    scales: Scales
    rng: np.random.RandomState
    key: np.uint64  # of the random numbers of all epochs
    theta: Flat | None = None  # parameters in training, where they are not `coefs_`
    moments: list[Moments] | None = None  # what was folded into `coefs_`


class Outcome(NamedTuple):
    """What was fitted, to which rows, and how it went."""

    objective: Objective
    fit: Fit
    progress: Progress


def has_epochs(estimator: Any) -> bool:
    """Tell whether the solver makes passes of mini-batches."""
    return bool(estimator.solver != "lbfgs")


def can_go_on(estimator: Any) -> bool:
    """Tell whether there may always be another epoch; schedules may plan the last."""
    return has_epochs(estimator) and estimator.learning_rate not in PLANNED


class Perceptron(NetworkParameters, Callbacks, PenalizedEstimator):
    """Base of the networks; a subclass makes targets of y and predictions of eta."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__doc__ = fill_in(cls.__doc__ or "")

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
        train, everything = sample, sample
        if self.early_stopping:
            if watched is None:
                train, watched = self._split(sample, rng)
            else:
                everything = together(sample, watched)
        elif self._wants_polish(self._objective(sample)):
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
        if self._is_linear_model(objective):
            fit = self._solve_linear(sample.X, objective)
        elif self.solver == "lbfgs":
            fit = self._minimise(objective, theta, progress.scales)
        else:
            watch = self._watch(watched)
            fit = self._train(objective, watch, theta, progress, tasks)
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
        tasks: Tasks,
    ) -> Outcome:
        """Train on all rows for as many epochs as were best; keep the curves."""
        objective = self._objective(everything)
        theta, progress = self._start(objective, everything, rng)
        rule = FixedLength(chosen.fit.best_epoch or chosen.fit.n_iter)
        fit = self._train_until(rule, objective, None, theta, progress, tasks)
        fit = fit._replace(history=chosen.fit.history)
        return Outcome(objective, fit, progress)

    def _asks_for_epochs(self, objective: Objective) -> list[str]:
        """Name what makes a network that minimises no smooth, plain objective."""
        asked = {
            "early_stopping": self.early_stopping,
            "augmentation": bool(self.augmentation),
            "dropout": (objective.network.keep < 1.0).any(),
            "batch_norm": self.batch_norm,
            "weight_decay": self.weight_decay > 0.0,
            "max_norm": self.max_norm is not None,
            "a loss with kinks": not objective.loss.smooth,
        }
        return [name for name, is_asked in asked.items() if is_asked]

    def _is_linear_model(self, objective: Objective) -> bool:
        """Tell whether the linear solver can do it, exactly."""
        shallow = objective.network.n_layers == 1 and self.bias_alpha == 0.0
        return shallow and not self._asks_for_epochs(objective)

    def _wants_polish(self, objective: Objective) -> bool:
        """Tell whether the end is a full-batch minimisation."""
        if self._asks_for_epochs(objective):
            return False
        if self.polish == "auto":
            return self.solver == "lbfgs" or not objective.penalty.is_smooth()
        return bool(self.polish) or self.solver == "lbfgs"

    def _solve_linear(self, X: Any, objective: Objective) -> Fit:
        theta, solution = solve_linear(X, objective, self.polish_tol)
        found = solution.shortfall, float(solution.dual_gap)
        return Fit(theta, solution.n_iter, [], 0, *found)

    def _minimise(self, objective: Objective, theta: Flat, scales: Scales) -> Fit:
        tol, max_fun = float(self.polish_tol), int(self.max_fun)
        found = polish(objective, theta, scales, tol, max_fun)
        theta, n_iter, shortfall, rounding = found
        return Fit(theta, n_iter, [], 0, shortfall, rounding=rounding)

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
        settings = self._settings(objective, progress)

        def after_epoch(epoch: Epoch, theta: Flat) -> bool:
            line.tick(summary(epoch) if self.verbose else "")
            stop = rule.update(self._value(epoch), theta)
            stop = stop and not (settings.schedule.slow_down() and rule.go_on())
            stop = tasks.end_epoch(lambda: self._attributes(objective, theta)) or stop
            if not stop and line.done < self.max_iter:
                tasks.begin_epoch()
            return stop

        tasks.begin_epoch()
        history = train(
            objective,
            theta,
            progress.memory,
            progress.scales.loss,
            settings,
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
        exact = watched.targets._replace(smoothing=0.0)
        objective = self._objective(watched._replace(targets=exact)).plain
        if not self.early_stopping or self.monitor == "loss":
            return Validation(objective, None)
        score = score_on(watched, self._as_given(watched.targets), self.monitor)
        return Validation(
            objective, lambda theta: score(self._with_weights(objective, theta))
        )

    def _with_weights(self, objective: Objective, theta: Flat) -> Self:
        """Return an estimator that predicts with these weights."""
        other = copy.copy(self)
        other.__dict__.update(self._attributes(objective, theta))
        return other

    def _attributes(self, objective: Objective, theta: Flat) -> dict[str, Any]:
        """Return what an estimator needs to predict with these weights.

        The rows it sees are an array without names.
        """
        plain = fold(objective, theta).theta
        coefs, intercepts = unpack(objective.network.plain, plain)
        found = {"coefs_": coefs, "intercepts_": intercepts, "_columns": None}
        return found | {"feature_names_in_": None}

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

    def _settings(self, objective: Objective, progress: Progress) -> Settings:
        size = _BATCH_SIZE if self.batch_size == "auto" else int(self.batch_size)
        return Settings(
            min(size, objective.data.n_samples),
            int(self.max_iter),
            bool(self.shuffle),
            rule_of(self, objective.network, progress.scales),
            schedule_of(self),
            progress.key,
            recipe(self.augmentation, objective.data.rows),
        )

    def _objective(self, sample: Sample) -> Objective:
        """State the objective over some rows."""
        X, targets = sample
        y, weight = targets.smoothed(), targets.weight
        network = network_of(self, X.shape[1], y.shape[1])
        marks = np.zeros(len(y), dtype=np.uint64)
        if (network.keep < 1.0).any():
            marks = row_marks(X, np.random.RandomState(0))
        data = Data(as_rows(X), y, weight / weight.mean(), marks)
        penalty = penalties_of(self, network)
        return Objective(data, network, targets.loss, penalty)

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
        network, dtype = objective.network, sample.X.dtype
        has_link = sample.targets.has_link
        if known:
            scales = known.scales
        else:
            scales = measure(objective.data, network, objective.loss, has_link)
        if (self.warm_start or known) and self._has_shape(network):
            progress = known or self._progress
            theta = self._parameters(network, dtype)
            memory = progress.memory.copy()
            if memory.first.dtype != dtype or memory.first.shape != theta.shape:
                memory = new_memory(theta)
            key = known.key if known else new_key(rng)
            return theta, Progress(memory, scales, rng, key)
        theta = initial_theta(network, scales, objective.loss.of_classes, rng).astype(
            dtype
        )
        return theta, Progress(new_memory(theta), scales, rng, new_key(rng))

    def _parameters(self, network: Network, dtype: Any) -> Flat:
        """Return a copy of the fitted parameters as training has them."""
        if self._progress.theta is not None:
            return self._progress.theta.astype(dtype)
        return pack(self.coefs_, self.intercepts_, dtype).copy()

    def _has_shape(self, network: Network) -> bool:
        """Tell whether there are fitted weights for this network."""
        if getattr(self, "_columns", None) is not None:  # pruned
            return False
        fitted = [w.shape for w in getattr(self, "coefs_", [])]
        shapes = list(zip(network.sizes[:-1], network.sizes[1:], strict=True))
        if fitted != shapes:
            return False
        trained = self._progress.theta
        if trained is None:
            return not network.normalised.any()
        return trained.size == network.n_parameters

    def _check_solver(self, sample: Sample) -> None:
        """Refuse what needs epochs where there are none."""
        if has_epochs(self):
            return
        asked = self._asks_for_epochs(self._objective(sample))
        if asked:
            msg = (
                f"{' and '.join(asked)} needs epochs, which solver='lbfgs' does not "
                "have; use solver='adam', or do without."
            )
            raise ValueError(msg)

    def _assign(
        self,
        objective: Objective,
        fit: Fit,
        progress: Progress,
        earlier: list[Moments] | None = None,
    ) -> None:
        trained = fit.theta.astype(progress.memory.first.dtype, copy=False)
        theta, moments = fold(objective, trained, earlier)
        if moments:
            progress = progress._replace(theta=trained.copy(), moments=moments)
        objective = objective.plain
        network = objective.network
        self.coefs_, self.intercepts_ = unpack(network, theta)
        value, gradient = objective.loss_and_gradient(theta)
        self.loss_ = objective.mean_loss(theta)
        self.objective_ = value + objective.penalty_value(theta)
        self.dual_gap_ = fit.dual_gap
        if fit.rounding is not None:  # zero is among several slopes
            objective = objective.rounded(fit.rounding)
            gradient = objective.loss_and_gradient(theta)[1]
        residual = Residual(objective, progress.scales)
        self.violation_ = residual.absolute(theta, gradient)
        self.kkt_residual_ = residual.relative(theta, gradient)
        zeros = sum(int((w == 0.0).sum()) for w in self.coefs_)
        self.sparsity_ = zeros / sum(w.size for w in self.coefs_)
        self.selected_features_ = np.flatnonzero(alive_rows(self.coefs_)[0])
        self.feature_importances_ = importances(self.coefs_)
        self._columns: NDArray[np.intp] | None = None
        self.n_iter_ = fit.n_iter
        self.n_layers_ = network.n_layers + 1
        self.n_outputs_ = int(network.sizes[-1])
        self.t_ = fit.n_iter * objective.data.n_samples
        self.loss_curve_ = [epoch.loss for epoch in fit.history]
        self.penalty_curve_ = [epoch.penalty for epoch in fit.history]
        self.best_epoch_ = fit.best_epoch
        self._history, self._progress = fit.history, progress
        self._shortfall = fit.shortfall
        self._assign_curves(fit.history)

    def _warn(self) -> None:
        """Say so if the last minimisation ended early."""
        warn_unconverged(self, self._shortfall, ADVICE)

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

    def prune(self) -> Self:
        """Return a smaller network with the same predictions.

        Features, units and their weights that change nothing are left out: those from
        which no path of weights that are not zero leads to an output. Units that no
        feature reaches are constants, which the biases hold.

        Returns
        -------
        pruned : MLPClassifier or MLPRegressor
            A fitted copy. It takes the same X, of which it reads the columns
            ``selected_features_``, the rows of its ``coefs_[0]``. It can be fitted
            anew, but not go on with ``partial_fit`` or a warm start.
        """
        check_is_fitted(self)
        codes = plain_network(self).codes
        columns, coefs, intercepts = prune(self.coefs_, self.intercepts_, codes)
        other = copy.copy(self)
        if self._columns is not None:
            columns = self._columns[columns]
        sizes = tuple(len(b) for b in intercepts[:-1])
        other.hidden_layer_sizes, other._columns = sizes, columns
        other.coefs_, other.intercepts_ = coefs, intercepts
        zeros = sum(int((w == 0.0).sum()) for w in coefs)
        other.sparsity_ = zeros / sum(w.size for w in coefs)
        return other

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

    # Predicting --------------------------------------------------------------------

    def _eta(self, X: Any) -> NDArray[Any]:
        """Return the network's output before the link, (n_samples, n_outputs)."""
        check_is_fitted(self)
        X = checked_for_predict(self, X)
        if self._columns is not None:
            X = X[:, self._columns]
        network = plain_network(self)
        theta = pack(self.coefs_, self.intercepts_, X.dtype)
        nothing = np.empty((1, network.sizes[-1])), np.ones(X.shape[0])
        objective = Objective(
            Data(as_rows(X), *nothing, np.zeros(1, dtype=np.uint64)),
            network,
            None,
            None,
        )
        out = np.empty((X.shape[0], network.sizes[-1]), dtype=X.dtype)
        for chosen, eta in objective.predictions(theta):
            out[chosen] = eta
        return out
