"""What the tests cross: penalties, losses, problems and designs; a new one is a row.

Problems are small. Those named after a data set come with scikit-learn, the others
are drawn from a seed.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from sklearn import datasets
from sklearn.preprocessing import scale
from user_penalties import MCP, LHalf

from sklreg import losses, penalties

# Penalties ----------------------------------------------------------------------------

#: Parameter objects by name; each class of the package is in here.
PENALTIES: dict[str, penalties.Penalty] = {
    "l1": penalties.L1(),
    "l2": penalties.L2(),
    "elasticnet": penalties.ElasticNet(l1_ratio=0.3),
    "elasticnet_default": penalties.ElasticNet(),
    "mcp": penalties.MCP(gamma=3.0),
}

#: Penalties of blocks of weights, for 6 features.
GROUPED: dict[str, penalties.Penalty] = {
    "group": penalties.GroupL1(),
    "group_of_several": penalties.GroupL1(groups=[0, 0, 1, 2, 2, 2]),
    "group_scattered": penalties.GroupL1(groups=[7, 2, 7, 5, 2, 7], weights=[1, 2, 3]),
    "group_named": penalties.GroupL1(groups=list("xyxyyx"), weights=1.0),
    "group_free": penalties.GroupL1(groups=[0, 0, 1, 2, 2, 2], weights=[1, 0.5, 0]),
    "group_elasticnet": penalties.GroupElasticNet(
        l1_ratio=0.7, groups=[0, 0, 1, 2, 2, 2], weights=[1, 0.5, 0]
    ),
    "group_none": penalties.GroupL1(groups=[0, 0, 1, 2, 2, 2], weights=0.0),
    "group_ridge": penalties.GroupElasticNet(
        l1_ratio=0.3, groups=[0, 0, 1, 2, 2, 2], weights=0.0
    ),
    "sparse_group": penalties.SparseGroupL1(groups=[0, 0, 1, 2, 2, 2]),
    "sparse_group_none": penalties.SparseGroupL1(l1_ratio=0.0, weights=0.0),
    "sparse_group_scattered": penalties.SparseGroupL1(
        l1_ratio=0.2, groups=[7, 2, 7, 5, 2, 7], weights=[1, 2, 0]
    ),
}

#: Penalties around others.
COMPOSED: dict[str, penalties.Penalty] = {
    "weighted": penalties.Weighted(weights=2.5),
    "weighted_elasticnet": penalties.Weighted(penalties.ElasticNet(0.3), weights=0.4),
    "weighted_mcp": penalties.Weighted("mcp", weights=0.8),
    "unpenalised": penalties.Weighted(weights=0.0),
    "excluded": penalties.Weighted(weights=float("inf")),
    "bounded": penalties.Bounded(lower=-0.4, upper=2.2),
    "bounded_none": penalties.Bounded(None, lower=-0.4, upper=1.1),
    "bounded_elasticnet": penalties.Bounded(penalties.ElasticNet(0.3), upper=0.8),
    "bounded_mcp": penalties.Bounded("mcp", lower=-1.0, upper=1.5),
    "bounded_weighted": penalties.Bounded(
        penalties.Weighted("l2", weights=0.5), lower=0.0, upper=1.0
    ),
}

#: Written with `value` and `prox` only, outside the package.
USER_PENALTIES: dict[str, penalties.Penalty] = {
    "l_half": LHalf(),
    "users_mcp": MCP(gamma=3.0),
}

#: Values that a parameter object must refuse: class, parameters.
BAD_PENALTIES = [
    *(
        (grouped, bad)
        for grouped in (penalties.GroupElasticNet, penalties.SparseGroupL1)
        for bad in ({"l1_ratio": 1.5}, {"weights": -1.0}, {"groups": [0, 1]})
    ),
    (penalties.ElasticNet, {"l1_ratio": -0.1}),
    (penalties.ElasticNet, {"l1_ratio": 1.5}),
    (penalties.ElasticNet, {"l1_ratio": float("nan")}),
    (penalties.ElasticNet, {"l1_ratio": "half"}),
    (penalties.ElasticNet, {"l1_ratio": True}),
    (penalties.GroupL1, {"weights": -1.0}),
    (penalties.GroupL1, {"weights": [1.0, float("nan"), 1.0]}),
    (penalties.GroupL1, {"weights": "size"}),
    (penalties.GroupL1, {"weights": None}),
    (penalties.GroupL1, {"weights": [1.0, 2.0]}),
    (penalties.GroupL1, {"groups": [0, 1]}),
    (penalties.GroupL1, {"groups": 3}),
    (penalties.GroupL1, {"groups": [0.0, float("nan"), 1.0]}),
    (penalties.Weighted, {"weights": -1.0}),
    (penalties.Weighted, {"weights": [1.0, 2.0, float("nan")]}),
    (penalties.Weighted, {"weights": [1.0, 2.0]}),
    (penalties.Weighted, {"weights": "sqrt"}),
    (penalties.Weighted, {"weights": None}),
    (penalties.Weighted, {"weights": True}),
    (penalties.Weighted, {"penalty": "elasticnet"}),
    (penalties.Weighted, {"penalty": 3}),
    (penalties.Weighted, {"penalty": penalties.GroupL1()}),
    (penalties.Bounded, {"penalty": ["l1"]}),
    (penalties.Bounded, {"penalty": "group"}),
    (penalties.Bounded, {"lower": 0.1}),
    (penalties.Bounded, {"upper": [1.0, 2.0, -1.0]}),
    (penalties.Bounded, {"upper": float("nan")}),
    (penalties.Bounded, {"lower": [[0.0, 0.0, 0.0]]}),
    (penalties.MCP, {"gamma": 1.0}),
    (penalties.MCP, {"gamma": float("inf")}),
]


def positive(record: Any, n_features: int) -> Any:
    """Return the record restricted to weights of at least zero."""
    return penalties.per_feature(record, n_features, lower=0.0)


_COMPOSED = type(penalties.Weighted().record(1.0, 1))


def strong(record: Any, alpha: float) -> Any:
    """Return the record with another strength; none stays none."""
    if isinstance(record, _COMPOSED):
        return record._replace(penalty=strong(record.penalty, alpha))
    return record._replace(alpha=alpha if record.alpha > 0.0 else 0.0)


def resized(record: Any, n_features: int) -> Any:
    """Return the record for another number of features, all like the first."""
    if not isinstance(record, _COMPOSED):
        return record
    first = {name: getattr(record, name)[0] for name in ("weights", "lower", "upper")}
    return penalties.per_feature(record.penalty, n_features, **first)


def _records() -> dict[str, Any]:
    objects = PENALTIES | USER_PENALTIES | COMPOSED
    records = {name: thing.record(0.7, 4) for name, thing in objects.items()}
    records["none"] = penalties.L2().record(0.0, 4)
    restricted = {
        f"positive_{name}": positive(records[name], 4) for name in (*PENALTIES, "none")
    }
    return records | restricted


#: What kernels see, with and without the restriction to positive weights.
RECORDS = _records()
CONVEX = {name: record for name, record in RECORDS.items() if record.convex}


class Elastic(NamedTuple):
    """A penalty in the words of an estimator, and its two strengths at alpha = 1."""

    parameters: dict[str, Any]
    l1: float
    l2: float

    @property
    def positive(self) -> bool:
        return self.parameters.get("positive", False)

    @property
    def strict(self) -> bool:
        return self.l2 > 0.0


#: Settings of the linear estimators whose optimality conditions we can write down.
SETTINGS: dict[str, Elastic] = {
    "none": Elastic({"penalty": None}, 0.0, 0.0),
    "l1": Elastic({"penalty": "l1"}, 1.0, 0.0),
    "l2": Elastic({"penalty": "l2"}, 0.0, 1.0),
    "elasticnet": Elastic({"penalty": "elasticnet", "l1_ratio": 0.4}, 0.4, 0.6),
    "object": Elastic({"penalty": penalties.ElasticNet(l1_ratio=0.8)}, 0.8, 0.2),
    "l1_positive": Elastic({"penalty": "l1", "positive": True}, 1.0, 0.0),
    "l2_positive": Elastic({"penalty": "l2", "positive": True}, 0.0, 1.0),
    "none_positive": Elastic({"penalty": None, "positive": True}, 0.0, 0.0),
}

# Losses -------------------------------------------------------------------------------


class LossRow(NamedTuple):
    """A loss and targets it is made for, drawn by ``targets(rng, n)``.

    `bounded`: the curvature is, so that the majorizer lies above `f` everywhere.
    """

    loss: losses.Loss
    targets: Any
    bounded: bool = True
    convex: bool = True


def _numbers(rng, n, k=2):
    return np.ascontiguousarray(rng.normal(scale=2.0, size=(n, k)))


def _labels(rng, n):
    y = rng.integers(0, 2, size=(n, 2)).astype(float)
    y[:2] = [[0.0, 1.0], [1.0, 0.0]]
    return y


def _counts(rng, n):
    y = rng.poisson(1.5, size=(n, 2)).astype(float)
    y[:2] = [[0.0, 3.0], [2.0, 0.0]]
    return y


def _amounts(rng, n):
    """Positive numbers, and zeros."""
    return _sizes(rng, n) * (_counts(rng, n) > 0.0)


def _sizes(rng, n):
    return np.exp(rng.normal(0.3, 0.8, size=(n, 2)))


def _one_hot(rng, n, k=4):
    return np.eye(k)[np.r_[np.arange(k), rng.integers(0, k, size=n - k)]]


LOSSES: dict[str, LossRow] = {
    "squared_error": LossRow(losses.SquaredError(), _numbers),
    "huber": LossRow(losses.Huber(), _numbers),
    "huber_narrow": LossRow(losses.Huber(delta=0.2), _numbers),
    "log_loss": LossRow(losses.LogLoss(), _labels),
    "softmax": LossRow(losses.Softmax(), _one_hot),
    "softmax_two": LossRow(losses.Softmax(), functools.partial(_one_hot, k=2)),
    "squared_hinge": LossRow(losses.SquaredHinge(), _labels),
    "poisson": LossRow(losses.Poisson(), _counts, bounded=False),
    "gamma": LossRow(losses.Gamma(), _sizes, bounded=False),
    "tweedie": LossRow(losses.Tweedie(), _amounts, bounded=False),
    "tweedie_0": LossRow(losses.Tweedie(power=0), _sizes, bounded=False, convex=False),
    "tweedie_3": LossRow(losses.Tweedie(power=3), _sizes, bounded=False, convex=False),
}

#: Losses whose derivative jumps, which networks take and linear models do not.
KINKED: dict[str, LossRow] = {
    "absolute_error": LossRow(losses.AbsoluteError(), _numbers),
    "quantile": LossRow(losses.Quantile(q=0.3), _numbers),
}

#: Values that a loss must refuse: class, parameters.
BAD_LOSSES = [
    (losses.Quantile, {"q": 0.0}),
    (losses.Quantile, {"q": 1.0}),
    (losses.Huber, {"delta": 0.0}),
    (losses.Huber, {"delta": -1.0}),
    (losses.Huber, {"delta": float("nan")}),
    (losses.Huber, {"delta": None}),
    (losses.Tweedie, {"power": -1.0}),
    (losses.Tweedie, {"power": 0.5}),
    (losses.Tweedie, {"power": float("inf")}),
    (losses.Tweedie, {"power": "1"}),
]

# Problems -----------------------------------------------------------------------------


class Data(NamedTuple):
    """Features, a number to predict and a class to predict."""

    X: np.ndarray
    y: np.ndarray
    binary: np.ndarray
    classes: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Positive numbers."""
        return np.exp(0.8 * scale(self.y))

    @property
    def counts(self) -> np.ndarray:
        """Whole numbers of at least zero."""
        return np.floor(2.0 * self.sizes)

    @property
    def amounts(self) -> np.ndarray:
        """Positive numbers and zeros."""
        return self.sizes * (self.counts > 0.0)


