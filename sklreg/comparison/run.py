"""The comparison itself: the same search for both sides, and what came of it."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, get_scorer, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    StratifiedKFold,
    train_test_split,
)
from sklearn.pipeline import Pipeline

from .._threads import one_blas_thread
from ..model_selection import alpha_max
from .contenders import (
    Contender,
    Problem,
    core_target,
    fitted_core,
    own_strength,
    problems,
)
from .objective import layers, null_objective, objective, zeros
from .progress import Progress
from .tables import REGRESSION, Table, TableError

HELD_OUT = 0.25


class Plan(NamedTuple):
    """How much is tried; shares are of `alpha_max`, other strengths are absolute."""

    n_folds: int
    shares: tuple[float, ...]  # problems with an l1 part
    l2_alphas: tuple[float, ...]
    network_alphas: tuple[float, ...]
    n_epochs: int
    max_rows: int | None  # of the tables shipped with scikit-learn

    @property
    def min_members(self) -> int:
        """Rows that a class needs for each fold to have one, and the held-out part."""
        return int(np.ceil(self.n_folds / (1.0 - HELD_OUT)))

    def n_steps(self, task: str) -> int:
        """Return how often `compare` reports progress.

        Parameters
        ----------
        task : {"regression", "classification"}
            Of the table.
        """
        return 1 + 2 * len(problems(task, self.n_epochs))


FULL = Plan(
    n_folds=3,
    shares=(0.3, 0.1, 0.03, 0.01, 0.003, 0.001),
    l2_alphas=(1.0, 0.1, 0.01, 0.001, 0.0001),
    network_alphas=(0.1, 0.01, 0.001),
    n_epochs=50,
    max_rows=None,
)
QUICK = Plan(
    n_folds=2,
    shares=(0.1, 0.01),
    l2_alphas=(0.1, 0.001),
    network_alphas=(0.01,),
    n_epochs=3,
    max_rows=300,
)


class Row(NamedTuple):
    """What one side of a pair reached."""

    name: str
    alpha: float  # chosen, in sklreg's convention
    own: tuple[str, float]  # the same as scikit-learn's parameter
    score: float  # on the held-out rows
    zeros: tuple[int, int]  # how many weights are zero, of how many
    objective: float  # on the training rows, at the alpha of the sklreg row
    seconds: float  # of the search
    n_fits: int
    n_unconverged: int  # of the fits


class Pair(NamedTuple):
    """A problem and its two rows."""

    problem: Problem
    ours: Row
    peer: Row
    null: float  # objective of the best constant prediction


class Comparison(NamedTuple):
    """All pairs of a table."""

    table: Table
    plan: Plan
    n_train: int
    n_features: int  # after one-hot
    warm_up: float  # seconds
    pairs: list[Pair]


class Parts(NamedTuple):
    """Training rows, held-out rows, and folds of the training rows."""

    X: NDArray[Any]
    y: NDArray[Any]
    X_test: NDArray[Any]
    y_test: NDArray[Any]
    folds: list[Any]
    scoring: str


def compare(table: Table, plan: Plan, progress: Progress) -> Comparison:
    """Search `alpha` for every problem of the table's task, on both sides.

    Everything runs in one process with one BLAS thread. Kernels are compiled, or
    loaded, by fits before the clock starts.

    Parameters
    ----------
    table : Table
        The data.
    plan : Plan
        Grids, folds, epochs.
    progress : Progress
        Told of each search.
    """
    parts = _split(table, plan)
    X = table.preprocessing().fit_transform(parts.X)
    tasks = problems(table.task, plan.n_epochs)
    grids = [_grid(table, problem, plan, X, parts.y) for problem in tasks]
    with one_blas_thread():
        progress.step(f"{table.name}: compiling or loading kernels")
        warm_up = _warm_up(table, parts, tasks, grids)
        pairs = [
            _pair(table, parts, problem, grid, progress)
            for problem, grid in zip(tasks, grids, strict=True)
        ]
    return Comparison(table, plan, len(parts.y), X.shape[1], warm_up, pairs)


def _split(table: Table, plan: Plan) -> Parts:
    """Hold rows out and lay out the folds, by class where there are classes."""
    classes = None if table.task == REGRESSION else table.y
    X, X_test, y, y_test = train_test_split(
        table.X, table.y, test_size=HELD_OUT, random_state=0, stratify=classes
    )
    splitter = KFold if table.task == REGRESSION else StratifiedKFold
    folds = splitter(plan.n_folds, shuffle=True, random_state=0).split(X, y)
    scoring = "r2" if table.task == REGRESSION else "neg_log_loss"
    return Parts(X, y, X_test, y_test, list(folds), scoring)


def _grid(
    table: Table, problem: Problem, plan: Plan, X: Any, y: NDArray[Any]
) -> list[float]:
    """Return the strengths to try, strongest first, rounded to be read."""
    if not problem.exact:
        return list(plan.network_alphas)
    if problem.l1_ratio == 0.0:
        return list(plan.l2_alphas)
    strongest = alpha_max(problem.ours.model, X, y)
    if strongest == 0.0:
        msg = (
            f"{table.name}: on the {len(y)} rows to fit no column varies with the "
            "target; more rows or other columns are needed."
        )
        raise TableError(msg)
    return [float(f"{share * strongest:.3g}") for share in plan.shares]


def _pipeline(table: Table, contender: Contender) -> Any:
    steps = [("scale", table.preprocessing()), ("model", contender.model)]
    return Pipeline(steps)


def _warm_up(
    table: Table, parts: Parts, tasks: list[Problem], grids: list[list[float]]
) -> float:
    """Fit every model of sklreg at both ends of its grid; return the seconds it took.

    The peers get a fit too, so that they have imported what they need.
    """
    score = get_scorer(parts.scoring)
    seconds = 0.0
    with _quiet():
        for problem, grid in zip(tasks, grids, strict=True):
            began = time.perf_counter()
            for alpha in (grid[0], grid[-1]):
                score(_fit(table, problem.ours, alpha, parts), parts.X, parts.y)
            seconds += time.perf_counter() - began
            score(_fit(table, problem.peer, grid[0], parts), parts.X, parts.y)
    return seconds


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence what is expected: few epochs, small folds, categories not seen in one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "Got `batch_size`", UserWarning)
        warnings.filterwarnings("ignore", "Found unknown categories", UserWarning)
        yield


def _fit(table: Table, contender: Contender, alpha: float, parts: Parts) -> Any:
    """Fit a contender's pipeline on the training rows."""
    pipeline = clone(_pipeline(table, contender)).set_params(**{contender.alpha: alpha})
    return pipeline.fit(parts.X, parts.y)


