"""The one fit of the networks that choose their strength by cross-validation."""

from __future__ import annotations

import copy
import dataclasses
import numbers
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import get_scorer
from sklearn.utils.parallel import Parallel, delayed

from .._callbacks import Task, with_callbacks
from .._progress import ProgressLine
from .._validation import Interval, StrOptions, checked_weights, fitting
from ..neural._base import Perceptron
from ..neural._fitted import ADVICE
from ..neural.parameters import parameters_with, with_constructor
from ..neural.targets import Sample, without_absent_rows
from .adaptive import adapted, power
from .choosing import Choosing, constraints_of, warn_of_fits
from .curve import Curve, chosen
from .folds import Fold
from .grid import Array
from .network_path import NetworkPath, follow, follower, grid_of

#: What is not there after every fit, and of no use if it is of another.
_SOMETIMES = ("coefs_", "intercepts_", "path_", "penalty_", "first_curve_")


class Job(NamedTuple):
    """A network that goes along the strengths, its rows, and what is wanted of it."""

    model: Perceptron
    sample: Sample
    look: Callable[[Perceptron], Any]
    name: str  # of the task that callbacks are told of, and its number and rows
    number: int
    rows: NDArray[np.bool_] | None = None

    def adapted_to(self, coefs: list[NDArray[Any]], gamma: float) -> Job:
        """Return the job with a penalty that follows a network's weights."""
        model = copy.copy(self.model)
        model.penalty = adapted(model.penalty, model.l1_ratio, coefs, gamma)
        return self._replace(model=model)


class Seen(NamedTuple):
    """What the first of two sequences tells of a network."""

    value: Any  # what was wanted of it
    coefs: list[NDArray[Any]]  # its weights, layer by layer


def _absent(estimator: Any) -> Any:
    msg = f"{type(estimator).__name__} chooses from all rows; it has no partial_fit."
    raise AttributeError(msg)


