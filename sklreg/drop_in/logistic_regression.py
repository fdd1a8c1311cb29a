"""LogisticRegression as scikit-learn names it."""

from __future__ import annotations

import math
import numbers
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from .._estimator import warn_user
from .._validation import (
    Hidden,
    Interval,
    StrOptions,
    checked_classes,
    checked_for_fit,
    checked_weights,
    fitting,
    loss_record,
    total_weight,
)
from ..linear import LinearClassifier
from ..linear._base import Fitted, LinearModel
from ..linear._labels import ClassPredictor, log_probabilities, probabilities
from ..penalties import ElasticNet
from ._base import DropIn

Array = NDArray[np.float64]

_SOLVERS = {"lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga"}
#: Newton steps for each iteration of `max_iter` with l1, where scikit-learn counts
#: passes over the data.
_STEPS_A_PASS = 10
#: How much of each penalty is l1; that of elasticnet is a parameter.
SHARES = {"l1": 1.0, "l2": 0.0, None: 0.0}


class Model(NamedTuple):
    """What `penalty`, `C` and `l1_ratio` say together."""

    penalty: str | None
    C: float  # infinite without penalty
    l1_ratio: float


class Stated(NamedTuple):
    """The data of a fit as the general estimators take them."""

    X: Any  # with the constant column of liblinear
    targets: Array  # n_samples x n_outputs
    weight: Array  # n_samples, sums to one: sample weights times class weights
    total: float  # what these sum to before
    loss: Any