def _pair(
    table: Table, parts: Parts, problem: Problem, grid: list[float], progress: Progress
) -> Pair:
    ours, alpha, core_y = _row(table, parts, problem, problem.ours, grid, progress)
    peer, _, _ = _row(table, parts, problem, problem.peer, grid, progress, alpha)
    return Pair(problem, ours, peer, null_objective(core_y, table.task))


def _row(
    table: Table,
    parts: Parts,
    problem: Problem,
    contender: Contender,
    grid: list[float],
    progress: Progress,
    common_alpha: float | None = None,
) -> tuple[Row, float, NDArray[Any]]:
    """Search, then measure; the objective at `common_alpha`, or at what was chosen."""
    progress.step(f"{table.name}: {contender.name}, {problem.short}")
    search, seconds, n_unconverged = _search(table, parts, contender, grid)
    chosen = float(search.best_params_[contender.alpha])
    best = compared = search.best_estimator_
    at = chosen if common_alpha is None else common_alpha
    if at != chosen:
        with _quiet():
            compared = _fit(table, contender, at, parts)
    core_y = core_target(compared, parts.y)
    score = r2_score if table.task == REGRESSION else accuracy_score
    reached = objective(
        layers(fitted_core(compared)),
        compared[:-1].transform(parts.X),
        core_y,
        table.task,
        at,
        problem.l1_ratio,
    )
    row = Row(
        contender.name,
        chosen,
        own_strength(problem.source, chosen, len(parts.y)),
        float(score(parts.y_test, best.predict(parts.X_test))),
        zeros(layers(fitted_core(best))),
        reached,
        seconds,
        len(grid) * len(parts.folds) + 1,
        n_unconverged if problem.exact else 0,
    )
    return row, chosen, core_y


def _search(
    table: Table, parts: Parts, contender: Contender, grid: list[float]
) -> tuple[Any, float, int]:
    """Return the fitted search, its seconds and how many fits gave up early."""
    search = GridSearchCV(
        _pipeline(table, contender),
        {contender.alpha: grid},
        scoring=parts.scoring,
        cv=parts.folds,
        n_jobs=1,
        error_score="raise",
    )
    with _quiet(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        began = time.perf_counter()
        search.fit(parts.X, parts.y)
        seconds = time.perf_counter() - began
    unconverged = [w for w in caught if issubclass(w.category, ConvergenceWarning)]
    return search, seconds, len(unconverged)
