"""What a network is once it is fitted: attributes, predictions, pruning."""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from .._callbacks import Callbacks
from .._estimator import PenalizedEstimator, warn_unconverged
from .._validation import checked_for_predict
from .architecture import plain_network
from .fits import Fit, Progress
from .folding import Moments, fold
from .layers import Flat, pack, unpack
from .objective import Data, Objective
from .parameters import NetworkParameters
from .pruning import alive_rows, importances, prune
from .residual import Residual
from .rows import as_rows
from .training import Epoch

#: What to do about a minimisation that ended early.
ADVICE = (
    "Increase max_fun or polish_tol, scale the features, raise alpha, or use a smooth "
    "activation such as 'tanh'."
)


class FittedNetwork(NetworkParameters, Callbacks, PenalizedEstimator):
    """What a fitted network has and can do."""

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

    def _attributes(self, objective: Objective, theta: Flat) -> dict[str, Any]:
        """Return what an estimator needs to predict with these weights.

        The rows it sees are an array without names.
        """
        plain = fold(objective, theta).theta
        coefs, intercepts = unpack(objective.network.plain, plain)
        found = {"coefs_": coefs, "intercepts_": intercepts, "_columns": None}
        return found | {"feature_names_in_": None}

    def _with_weights(self, objective: Objective, theta: Flat) -> Self:
        """Return an estimator that predicts with these weights."""
        other = copy.copy(self)
        other.__dict__.update(self._attributes(objective, theta))
        return other

    def _warn(self) -> None:
        """Say so if the last minimisation ended early."""
        warn_unconverged(self, self._shortfall, ADVICE)

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