@with_constructor
class CrossValidatedNetwork(Choosing, Perceptron):
    """Base of the networks that choose; a subclass names the `_model` it chooses."""

    alpha: Any = dataclasses.field(init=False)
    alphas: Any = 20
    _: dataclasses.KW_ONLY
    warm_start: bool = dataclasses.field(init=False)
    refit: bool = True
    alpha_min_ratio: float | None = None
    cv: Any = None
    scoring: Any = None
    rule: Any = "min"
    adaptive: Any = "auto"
    n_jobs: int | None = None

    _model: ClassVar[type[Perceptron]]
    partial_fit: ClassVar[Any] = property(_absent)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        doc = cls.__doc__ or ""
        for place, text in (
            ("    <parameters of networks that choose>\n", parameters_with(_REPLACED)),
            ("    <parameters of choosing>\n", _PARAMETERS),
            ("    <attributes of choosing>\n", _ATTRIBUTES),
        ):
            doc = doc.replace(place, text)
        cls.__doc__ = doc
        super().__init_subclass__(**kwargs)

    @fitting
    @with_callbacks
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Choose the strength by cross-validation and fit the network with it.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features; float32 and float64 are read as they are.
        y : array of shape (n_samples,) or (n_samples, n_outputs)
            Targets or labels.
        sample_weight : float or array of shape (n_samples,), optional
            Weights, in fitting and in the held-out losses.
        **params
            For the splitter, such as ``groups``; with metadata routing enabled, for
            whoever requested them.

        Returns
        -------
        self : object
            The fitted network.

        Raises
        ------
        ValueError
            For whatever the fit of one strength refuses; for folds without rows, or
            without some class.
        """
        routed = self._routed(sample_weight, params)
        X, y = self._checked(X, y)
        X = X if isinstance(X, np.ndarray) else X.tocsr()
        weight = checked_weights(sample_weight, X.shape[0])
        model = self._follower()
        given = None if sample_weight is None else weight
        sample = without_absent_rows(X, model._targets(y, weight, given))
        grid = grid_of(model, sample, self.alphas, self.alpha_min_ratio)
        folds = self._folds(X, y, weight, routed.split)
        gamma = power(self.adaptive, model, X.shape[1])
        n_sequences = (len(folds) + self.refit) * (2 if gamma else 1)
        task = Task.of_fit(self, X, y, given, n_sequences, in_order=False)
        line = ProgressLine(n_sequences * len(grid), shown=bool(self.verbose))
        jobs = []
        for number, fold in enumerate(folds):
            look = self._measure(fold, X, y, weight, routed.score)
            fitted = copy.copy(model), fold.train, look
            jobs.append(_of_fold(number, *fitted, X, y, weight, given))
        if self.refit:
            jobs.append(Job(model, sample, copy.copy, "refit", len(folds)))
        first, shortfalls = None, list[str]()
        if gamma:
            before = [_first(job, job.number + len(jobs)) for job in jobs]
            found, shortfalls = self._followed(before, grid, task, line)
            first, jobs = self._adapted(jobs, found, grid, folds, gamma)
        found, later = self._followed(jobs, grid, task, line)
        curve = self._curve(grid, np.array(found[: len(folds)]), folds)
        index = chosen(self.rule, curve)
        self._assign_choice(curve, index)
        self.alphas_, self.fold_losses_ = curve.alphas, curve.losses
        self.mean_losses_, self.standard_errors_ = curve.mean, curve.standard_error
        for name in _SOMETIMES:
            self.__dict__.pop(name, None)
        if first is not None:
            self.first_curve_ = first
        if self.refit:
            self._take(found[-1][index])
            self.path_ = NetworkPath.of(grid, found[-1])
            self.penalty_ = jobs[-1].model.penalty
        warn_of_fits(self, shortfalls + later, ADVICE)
        task.end({} if self.refit else None)
        return self

    # The parts of a fit --------------------------------------------------------------

    def _follower(self) -> Perceptron:
        """Return a network of the same parameters that goes from strength to strength.

        Early stopping keeps its weights: the parameter `refit` is that of choosing. The
        polish is for those who ask for it.
        """
        names = set(self._model._get_param_names()) - {"refit"}
        shared = {name: value for name, value in vars(self).items() if name in names}
        model = follower(self._model(**shared, refit=False))
        model.polish = False if self.polish == "auto" else self.polish
        model.n_features_in_ = self.n_features_in_
        return model

    def _followed(
        self, jobs: list[Job], grid: Array, task: Task, line: ProgressLine
    ) -> tuple[list[list[Any]], list[str]]:
        """Follow the strengths in every job; return what was seen, and shortfalls."""

        def followed(job: Job) -> tuple[list[Any], list[str]]:
            part = task.part(job.name, job.number, job.rows, len(grid))

            @contextmanager
            def watched() -> Iterator[None]:
                strength = part.part("strength", rows=job.rows)
                yield
                strength.end()
                line.tick()

            found = follow(copy.copy(job.model), job.sample, grid, job.look, watched)
            part.end()
            return found

        results = Parallel(n_jobs=self.n_jobs, prefer="threads")(
            delayed(followed)(job) for job in jobs
        )
        found = [each for each, _ in results]
        return found, [fit for _, fits in results for fit in fits]

    def _adapted(
        self,
        jobs: list[Job],
        found: list[list[Seen]],
        grid: Array,
        folds: list[Fold],
        gamma: float,
    ) -> tuple[Curve, list[Job]]:
        """Return the curve of a first sequence, and jobs adapted to its best."""
        losses = [[seen.value for seen in each] for each in found[: len(folds)]]
        curve = self._curve(grid, np.array(losses), folds)
        best = curve.minimum()
        pairs = zip(jobs, found, strict=True)
        return curve, [job.adapted_to(each[best].coefs, gamma) for job, each in pairs]

    def _measure(
        self, fold: Fold, X: Any, y: Any, weight: Array, params: dict[str, Any]
    ) -> Callable[[Perceptron], float]:
        """Return what tells a network's loss on a fold, or score with its sign changed.

        The loss is that of the model, without penalty, class weights or smoothing.
        """
        rows = fold.held_out
        X, y, weight = X[rows], y[rows], weight[rows]
        if self.scoring is None:
            return lambda model: model._held_out_loss(X, y, weight)
        scorer, more = get_scorer(self.scoring), fold.metadata(params)
        return lambda model: -float(scorer(model, X, y, **more))

    def _take(self, fitted: Perceptron) -> None:
        """Become the network that was fitted."""
        names = {*fitted.get_params(deep=False), "n_features_in_"}
        known = {k: value for k, value in vars(fitted).items() if k not in names}
        self.__dict__.update(known)


def _of_fold(
    number: int,
    model: Perceptron,
    rows: NDArray[np.bool_],
    look: Callable[[Perceptron], float],
    X: Any,
    y: Any,
    weight: Array,
    given: Array | None,
) -> Job:
    """Return the job of a fold, which fits some of the rows."""
    own = None if given is None else given[rows]
    targets = model._targets(y[rows], weight[rows], own)
    sample = without_absent_rows(X[rows], targets)
    return Job(model, sample, look, "fold", number, rows)


def _first(job: Job, number: int) -> Job:
    """Return the job that sees the weights as well, for the first sequence.

    It has no need of final zeros, and does without the polish.
    """
    model = copy.copy(job.model)
    model.polish = False
    return job._replace(
        model=model,
        look=lambda fit: Seen(job.look(fit), fit.coefs_),
        name=f"first {job.name}",
        number=number,
    )


def network_constraints(model: type[Perceptron]) -> dict[str, list[Any]]:
    """Return the constraints of a network's parameters with those of choosing."""
    gamma = Interval(numbers.Real, 0, None, closed="left")
    return constraints_of(model) | {"adaptive": [StrOptions({"auto"}), gamma]}


