"""What a fit begins with: the objective, the settings and the first weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._random_numbers import new_key
from ._fitted import FittedNetwork
from .architecture import (
    batch_size_of,
    epochs_of,
    network_of,
    penalties_of,
    rule_of,
    schedule_of,
)
from .equal_rows import row_marks
from .fits import Progress
from .layers import Flat, Network, pack
from .objective import Data, Objective
from .optimizers import new_memory
from .portions import recipe
from .rows import as_rows
from .scales import measure
from .start import initial_theta
from .targets import Sample
from .training import Settings


class StartingNetwork(FittedNetwork):
    """How an estimator's parameters become a problem, and a point to start from."""

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

    def _settings(self, objective: Objective, progress: Progress) -> Settings:
        n_samples = objective.data.n_samples
        max_iter = epochs_of(self, n_samples)
        return Settings(
            batch_size_of(self, n_samples),
            max_iter,
            bool(self.shuffle),
            rule_of(self, objective.network, progress.scales),
            schedule_of(self, max_iter),
            progress.key,
            recipe(self.augmentation, objective.data.rows),
        )

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
