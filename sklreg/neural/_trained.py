"""The ways to train a network, and which of them the problem's properties allow."""

from __future__ import annotations

from typing import Any

from .._callbacks import Task
from .._progress import ProgressLine
from ._starting import StartingNetwork
from .early_stopping import FixedLength, Patience
from .fits import Fit, Progress
from .layers import Flat
from .linear_limit import solve_linear
from .objective import Objective
from .polish import polish
from .scales import Scales
from .targets import Sample
from .training import Epoch, train
from .validation import Validation, score_on


def has_epochs(estimator: Any) -> bool:
    """Tell whether the solver makes passes of mini-batches."""
    return bool(estimator.solver != "lbfgs")


class TrainedNetwork(StartingNetwork):
    """The ways: the linear solver, epochs until a rule says stop, minimisation."""

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
        task: Task,
    ) -> Fit:
        watches_loss = not self.early_stopping or self.monitor == "loss"
        rule = Patience(
            self.tol * (progress.scales.loss if watches_loss else 1.0),
            self.n_iter_no_change,
            self.start_from_epoch,
        )
        fit = self._train_until(rule, objective, validation, theta, progress, task)
        if not self.early_stopping or rule.best_theta is None:
            return fit
        best = fit._replace(theta=rule.best_theta, best_epoch=rule.best_epoch)
        return best._replace(stops=rule.stops)

    def _train_until(
        self,
        rule: Patience | FixedLength,
        objective: Objective,
        validation: Validation | None,
        theta: Flat,
        progress: Progress,
        task: Task,
    ) -> Fit:
        """Train until the rule or `max_iter` says stop; the last weights."""
        settings = self._settings(objective, progress)
        line = ProgressLine(settings.max_iter, shown=bool(self.verbose))
        part = task.part("epoch")

        def after_epoch(epoch: Epoch, theta: Flat) -> bool:
            nonlocal part
            line.tick(epoch.summary() if self.verbose else "")
            stop = rule.update(self._value(epoch), theta)
            stop = stop and not (settings.schedule.slow_down() and rule.go_on())
            stop = part.end(lambda: self._attributes(objective, theta)) or stop
            if not stop and line.done < settings.max_iter:
                part = task.part("epoch")
            return stop

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
