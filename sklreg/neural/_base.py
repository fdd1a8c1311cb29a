"""The one fit of the networks: validate, train, polish, assign."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._estimator import PenalizedEstimator, warn_unconverged
from .._threads import one_blas_thread
from .._validation import checked_for_predict, penalty_record
from .constraints import CONSTRAINTS, layer_sizes
from .early_stopping import Patience
from .layers import Flat, Network, build_network, pack, unpack
from .limits import Limits
from .linear_limit import solve_linear
from .objective import Data, Objective
from .optimizers import Adam, new_adam
from .polish import polish
from .residual import Residual
from .rows import as_rows
from .scales import Scales, measure
from .start import initial_theta
from .targets import Targets, with_equal_rows_merged, without_absent_rows
from .training import Epoch, Settings, report, train, whatever_happens
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


class Perceptron(PenalizedEstimator):
    """Base of the networks; a subclass makes targets of y and predictions of eta."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

    # Fitting -----------------------------------------------------------------------

    def _fit(self, X: Any, targets: Targets) -> None:
        """Train from the start (or where the last fit ended) and assign."""
        X, targets = without_absent_rows(X, targets)
        rng = check_random_state(self.random_state)
        train_rows, validation = None, None
        if self.early_stopping:
            self._check_early_stopping()
            train_rows, held_out = split(
                X, targets.strata, targets.weight, self.validation_fraction, rng
            )
            validation = self._objective(X, targets, held_out)
        elif self._wants_polish(self._penalty(X)):
            X, targets = with_equal_rows_merged(X, targets)
        objective = self._objective(X, targets, train_rows)
        scales = _measured(objective, targets)
        with one_blas_thread():
            theta, progress = self._start(objective, targets, scales, rng, X.dtype)
            fit = self._run(X, objective, validation, theta, progress)
            theta = fit.theta.astype(X.dtype, copy=False)
            self._assign(objective, Residual(objective, scales), theta, fit)
        self._progress = progress

    def _run(
        self,
        X: Any,
        objective: Objective,
        validation: Objective | None,
        theta: Flat,
        progress: Progress,
    ) -> Fit:
        """Choose the way of training by the problem's properties."""
        if validation is None and objective.network.n_layers == 1:
            return self._solve_linear(X, objective)
        if self.solver == "lbfgs":
            return self._minimise(objective, theta, progress.scales)
        fit = self._train(objective, validation, theta, progress)
        if validation is not None or not self._wants_polish(objective.penalty):
            return fit
        polished = self._minimise(objective, fit.theta, progress.scales)
        return fit._replace(theta=polished.theta, shortfall=polished.shortfall)

    def _wants_polish(self, penalty: Any) -> bool:
        """Tell whether the end is a full-batch minimisation."""
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
        validation: Objective | None,
        theta: Flat,
        progress: Progress,
    ) -> Fit:
        patience = Patience(self.tol * progress.scales.loss, self.n_iter_no_change)

        def after_epoch(epoch: Epoch, theta: Flat) -> bool:
            if self.verbose:
                report(patience.n_seen + 1, epoch)
            value = epoch.objective if validation is None else epoch.validation_loss
            return patience.update(value, theta)

        history = train(
            objective,
            theta,
            progress.adam,
            progress.scales,
            self._settings(objective.data.n_samples),
            progress.rng,
            after_epoch,
            validation,
        )
        if validation is None:
            return Fit(theta, len(history), history, len(history))
        best = theta if patience.best_theta is None else patience.best_theta
        return Fit(best, len(history), history, patience.best_epoch)

    def _partial_fit(self, X: Any, targets: Targets) -> None:
        """Make one epoch over the rows given, going on from the last call."""
        X, targets = without_absent_rows(X, targets)
        objective = self._objective(X, targets, None)
        known = getattr(self, "_progress", None)
        if known is None:
            scales = _measured(objective, targets)
            rng = check_random_state(self.random_state)
        else:
            scales, rng = known.scales, known.rng
        with one_blas_thread():
            theta, progress = self._start(
                objective, targets, scales, rng, X.dtype, go_on=known is not None
            )
            settings = self._settings(objective.data.n_samples)._replace(max_iter=1)
            history = train(
                objective,
                theta,
                progress.adam,
                scales,
                settings,
                rng,
                whatever_happens,
            )
            history = [*getattr(self, "_history", []), *history]
            fit = Fit(theta, len(history), history, len(history))
            self._assign(objective, Residual(objective, scales), theta, fit)
        self._progress = progress

    def _settings(self, n_samples: int) -> Settings:
        size = _BATCH_SIZE if self.batch_size == "auto" else int(self.batch_size)
        return Settings(
            min(size, n_samples),
            float(self.learning_rate_init),
            int(self.max_iter),
            bool(self.shuffle),
        )

    def _objective(
        self, X: Any, targets: Targets, rows: NDArray[np.intp] | None
    ) -> Objective:
        """State the objective over some rows of validated X; None: over all."""
        y, weight = targets.y, targets.weight
        if rows is not None:
            X, y, weight = X[rows], y[rows], weight[rows]
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
        targets: Targets,
        scales: Scales,
        rng: np.random.RandomState,
        dtype: Any,
        go_on: bool = False,
    ) -> tuple[Flat, Progress]:
        """Return the parameters to start from and the optimiser's state."""
        network = objective.network
        if (self.warm_start or go_on) and self._has_shape(network):
            theta = pack(self.coefs_, self.intercepts_, dtype).copy()
            adam = self._progress.adam
            if adam.first.dtype == dtype:
                return theta, Progress(adam.copy(), scales, rng)
            return theta, Progress(new_adam(theta), scales, rng)
        theta = initial_theta(network, scales, targets.has_link, rng).astype(dtype)
        return theta, Progress(new_adam(theta), scales, rng)

    def _has_shape(self, network: Network) -> bool:
        """Tell whether there are fitted weights for this network."""
        fitted = [w.shape for w in getattr(self, "coefs_", [])]
        return fitted == list(zip(network.sizes[:-1], network.sizes[1:], strict=True))

    def _check_early_stopping(self) -> None:
        if self.solver == "lbfgs":
            msg = (
                "early_stopping counts epochs, which solver='lbfgs' does not have; "
                "use solver='adam' or early_stopping=False."
            )
            raise ValueError(msg)

    def _assign(
        self, objective: Objective, residual: Residual, theta: Flat, fit: Fit
    ) -> None:
        network = objective.network
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
        self._history = fit.history
        if self.early_stopping:
            self.validation_loss_curve_ = [e.validation_loss for e in fit.history]
        warn_unconverged(
            self,
            fit.shortfall,
            "Increase max_fun or polish_tol, scale the features, raise alpha, or use "
            "a smooth activation such as 'tanh'.",
        )

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


def _measured(objective: Objective, targets: Targets) -> Scales:
    data, network = objective.data, objective.network
    return measure(data, network, targets.loss, targets.has_link)
