"""Training by mini-batches: the compiled epoch and the loop around it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import allocating
from .._random_numbers import child_key
from .folding import fold
from .layers import Flat, Network, Workspace, workspace
from .objective import Array, Objective, batch_gradient
from .optimizers import Memory, Rule, descend
from .portions import portions
from .schedules import Schedule
from .validation import Validation

#: Multiplications of one kernel call, about 0.1 s.
_WORK = 2e8
#: Divergence: an epoch's objective this many times that of the start ...
_TOO_LARGE = 1e3
#: ... restarts from the best epoch with the learning rate divided by ten.
_RESTARTS = 5
#: Dropout's place in the tree of an epoch's random numbers, beside augmentations.
_MASKS = 1 << 32


class Settings(NamedTuple):
    """How to train."""

    batch_size: int
    max_iter: int
    shuffle: bool
    rule: Rule
    schedule: Schedule
    key: np.uint64  # of the random numbers of all epochs
    recipe: tuple[Any, ...] = ()  # records of augmentations

    def slower(self) -> Settings:
        """Return the same with a tenth of the learning rate."""
        rates, decay = 0.1 * self.rule.rates, 0.1 * self.rule.decay
        return self._replace(rule=self.rule._replace(rates=rates, decay=decay))


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

    def summary(self) -> str:
        """Return a few words about it."""
        parts = {
            "loss": self.loss,
            "penalty": self.penalty,
            "validation loss": self.validation_loss,
            "score": self.score,
        }
        known = {name: value for name, value in parts.items() if not math.isnan(value)}
        return ", ".join(f"{name} {value:.4g}" for name, value in known.items())


@allocating
def run_batches(
    rows: Any,
    y: Array,
    weight: Array,
    marks: NDArray[np.uint64],
    order: NDArray[np.intp],
    bounds: NDArray[np.intp],
    factors: Array,
    network: Network,
    loss: Any,
    penalty: Any,
    theta: Flat,
    gradient: Flat,
    memory: Memory,
    rule: Rule,
    key: np.uint64,
    work: Workspace,
) -> float:
    r"""Make one optimiser step per mini-batch; return the sum of the losses.

    The gradient of batch `B` is ``sum_B s_i grad f_i / |B|`` with weights `s` of mean 1
    over the training set: an unbiased estimate, whatever the weights in the batch are.
    The penalty counts in full in every step.

    Parameters
    ----------
    order : array of shape (n_samples,)
        Rows in the order of this epoch.
    bounds : array of shape (n_batches + 1,)
        Where each mini-batch begins, and the end.
    factors : array of shape (n_batches,)
        What the learning rate's schedule says for each.
    """
    total = 0.0
    for batch in range(factors.shape[0]):
        chosen = order[bounds[batch] : bounds[batch + 1]]
        total += chosen.shape[0] * batch_gradient(
            rows,
            y,
            weight,
            marks,
            chosen,
            network,
            loss,
            theta,
            work,
            gradient,
            1.0 / chosen.shape[0],
            child_key(key, memory.time[0]),
        )
        descend(penalty, network, theta, gradient, memory, rule, factors[batch])
    return total


def batch_bounds(n_samples: int, size: int, least: int) -> NDArray[np.intp]:
    """Return where mini-batches begin, and the end.

    A last one of fewer than `least` rows joins the one before.
    """
    bounds = [*range(0, n_samples, size), n_samples]
    if len(bounds) > 2 and bounds[-1] - bounds[-2] < least:
        del bounds[-2]
    return np.array(bounds)


def run_epoch(
    objective: Objective,
    theta: Flat,
    memory: Memory,
    settings: Settings,
    order: NDArray[np.intp],
    key: np.uint64,
) -> float:
    """Pass over the rows `order`, in place; return the mean loss seen on the way.

    A kernel call is bounded, so that Ctrl-C works in an epoch of any length.
    """
    network = objective.network
    least = 2 if network.normalised.any() else 1  # a single row has no deviation
    bounds = batch_bounds(len(order), settings.batch_size, least)
    factors = settings.schedule.next_epoch(len(order), len(bounds) - 1)
    largest = int(np.diff(bounds).max())
    work = workspace(network, objective.data.rows, largest, theta.dtype)
    gradient = np.empty_like(theta)
    total, n_batches = 0.0, max(1, int(_WORK / (3 * network.n_parameters * largest)))
    parts = portions(objective.data, order, bounds, n_batches, settings.recipe, key)
    for part in parts:
        total += run_batches(
            part.data.rows,
            part.data.y,
            part.data.weight,
            part.data.marks,
            part.order,
            part.bounds,
            factors[part.batches],
            network,
            objective.loss,
            objective.penalty,
            theta,
            gradient,
            memory,
            settings.rule,
            np.uint64(child_key(key, _MASKS)),
            work,
        )
    return total / len(order)


def train(
    objective: Objective,
    theta: Flat,
    memory: Memory,
    loss_unit: float,
    settings: Settings,
    rng: np.random.RandomState,
    after_epoch: Callable[[Epoch, Flat], bool],
    validation: Validation | None = None,
) -> list[Epoch]:
    """Train in place until `after_epoch` says stop or `max_iter` epochs are done.

    Parameters
    ----------
    loss_unit : float
        A typical loss, that of the null model.
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
    start = objective.plain.mean_loss(fold(objective, theta).theta)
    limit = _TOO_LARGE * (loss_unit + start + objective.penalty_value(theta))
    best, best_objective, restarts = theta.copy(), math.inf, 0
    order = np.arange(objective.data.n_samples)
    while len(history) < settings.max_iter:
        if settings.shuffle:
            rng.shuffle(order)
        key = np.uint64(child_key(settings.key, settings.schedule.epoch))
        loss = run_epoch(objective, theta, memory, settings, order, key)
        epoch = Epoch(loss, objective.penalty_value(theta))
        if validation is not None:
            seen = validation.measure(fold(objective, theta).theta)
            epoch = Epoch(epoch.loss, epoch.penalty, *seen)
        if not (epoch.objective <= limit and np.isfinite(theta).all()):
            restarts += 1
            _refuse_endless_restarts(restarts)
            settings = settings.slower()
            theta[:] = best
            memory.forget()
            continue
        if epoch.objective < best_objective:
            best[:], best_objective = theta, epoch.objective
        history.append(epoch)
        if after_epoch(epoch, theta):
            break
    return history


def _refuse_endless_restarts(restarts: int) -> None:
    if restarts > _RESTARTS:
        msg = (
            "Training diverged, even with a hundred-thousandth of the learning rate. "
            "Scale the features, for example with StandardScaler, or lower "
            "learning_rate_init."
        )
        raise ValueError(msg)


def whatever_happens(epoch: Epoch, theta: Flat) -> bool:
    """Go on."""
    del epoch, theta
    return False
