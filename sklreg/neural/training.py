"""Training by mini-batches: the compiled epoch and the loop around it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from .._random_numbers import new_key
from .layers import Flat, Network, Workspace, workspace
from .objective import Array, Objective, batch_gradient
from .optimizers import EPSILON, Adam, adam_step
from .portions import portions
from .scales import Scales
from .validation import Validation

#: Multiplications of one kernel call, about 0.1 s.
_WORK = 2e8
#: Divergence: an epoch's objective this many times that of the start ...
_TOO_LARGE = 1e3
#: ... restarts from the best epoch with the learning rate divided by ten.
_RESTARTS = 5


class Settings(NamedTuple):
    """How to train; the parameters of the estimator under the same names."""

    batch_size: int
    learning_rate: float
    max_iter: int
    shuffle: bool
    recipe: tuple[Any, ...] = ()  # records of augmentations


class Epoch(NamedTuple):
    """What is known after an epoch; the losses are those seen on the way."""

    loss: float
    penalty: float
    validation_loss: float = math.nan  # nan without validation data
    score: float = math.nan  # nan unless a scorer is the monitor

    @property
    def objective(self) -> float:
        """Return loss + penalty."""
        return self.loss + self.penalty


@kernel
def run_batches(
    rows: Any,
    y: Array,
    weight: Array,
    order: NDArray[np.intp],
    bounds: NDArray[np.intp],
    network: Network,
    loss: Any,
    penalty: Any,
    theta: Flat,
    gradient: Flat,
    adam: Adam,
    rates: Array,
    floors: Array,
    work: Workspace,
) -> float:
    r"""Make one optimiser step per mini-batch; return the sum of the losses.

    The gradient of batch `B` is ``sum_B s_i grad f_i / |B|`` with weights `s` of mean 1
    over the training set: an unbiased estimate, whatever the weights in the batch are.
    The penalty counts in full in every step.

    Parameters
    ----------
    order : array of int
        Rows in the order of this epoch.
    bounds : array of shape (n_batches + 1,)
        Where in it each mini-batch begins, and the end.
    """
    total = 0.0
    for batch in range(bounds.shape[0] - 1):
        chosen = order[bounds[batch] : bounds[batch + 1]]
        total += chosen.shape[0] * batch_gradient(
            rows,
            y,
            weight,
            chosen,
            network,
            loss,
            theta,
            work,
            gradient,
            1.0 / chosen.shape[0],
        )
        adam_step(penalty, network, theta, gradient, adam, rates, floors)
    return total


def run_epoch(
    objective: Objective,
    theta: Flat,
    adam: Adam,
    scales: Scales,
    settings: Settings,
    order: NDArray[np.intp],
    key: np.uint64,
) -> float:
    """Pass over the rows `order`, in place; return the mean loss seen on the way.

    A kernel call is bounded, so that Ctrl-C works in an epoch of any length.
    """
    network, size = objective.network, settings.batch_size
    work = workspace(network, objective.data.rows, min(size, len(order)), theta.dtype)
    gradient = np.empty_like(theta)
    rates = settings.learning_rate * scales.parameters
    floors = EPSILON * scales.loss / scales.parameters
    total, n_batches = 0.0, max(1, int(_WORK / (3 * network.n_parameters * size)))
    bounds = np.array([*range(0, len(order), size), len(order)])
    parts = portions(objective.data, order, bounds, n_batches, settings.recipe, key)
    for part in parts:
        total += run_batches(
            part.data.rows,
            part.data.y,
            part.data.weight,
            part.order,
            part.bounds,
            network,
            objective.loss,
            objective.penalty,
            theta,
            gradient,
            adam,
            rates,
            floors,
            work,
        )
    return total / len(order)


def train(
    objective: Objective,
    theta: Flat,
    adam: Adam,
    scales: Scales,
    settings: Settings,
    rng: np.random.RandomState,
    after_epoch: Callable[[Epoch, Flat], bool],
    validation: Validation | None = None,
) -> list[Epoch]:
    """Train in place until `after_epoch` says stop or `max_iter` epochs are done.

    Parameters
    ----------
    after_epoch : callable
        Called with what is known and the parameters after each epoch; True stops.
    validation : Validation, optional
        The rows to watch.

    Raises
    ------
    ValueError
        If training diverges however small the learning rate becomes.
    """
    history: list[Epoch] = []
    start = objective.mean_loss(theta) + objective.penalty_value(theta)
    limit = _TOO_LARGE * (scales.loss + start)
    best, best_objective, restarts = theta.copy(), math.inf, 0
    order = np.arange(objective.data.n_samples)
    while len(history) < settings.max_iter:
        if settings.shuffle:
            rng.shuffle(order)
        key = new_key(rng)
        loss = run_epoch(objective, theta, adam, scales, settings, order, key)
        seen = validation.measure(theta) if validation else ()
        epoch = Epoch(loss, objective.penalty_value(theta), *seen)
        if not (epoch.objective <= limit and np.isfinite(theta).all()):
            restarts += 1
            _refuse_endless_restarts(restarts, settings)
            settings = settings._replace(learning_rate=0.1 * settings.learning_rate)
            theta[:] = best
            for part in adam:
                part[:] = 0
            continue
        if epoch.objective < best_objective:
            best[:], best_objective = theta, epoch.objective
        history.append(epoch)
        if after_epoch(epoch, theta):
            break
    return history


def _refuse_endless_restarts(restarts: int, settings: Settings) -> None:
    if restarts > _RESTARTS:
        msg = (
            "Training diverged, even with a learning rate of "
            f"{settings.learning_rate:.3g}. Scale the features, for example with "
            "StandardScaler, or lower learning_rate_init."
        )
        raise ValueError(msg)


def whatever_happens(epoch: Epoch, theta: Flat) -> bool:
    """Go on."""
    del epoch, theta
    return False