_ALPHAS = """\
    alphas : int or array of shape (n_alphas,), default=20
        Strengths to choose from, each for all layers; or their number, for a geometric
        sequence down from one at which no network beats a constant, see
        :func:`~sklreg.mlp_path`. Without hidden layer it is that of the linear model.
"""
_REFIT = """\
    refit : bool, default=True
        Whether to fit all rows with the strength chosen. Without, there are no weights.
        (The networks' own `refit`, with early stopping, is not for those that choose.)
"""
_POLISH = """\
    polish : bool or "auto", default="auto"
        Whether the epochs of each strength are followed by the deterministic
        minimisation, all rows at once. ``"auto"``: not here. Zeros are then those of
        the steps, and networks predict better where a minimiser learns rows by heart;
        ``solver="lbfgs"`` and networks without hidden layer minimise anyway.
"""
_REPLACED = {"alpha": _ALPHAS, "refit": _REFIT, "warm_start": "", "polish": _POLISH}

_PARAMETERS = """\
    alpha_min_ratio : float or None, default=None
        Smallest over largest strength of the sequence, in (0, 1). By default 1e-4, for
        l2 1e-6; without hidden layer those of the linear model.
    cv : int, splitter, iterable or None, default=None
        The folds: their number, a splitter of scikit-learn, or pairs of row numbers.
        By default 5, of classes with the same share of each.
    scoring : str, callable or None, default=None
        A scorer, to be maximised. By default the mean loss on the rows held out is
        minimised, without penalty, class weights or label smoothing.
    rule : {"min", "1se"} or callable, default="min"
        ``"min"``: the strength of the smallest mean loss. ``"1se"``: the largest one
        whose mean loss exceeds that by at most its standard error, for a sparser
        network. A callable gets the :class:`~sklreg.model_selection.Curve` and returns
        the index of a strength.
    adaptive : float or "auto", default="auto"
        Power :math:`\\gamma` by which penalties adapt to the data, 0: not at all. All
        strengths are then followed twice, the second time with factors
        :math:`\\|W_g\\|^{-\\gamma}` from the network that was best in the first
        sequence over the same rows: for group penalties one for each group of features,
        with the weights that leave it in the first layer; for l1 and elastic net one
        for each weight of all layers. ``"auto"``: 1 for these penalties where there are
        hidden layers, 0 for all other networks.
    n_jobs : int or None, default=None
        Folds that are worked on at the same time, in threads; the path of all rows
        counts as one more. The result is the same for any number.
"""

_ATTRIBUTES = """\
    alpha_ : float
        The strength chosen by `rule`.
    alpha_min_, alpha_1se_ : float
        What the rules ``"min"`` and ``"1se"`` choose.
    alphas_ : array of shape (n_alphas,)
        The strengths, decreasing.
    fold_losses_ : array of shape (n_folds, n_alphas)
        Mean losses on the rows held out, or the scores with their sign changed.
    mean_losses_, standard_errors_ : array of shape (n_alphas,)
        Their means over folds, by the weight held out, and the standard errors.
    curve_ : Curve
        The same in one record.
    first_curve_ : Curve
        That of the first sequence, where the penalty adapts.
    penalty_ : str or penalty object
        That of the network fitted: `penalty`, or where it adapts an object with the
        factors. A network with this `penalty` and ``alpha=alpha_`` states the same
        problem.
    path_ : NetworkPath
        Networks for all rows and every strength, as :func:`~sklreg.mlp_path` returns
        them; the one chosen is the network fitted.
"""