def _drawn(seed: int, n: int, p: int, density: float = 1.0) -> Data:
    """Noisy linear targets of correlated, uncentred features."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) + 0.5 * rng.normal(size=(n, 1))
    X = (X + rng.normal(size=p)) * rng.uniform(0.5, 2.0, size=p)
    if density < 1.0:
        X *= rng.random(X.shape) < density
    w = rng.normal(size=(p, 4)) * (rng.random((p, 1)) < max(0.2, 3 / p))
    eta = X @ w + 0.5 * np.std(X @ w) * rng.normal(size=(n, 4))
    noisy = eta - eta.mean(axis=0) + 2.0 * rng.gumbel(size=eta.shape)
    binary = (noisy[:, 0] > np.median(noisy[:, 0])).astype(int)
    return Data(X, eta[:, 0] + 3.0, binary, noisy.argmax(axis=1))


def _diabetes() -> Data:
    X, y = datasets.load_diabetes(return_X_y=True)
    return Data(X, y, (y > 140).astype(int), np.digitize(y, [90, 150, 210]))


def _breast_cancer() -> Data:
    X, y = datasets.load_breast_cancer(return_X_y=True)
    X = scale(X[:200, :12])
    return Data(X, X[:, 0] + X[:, 3] ** 2, y[:200], y[:200] + 2 * (X[:, 5] > 0))


def _digits() -> Data:
    X, y = datasets.load_digits(n_class=4, return_X_y=True)
    X, y = X[:160], y[:160]
    return Data(X / 16.0, X[:, 20], (y > 1).astype(int), y)


_MAKERS = {
    "tall": functools.partial(_drawn, 0, 120, 7),
    "wide": functools.partial(_drawn, 1, 30, 50),
    "sparse": functools.partial(_drawn, 2, 80, 25, 0.15),
    "diabetes": _diabetes,
    "breast_cancer": _breast_cancer,
    "digits": _digits,
}
PROBLEMS = list(_MAKERS)


@functools.cache
def problem(name: str) -> Data:
    """Return the data of that name, read-only because they are shared."""
    data = _MAKERS[name]()
    for part in data:
        part.flags.writeable = False
    return data


class Task(NamedTuple):
    """A loss in the words of an estimator, its target in `Data`, and its naive name."""

    estimator: str
    parameters: dict[str, Any]
    target: str
    naive: str


TASKS: dict[str, Task] = {
    "squared_error": Task("LinearRegressor", {}, "y", "squared_error"),
    "huber": Task("LinearRegressor", {"loss": losses.Huber(delta=0.8)}, "y", "huber"),
    "log_loss": Task("LinearClassifier", {}, "binary", "log_loss"),
    "multinomial": Task("LinearClassifier", {}, "classes", "softmax"),
    "squared_hinge": Task(
        "LinearClassifier", {"loss": "squared_hinge"}, "binary", "squared_hinge"
    ),
    "poisson": Task("LinearRegressor", {"loss": "poisson"}, "counts", "poisson"),
    "gamma": Task("LinearRegressor", {"loss": "gamma"}, "sizes", "gamma"),
    "tweedie": Task("LinearRegressor", {"loss": "tweedie"}, "amounts", "tweedie"),
}

# Designs ------------------------------------------------------------------------------


def _strided(X):
    wide = np.zeros((X.shape[0], 2 * X.shape[1]))
    wide[:, ::2] = X
    return wide[:, ::2]


def _read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def _int64(X):
    matrix = scipy.sparse.csc_array(X)
    matrix.indices = matrix.indices.astype(np.int64)
    matrix.indptr = matrix.indptr.astype(np.int64)
    return matrix


def untidy_csc(X):
    """Return X as CSC with every entry split in two, columns from bottom to top."""
    canonical = scipy.sparse.csc_array(X)
    data, indices = [], []
    for start, stop in zip(canonical.indptr[:-1], canonical.indptr[1:], strict=True):
        backwards = slice(start, stop)
        half = 0.5 * canonical.data[backwards][::-1]
        rows = canonical.indices[backwards][::-1]
        data += [half, half]
        indices += [rows, rows]
    parts = np.concatenate(data), np.concatenate(indices), 2 * canonical.indptr
    return scipy.sparse.csc_array(parts, shape=X.shape)


#: The same float64 numbers in other clothes.
DESIGNS = {
    "c_order": np.ascontiguousarray,
    "f_order": np.asfortranarray,
    "strided": _strided,
    "read_only": _read_only,
    "csc_matrix": scipy.sparse.csc_matrix,
    "csr_matrix": scipy.sparse.csr_matrix,
    "coo_array": scipy.sparse.coo_array,
    "csc_array": scipy.sparse.csc_array,
    "csr_array": scipy.sparse.csr_array,
    "csc_int64": _int64,
    "csc_untidy": untidy_csc,
}
#: The same in single precision.
DESIGNS32 = {
    "dense": lambda X: X.astype(np.float32),
    "f_order": lambda X: np.asfortranarray(X.astype(np.float32)),
    "csc": lambda X: scipy.sparse.csc_array(X.astype(np.float32)),
    "csr": lambda X: scipy.sparse.csr_array(X.astype(np.float32)),
}