class LogisticRegression(ClassifierMixin, ClassPredictor, DropIn):
    r"""Logistic and multinomial regression, in the words of scikit-learn.

    .. math::
        \min_{w, b} \; C \sum_i s_i f(y_i, x_i' w + b) + \rho \|w\|_1
        + \frac{1 - \rho}{2} \|w\|_2^2

    with the log-loss `f`, logistic for two classes and softmax for more, the sample
    weights times class weights `s` and the `l1_ratio` :math:`\rho`. A drop-in
    replacement for ``sklearn.linear_model.LogisticRegression``: the same names,
    defaults and meanings.

    Parameters
    ----------
    penalty : {"l1", "l2", "elasticnet"} or None, default="deprecated"
        Deprecated: `l1_ratio` says it, and ``C=np.inf`` is none.
    C : float, default=1.0
        Inverse strength of the penalty; infinite for none.
    l1_ratio : float, default=0.0
        Share of l1 in the penalty, in [0, 1].
    dual : bool, default=False
        Accepted with ``solver="liblinear"`` and l2: the solution is the same.
    tol : float, default=1e-4
        The largest derivative (of a mean loss) at which L-BFGS may stop, which takes
        large problems without l1. Others end when the duality gap is at most the square
        of `tol` times the loss of the best constant prediction.
    fit_intercept : bool, default=True
        Whether to fit `b`, which is not penalised except with ``solver="liblinear"``.
    intercept_scaling : float, default=1
        With ``solver="liblinear"`` the value of the constant feature whose penalised
        weight, times this value, is the intercept.
    class_weight : dict, "balanced" or None, default=None
        Factors on the sample weights by class; ``"balanced"`` gives every class the
        same total weight.
    random_state : int, RandomState or None, default=None
        Accepted: nothing is random.
    solver : str, default="lbfgs"
        A name of scikit-learn's: ``"lbfgs"``, ``"newton-cg"``, ``"newton-cholesky"``,
        ``"sag"``, ``"saga"``, which all mean the same solution here, or
        ``"liblinear"``, which penalises the intercept and copies X to do so.
        Combinations that scikit-learn refuses are refused.
    max_iter : int, default=100
        Limit on Newton steps, on ten times as many with l1; on iterations of L-BFGS
        in large problems without.
    verbose : int, default=0
        Whether to print a line of progress per round.
    warm_start : bool, default=False
        Whether to start from the last solution; not with ``solver="liblinear"``.
    n_jobs : int or None, default=None
        Deprecated: without effect.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The labels, sorted.
    coef_ : array of shape (1, n_features) or (n_classes, n_features)
        Weights; a sparse matrix after `sparsify`.
    intercept_ : array of shape (1,) or (n_classes,)
        Intercepts; 0 if ``fit_intercept=False``.
    n_iter_ : array of shape (1,)
        Steps taken.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : array of str
        Names of the features, if X had names.

    See Also
    --------
    sklreg.LinearClassifier : The same model with `alpha`, and any penalty.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklreg import LogisticRegression
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X = StandardScaler().fit_transform(X)
    >>> model = LogisticRegression(solver="saga", l1_ratio=1, C=0.1).fit(X, y)
    >>> int((model.coef_ != 0).sum()), round(model.score(X, y), 3)
    (8, 0.974)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "penalty": [
            StrOptions({"l1", "l2", "elasticnet"}),
            None,
            Hidden(StrOptions({"deprecated"})),
        ],
        "C": [Interval(numbers.Real, 0, None, closed="right")],
        "l1_ratio": [Interval(numbers.Real, 0, 1, closed="both"), None],
        "dual": ["boolean"],
        "tol": [Interval(numbers.Real, 0, None, closed="left")],
        "fit_intercept": ["boolean"],
        "intercept_scaling": [Interval(numbers.Real, 0, None, closed="neither")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "random_state": ["random_state"],
        "solver": [StrOptions(_SOLVERS)],
        "max_iter": [Interval(numbers.Integral, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "n_jobs": [None, numbers.Integral],
    }

    def __init__(
        self,
        penalty: Any = "deprecated",
        *,
        C: float = 1.0,
        l1_ratio: float | None = 0.0,
        dual: bool = False,
        tol: float = 1e-4,
        fit_intercept: bool = True,
        intercept_scaling: float = 1,
        class_weight: Any = None,
        random_state: Any = None,
        solver: str = "lbfgs",
        max_iter: int = 100,
        verbose: int = 0,
        warm_start: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.penalty = penalty
        self.C = C
        self.l1_ratio = l1_ratio
        self.dual = dual
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.class_weight = class_weight
        self.random_state = random_state
        self.solver = solver
        self.max_iter = max_iter
        self.verbose = verbose
        self.warm_start = warm_start
        self.n_jobs = n_jobs

    @property
    def _penalises_intercept(self) -> bool:
        return self.solver == "liblinear" and self.fit_intercept

    def _general(self, total: float | None = None) -> LinearModel:
        if total is None and self._penalises_intercept:
            msg = (
                "solver='liblinear' penalises the intercept, which the general "
                "estimators do not; take another solver, or fit_intercept=False."
            )
            raise ValueError(msg)
        return self._linear(self._model(), total)

    def _linear(self, model: Model, total: float | None) -> LinearModel:
        """Return the general estimator of a model, for a sum of the weights."""
        return LinearClassifier(
            ElasticNet(l1_ratio=model.l1_ratio),
            1.0 if total is None else 1.0 / (model.C * total),
            **self._settings(model.l1_ratio),
            class_weight=self.class_weight,
        )

    def _settings(self, l1_ratio: float) -> dict[str, Any]:
        """Return the parameters of the general estimators that are no strengths."""
        return {
            "fit_intercept": self.fit_intercept and not self._penalises_intercept,
            "tol": self.tol**2,
            "max_iter": max(self.max_iter, 1) * (_STEPS_A_PASS if l1_ratio else 1),
            "verbose": self.verbose,
        }

    @fitting
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples,)
            Labels.
        sample_weight : float or array of shape (n_samples,), optional
            Weights; whole numbers equal repeated rows.

        Returns
        -------
        self : LogisticRegression
            The fitted model.
        """
        self._warn_deprecated()
        self._check_solver(self._model().penalty)
        X, y = checked_for_fit(self, X, y)
        stated = self._stated(X, y, sample_weight)
        fitted = self._found(self._general(stated.total), stated)
        self.n_iter_ = np.array([fitted.n_iter], dtype=np.int32)
        return self

    def _stated(self, X: Any, y: NDArray[Any], sample_weight: Any) -> Stated:
        """State the problem for validated X and y, and set `classes_`."""
        weight = checked_weights(sample_weight, len(y))
        classes = checked_classes(y, weight, self.class_weight)
        self.classes_, k = classes.labels, len(classes.labels)
        if k > 2 and self.solver == "liblinear":
            msg = (
                "Only binary classification is supported. The 'liblinear' solver does "
                f"not support multiclass classification, got {k} classes; take another "
                "solver, or wrap the estimator in "
                "sklearn.multiclass.OneVsRestClassifier."
            )
            raise ValueError(msg)
        if self.solver == "liblinear":
            X = X.astype(np.float64)
        if self._penalises_intercept:
            X = _with_constant(X, self.intercept_scaling)
        return Stated(
            X,
            classes.one_hot if k > 2 else classes.one_hot[:, 1:].copy(),
            classes.weight,
            total_weight(sample_weight, len(y)) * classes.mass,
            loss_record("log_loss", k),
        )

    def _found(self, general: LinearModel, stated: Stated) -> Fitted:
        """Fit, and assign weights and intercepts."""
        X, targets, weight, _, loss = stated
        fitted = self._fitted(general, X, targets, weight, loss, enough=self.tol)
        self.coef_, self.intercept_ = self._to_user(fitted.coef, fitted.intercept)
        return fitted

    def _to_user(
        self, coef: NDArray[Any], intercept: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return weights (..., n_features) and intercepts, that of liblinear apart."""
        if not self._penalises_intercept:
            return coef, intercept
        last = self.intercept_scaling * coef[..., -1]
        return np.ascontiguousarray(coef[..., :-1]), last

    def _model(self) -> Model:
        """Return the penalty by name, and how much of it is l1."""
        penalty, C = self.penalty, float(self.C)
        if penalty == "deprecated":
            share = self.l1_ratio or 0.0
            names = {0.0: "l2", 1.0: "l1"}
            penalty = None if math.isinf(C) else names.get(share, "elasticnet")
        elif penalty is None:
            share, C = 0.0, math.inf
        elif penalty == "elasticnet" and self.l1_ratio is None:
            msg = "l1_ratio must be specified when penalty is elasticnet."
            raise ValueError(msg)
        else:
            share = SHARES.get(penalty, self.l1_ratio or 0.0)
        return Model(penalty, C, float(share))

    def _warn_deprecated(self) -> None:
        """Warn of what scikit-learn 1.9 has deprecated, and of contradictions."""
        if self.penalty != "deprecated":
            warn_user(
                "'penalty' was deprecated in version 1.8; leave it out and say "
                "l1_ratio (0 for 'l2', 1 for 'l1'), or C=np.inf for None.",
                FutureWarning,
            )
        elif self.l1_ratio is None:
            warn_user(
                "'l1_ratio=None' was deprecated in version 1.8; say a number instead.",
                FutureWarning,
            )
        if self.n_jobs is not None:
            warn_user(
                f"'n_jobs' has no effect since 1.8, got n_jobs={self.n_jobs}; leave it "
                "out.",
                FutureWarning,
            )
        ratio, penalty = self.l1_ratio, self.penalty
        mixed = ratio is not None and 0 < ratio < 1
        if mixed and self._model().penalty != "elasticnet":
            warn_user(
                "l1_ratio parameter is only used when penalty is 'elasticnet'. Got "
                f"(penalty={penalty})"
            )
        if penalty in {"l1", "l2"} and ratio != SHARES[penalty]:
            warn_user(f"Inconsistent values: penalty={penalty} with l1_ratio={ratio}.")
        if penalty is None and self.C != 1.0:
            warn_user("Setting penalty=None will ignore the C and l1_ratio parameters")

    def _check_solver(self, penalty: str | None) -> None:
        """Refuse what scikit-learn's solver of that name cannot do."""
        if self.solver not in {"liblinear", "saga"} and penalty not in {"l2", None}:
            msg = (
                f"Solver {self.solver} supports only 'l2' or None penalties, got "
                f"{penalty} penalty; take solver='saga'."
            )
            raise ValueError(msg)
        if self.solver != "liblinear" and self.dual:
            msg = f"Solver {self.solver} supports only dual=False, got dual=True"
            raise ValueError(msg)
        if self.solver != "saga" and penalty == "elasticnet":
            msg = (
                "Only 'saga' solver supports elasticnet penalty, got "
                f"solver={self.solver}."
            )
            raise ValueError(msg)
        if self.solver == "liblinear" and penalty is None:
            msg = "penalty=None is not supported for the liblinear solver"
            raise ValueError(msg)
        if self.dual and penalty == "l1":
            msg = "Unsupported set of arguments: penalty='l1' with dual=True."
            raise ValueError(msg)

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        p : array of shape (n_samples, n_classes)
            Probabilities, rows sum to one.
        """
        return probabilities(self.decision_function(X))

    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Return the logarithms of the probabilities, finite where those underflow.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        log_p : array of shape (n_samples, n_classes)
            Log-probabilities.
        """
        return log_probabilities(self.decision_function(X))

    def sparsify(self) -> Self:
        """Make `coef_` a sparse matrix.

        Returns
        -------
        self : LogisticRegression
            The fitted model.
        """
        self.coef_ = scipy.sparse.csr_matrix(self.coef_)
        return self

    def densify(self) -> Self:
        """Make `coef_` an array again.

        Returns
        -------
        self : LogisticRegression
            The fitted model.
        """
        coef: Any = self.coef_
        self.coef_ = coef.toarray() if scipy.sparse.issparse(coef) else coef
        return self

    def __sklearn_tags__(self) -> Any:
        """Liblinear is for two classes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = self.solver != "liblinear"
        return tags


def _with_constant(X: Any, value: float) -> Any:
    """Return X with a constant column at its end."""
    column = np.full((X.shape[0], 1), value, dtype=X.dtype)
    if scipy.sparse.issparse(X):
        return scipy.sparse.hstack([X, column], format="csc")
    return np.hstack([X, column])
