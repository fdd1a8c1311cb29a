"""Who is compared: for each penalised problem sklreg's estimator and its peer.

Both sides of a pair take sklreg's `alpha`. Where scikit-learn weighs the penalty
against the sum over rows instead of the mean (Ridge, LogisticRegression), or divides it
by the size of a mini-batch (MLP), its own parameter is converted for the rows of each
single fit. So every fold, and the fit on the whole training part, states the same
problem to both.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from .. import neural
from ..linear import LinearClassifier, LinearRegressor
from ..model_selection import convert_alpha
from .tables import REGRESSION

HIDDEN, BATCH = 32, 32

#: Of the MLPs of both sides; both take all epochs.
NETWORK = {
    "hidden_layer_sizes": (HIDDEN,),
    "batch_size": BATCH,
    "learning_rate": "constant",
    "learning_rate_init": 3e-3,
    "random_state": 0,
}


class ByAlpha(BaseEstimator):
    """A scikit-learn estimator that takes sklreg's `alpha`.

    Parameters
    ----------
    estimator : estimator
        Its own strength is set in `fit`; the rest is as given.
    source : str
        Its name for :func:`~sklreg.convert_alpha`.
    alpha : float
        Strength in sklreg's convention.
    """

    def __init__(self, estimator: Any, source: str, alpha: float = 1.0) -> None:
        self.estimator = estimator
        self.source = source
        self.alpha = alpha

    def fit(self, X: Any, y: Any) -> Self:
        """Fit with the strength converted for the rows of X.

        Parameters
        ----------
        X, y
            As for the estimator.
        """
        name, value = own_strength(self.source, self.alpha, X.shape[0])
        fitted = clone(self.estimator).set_params(**{name: value}).fit(X, y)
        self.estimator_ = fitted
        if hasattr(fitted, "classes_"):
            self.classes_ = fitted.classes_
        return self

    def predict(self, X: Any) -> Any:
        """Predict as the estimator does.

        Parameters
        ----------
        X : array or sparse matrix
            Features.
        """
        return self.estimator_.predict(X)

    def predict_proba(self, X: Any) -> Any:
        """Return probabilities as the estimator does.

        Parameters
        ----------
        X : array or sparse matrix
            Features.
        """
        return self.estimator_.predict_proba(X)

    def __sklearn_tags__(self) -> Any:
        """A classifier is one still."""
        return get_tags(self.estimator)


class Contender(NamedTuple):
    """A model as the table names it; `alpha` is the path to its strength."""

    name: str
    model: Any
    alpha: str = "model__alpha"
    limit: str = ""  # what it says when it ends before it converged


class Problem(NamedTuple):
    """A penalised problem, and who solves it."""

    title: str
    l1_ratio: float  # of the penalty: 1 is l1, 0 is l2
    source: str  # the peer's name for convert_alpha
    ours: Contender
    peer: Contender
    exact: bool = True  # False: trained for some epochs

    @property
    def short(self) -> str:
        """First words of the title."""
        return self.title.partition(":")[0]


def own_strength(source: str, alpha: float, n_rows: int) -> tuple[str, float]:
    """Return the name and value of scikit-learn's parameter: `convert_alpha` undone.

    Parameters
    ----------
    source : str
        As for :func:`~sklreg.convert_alpha`.
    alpha : float
        Strength in sklreg's convention.
    n_rows : int
        Rows of the fit.
    """
    rows = {"sample_weight_sum": n_rows, "batch_size": min(n_rows, BATCH)}
    if source == "sklearn.LogisticRegression":  # 1 / (C n) is its own inverse
        return "C", convert_alpha(alpha, source, **rows)[0]
    return "alpha", alpha / convert_alpha(1.0, source, **rows)[0]


def fitted_core(pipeline: Any) -> Any:
    """Return the fitted linear model or MLP inside a pipeline.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, with a contender's model as its last step.
    """
    model = pipeline[-1]
    for inner in ("regressor_", "estimator_"):
        model = getattr(model, inner, model)
    return model


def problems(task: str, n_epochs: int) -> list[Problem]:
    """Return the problems of a task.

    Parameters
    ----------
    task : {"regression", "classification"}
        Decides the losses.
    n_epochs : int
        Epochs of the MLPs.
    """
    if task == REGRESSION:
        return [*_linear_regression(), _network_regression(n_epochs)]
    return [*_linear_classification(), _network_classification(n_epochs)]


L1 = "l1: alpha * sum |w|"
MIXED = "elastic net: alpha * (half l1 + half l2)"
L2 = "l2: alpha * sum w^2 / 2"


def _linear_regression() -> list[Problem]:
    def pair(title: str, l1_ratio: float, penalty: str, peer: Any) -> Problem:
        name = type(peer).__name__
        source = f"sklearn.{name}"
        ours = LinearRegressor(penalty, l1_ratio=0.5)
        return Problem(
            title,
            l1_ratio,
            source,
            Contender("sklreg LinearRegressor", ours),
            Contender(f"sklearn {name}", ByAlpha(peer, source), limit="max_iter=10000"),
        )

    return [
        pair(L1, 1.0, "l1", Lasso(max_iter=10_000)),
        pair(MIXED, 0.5, "elasticnet", ElasticNet(l1_ratio=0.5, max_iter=10_000)),
        pair(L2, 0.0, "l2", Ridge()),
    ]


def _linear_classification() -> list[Problem]:
    source = "sklearn.LogisticRegression"

    def pair(title: str, l1_ratio: float, penalty: str) -> Problem:
        peer = ByAlpha(logistic_regression(l1_ratio), source)
        return Problem(
            title,
            l1_ratio,
            source,
            Contender("sklreg LinearClassifier", LinearClassifier(penalty)),
            Contender("sklearn LogisticRegression", peer, limit="max_iter=1000"),
        )

    return [pair(L1, 1.0, "l1"), pair(L2, 0.0, "l2")]


def logistic_regression(l1_ratio: float) -> LogisticRegression:
    """Return LogisticRegression with l1 or l2, as its version wants to be asked.

    Since 1.8 `l1_ratio` alone decides and `penalty` is deprecated.

    Parameters
    ----------
    l1_ratio : {1.0, 0.0}
        l1 or l2.
    """
    settings: dict[str, Any] = {"max_iter": 1000}
    if l1_ratio:
        settings |= {"solver": "saga", "random_state": 0}
    if LogisticRegression().penalty == "deprecated":
        return LogisticRegression(l1_ratio=l1_ratio, **settings)
    return LogisticRegression(penalty="l1" if l1_ratio else "l2", **settings)


def _network_regression(n_epochs: int) -> Problem:
    def scaled(model: Any) -> Any:
        return TransformedTargetRegressor(model, transformer=StandardScaler())

    ours = neural.MLPRegressor("l2", **_epochs(n_epochs))
    peer = ByAlpha(MLPRegressor(**_epochs(n_epochs)), "sklearn.MLP")
    path = "model__regressor__alpha"
    return Problem(
        f"{_network_title(n_epochs)}, target standardised",
        0.0,
        "sklearn.MLP",
        Contender("sklreg MLPRegressor", scaled(ours), path),
        Contender("sklearn MLPRegressor", scaled(peer), path),
        exact=False,
    )


def _network_classification(n_epochs: int) -> Problem:
    ours = neural.MLPClassifier("l2", **_epochs(n_epochs))
    peer = ByAlpha(MLPClassifier(**_epochs(n_epochs)), "sklearn.MLP")
    return Problem(
        _network_title(n_epochs),
        0.0,
        "sklearn.MLP",
        Contender("sklreg MLPClassifier", ours),
        Contender("sklearn MLPClassifier", peer),
        exact=False,
    )


def _network_title(n_epochs: int) -> str:
    return f"network: {HIDDEN} hidden units, l2, {n_epochs} epochs from a random start"


def _epochs(n_epochs: int) -> dict[str, Any]:
    return NETWORK | {"max_iter": n_epochs, "n_iter_no_change": n_epochs}


def core_target(pipeline: Any, y: Any) -> np.ndarray:
    """Return the target as the core of a fitted pipeline saw it.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted.
    y : array of shape (n_samples,)
        The target as given.
    """
    transformer = getattr(pipeline[-1], "transformer_", None)
    if transformer is None:
        return np.asarray(y)
    return transformer.transform(np.reshape(y, (-1, 1))).ravel()
