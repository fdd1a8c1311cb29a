"""The problems of the comparison: data, loss, penalty and strengths, one line each.

Real data come from a folder of `NAME.npz` files (X, y, and `group` where there is one);
sparse ones are SciPy matrices with `NAME_y.npy` beside them. Dense columns are
standardised beforehand, in float64 and Fortran order, constant ones are left out;
sparse columns stay as they are. Strengths are fractions of the smallest one that makes
all weights zero.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse
import scipy.special
from sklearn.datasets import load_digits
from sklearn.preprocessing import PolynomialFeatures


class Problem(NamedTuple):
    """Mean loss of `X w + b` plus `alpha P(w)`, for one alpha or a path of them."""

    X: object  # float64 Fortran order, or CSC
    y: np.ndarray  # float64; classes are 0.0, 1.0, ...
    loss: str  # "squared_error" or "log_loss"
    penalty: str  # "l1", "l2", "mcp" or "group"
    alphas: np.ndarray  # decreasing
    groups: np.ndarray | None = None  # of each column, numbered from 0, contiguous
    gamma: float = 3.0  # of mcp

    @property
    def alpha(self):
        """The strength of a problem that has one."""
        return float(self.alphas[0])

    @property
    def kind(self):
        """What a solver must be able to do."""
        model = "multinomial" if self.n_outputs > 1 else self.loss
        return model, self.penalty, "path" if len(self.alphas) > 1 else "fit"

    @property
    def n_outputs(self):
        """1, or the number of classes if more than two."""
        n_classes = int(self.y.max()) + 1 if self.loss == "log_loss" else 1
        return n_classes if n_classes > 2 else 1

    @property
    def sizes(self):
        """Number of columns of each group."""
        return np.bincount(self.groups)

    @property
    def one_hot(self):
        """The classes as columns of 0 and 1."""
        return (self.y[:, None] == np.arange(self.y.max() + 1)).astype(float)


class Case(NamedTuple):
    """One line of the table."""

    name: str
    build: object  # what makes the problem from the folder of data
    target: float = 1.0  # the fastest peer's time over ours should be at least this
    without: tuple[str, ...] = ()  # solvers left out


def standardised(X):
    """Return the columns that vary with mean 0 and standard deviation 1."""
    X = np.asarray(X, dtype=np.float64)
    X = X - X.mean(axis=0)
    scale = X.std(axis=0)
    X = X[:, scale > 1e-10] / scale[scale > 1e-10]
    return np.asfortranarray(X - X.mean(axis=0))


def strongest(X, y, loss, penalty, groups=None):
    """Return the smallest strength that makes every weight zero."""
    if loss == "log_loss" and y.max() > 1:
        residual = (y[:, None] == np.arange(y.max() + 1)).astype(float)
    else:
        residual = y[:, None].astype(float)
    gradient = X.T @ (residual - residual.mean(axis=0)) / len(y)
    if penalty != "group":
        return float(np.abs(gradient).max())
    squares = np.bincount(groups, gradient[:, 0] ** 2)
    return float(np.sqrt(squares / np.bincount(groups)).max())


def stated(X, y, loss, penalty, *, fraction=0.1, n_alphas=1, alpha=None, groups=None):
    """Return the problem at a fraction of the strongest alpha, or on a path there."""
    if alpha is None:
        top = strongest(X, y, loss, penalty, groups)
        alpha = fraction * top
    alphas = np.array([alpha])
    if n_alphas > 1:
        alphas = np.geomspace(top, alpha, n_alphas)
    return Problem(X, y, loss, penalty, alphas, groups)


def dense(folder, name):
    """Return the standardised X and y of a dense data set."""
    with np.load(Path(folder) / f"{name}.npz", allow_pickle=False) as file:
        return standardised(file["X"]), file["y"].astype(np.float64)


def signs_to_classes(y):
    """Return 0.0 and 1.0 for -1 and 1."""
    return (y > 0).astype(np.float64)


def cubic(folder, name):
    """Return all products of up to three standardised columns, and y."""
    X, y = dense(folder, name)
    return standardised(PolynomialFeatures(3, include_bias=False).fit_transform(X)), y


def grouped(folder, name):
    """Return X, y and the group of each column that is not constant."""
    with np.load(Path(folder) / f"{name}.npz", allow_pickle=False) as file:
        X, y, group = file["X"], file["y"].astype(np.float64), file["group"]
    kept = np.unique(group[X.std(axis=0) > 1e-10], return_inverse=True)[1]
    return standardised(X), y, kept


def text(folder, target):
    """Return the word counts of 20 newsgroups (CSC, not standardised) and y."""
    X = scipy.sparse.load_npz(Path(folder) / "news20_tfidf.npz")
    y = np.load(Path(folder) / f"news20_tfidf_{target}.npy").astype(np.float64)
    return scipy.sparse.csc_matrix(X, dtype=np.float64), y


def lasso(name, load=dense, **strength):
    """Return what builds a lasso; classes -1 and 1 count as numbers."""
    return lambda folder: stated(*load(folder, name), "squared_error", "l1", **strength)


def lasso_text(**strength):
    """Return what builds a lasso on text."""
    return lambda folder: stated(
        *text(folder, "y_bin"), "squared_error", "l1", **strength
    )


def single_precision(folder):
    """Return a lasso on 100 000 x 100 random numbers in float32."""
    del folder
    random = np.random.default_rng(0)
    X = np.asfortranarray(random.standard_normal((100_000, 100)), dtype=np.float32)
    X -= X.mean(axis=0, dtype=np.float64).astype(np.float32)
    noise = random.standard_normal(len(X))
    y = (X[:, :20] @ random.standard_normal(20) + noise).astype(np.float32)
    return stated(X, y, "squared_error", "l1", fraction=0.01)


def logistic(name, penalty="l1", **strength):
    """Return what builds a logistic regression on dense data."""

    def build(folder):
        X, y = dense(folder, name)
        return stated(X, signs_to_classes(y), "log_loss", penalty, **strength)

    return build


def logistic_text(**strength):
    """Return what builds an l1 logistic regression on text."""

    def build(folder):
        X, y = text(folder, "y_bin")
        return stated(X, signs_to_classes(y), "log_loss", "l1", **strength)

    return build


def digits(**strength):
    """Return what builds an l1 multinomial regression on scikit-learn's digits."""

    def build(folder):
        del folder
        X, y = load_digits(return_X_y=True)
        return stated(standardised(X), y.astype(float), "log_loss", "l1", **strength)

    return build


def newsgroups(folder):
    """Return an l1 multinomial regression with 20 classes of text."""
    return stated(*text(folder, "y"), "log_loss", "l1", fraction=0.1)


def mnist(folder):
    """Return an l2 multinomial regression; pixels / 255, not standardised."""
    with np.load(Path(folder) / "mnist.npz", allow_pickle=False) as file:
        X = np.asfortranarray(file["X"] / 255.0)
        y = file["y"].astype(np.float64)
    return stated(X, y, "log_loss", "l2", alpha=1e-4)


def ridge(name, load=dense, *, alpha):
    """Return what builds a ridge regression."""
    return lambda folder: stated(
        *load(folder, name), "squared_error", "l2", alpha=alpha
    )


def ridge_text(*, alpha):
    """Return what builds a ridge regression on text."""
    return lambda folder: stated(
        *text(folder, "y_bin"), "squared_error", "l2", alpha=alpha
    )


def ridge_embedded(folder):
    """Return a ridge regression on 8000 x 3000 random numbers of rank 200 and noise."""
    del folder
    random = np.random.default_rng(0)
    X = random.standard_normal((8000, 200)) @ random.standard_normal((200, 3000))
    X = standardised(X / np.sqrt(200.0) + 0.1 * random.standard_normal(X.shape))
    y = X @ random.standard_normal(3000) / 30.0 + random.standard_normal(8000)
    return stated(X, y, "squared_error", "l2", alpha=0.01)


def mcp(name, **strength):
    """Return what builds a regression with the MCP, gamma 3."""
    return lambda folder: stated(
        *dense(folder, name), "squared_error", "mcp", **strength
    )


def group_lasso(folder):
    """Return a group lasso on house prices, weights sqrt(size of the group)."""
    X, y, groups = grouped(folder, "ames_onehot")
    return stated(X, y, "squared_error", "group", groups=groups)


def group_logistic(folder):
    """Return a logistic group lasso, weights sqrt(size of the group)."""
    X, y, groups = grouped(folder, "adult_onehot")
    return stated(X, signs_to_classes(y), "log_loss", "group", groups=groups)


CASES = [
    Case("lasso leukemia /10", lasso("leukemia_golub", fraction=0.1), target=3.0),
    Case("lasso leukemia /100", lasso("leukemia_golub", fraction=0.01), target=3.0),
    Case("lasso riboflavin /10", lasso("riboflavin", fraction=0.1), target=3.0),
    Case("lasso riboflavin /100", lasso("riboflavin", fraction=0.01), target=3.0),
    Case("lasso text /10", lasso_text(fraction=0.1), target=2.0),
    Case("lasso text /100", lasso_text(fraction=0.01), target=2.0),
    Case("lasso california /10", lasso("california_housing", cubic, fraction=0.1)),
    Case("lasso california /100", lasso("california_housing", cubic, fraction=0.01)),
    Case("lasso float32 /100", single_precision),
    Case(
        "lasso path leukemia to /100",
        lasso("leukemia_golub", fraction=0.01, n_alphas=100),
        target=2.5,
    ),
    Case(
        "lasso path protein to /1000",
        lasso("uci_protein", cubic, fraction=0.001, n_alphas=100),
        target=3.0,
    ),
    Case(
        "lasso path madelon to /100",
        lasso("madelon", fraction=0.01, n_alphas=100),
    ),
    Case("logistic leukemia /10", logistic("leukemia_golub", fraction=0.1), target=2.0),
    Case(
        "logistic leukemia /100", logistic("leukemia_golub", fraction=0.01), target=2.0
    ),
    Case("logistic colon /10", logistic("colon_alon", fraction=0.1), target=2.0),
    Case("logistic colon /100", logistic("colon_alon", fraction=0.01), target=2.0),
    Case("logistic text /10", logistic_text(fraction=0.1), target=2.0),
    Case("logistic text /100", logistic_text(fraction=0.01), target=2.0),
    Case("logistic adult /100", logistic("adult_onehot", fraction=0.01), target=2.0),
    Case(
        "logistic path leukemia to /100",
        logistic("leukemia_golub", fraction=0.01, n_alphas=100),
        target=2.0,
    ),
    Case("multinomial digits /10", digits(fraction=0.1), target=2.0),
    Case("multinomial digits /100", digits(fraction=0.01), target=2.0),
    Case("multinomial text /10", newsgroups, target=2.0),
    Case("ridge california 0.1", ridge("california_housing", cubic, alpha=0.1)),
    Case("ridge leukemia 100", ridge("leukemia_golub", alpha=100.0)),
    Case("ridge text 0.01", ridge_text(alpha=1e-2)),
    Case("ridge text 0.0001", ridge_text(alpha=1e-4)),
    Case("ridge text 0.000001", ridge_text(alpha=1e-6)),
    Case("ridge 8000 x 3000 0.01", ridge_embedded),
    Case("l2 logistic adult 0.001", logistic("adult_onehot", "l2", alpha=1e-3)),
    Case("l2 multinomial mnist 0.0001", mnist),
    Case("mcp leukemia /10", mcp("leukemia_golub", fraction=0.1), target=2.0),
    Case("group lasso ames /10", group_lasso, target=2.0),
    Case("group logistic adult /10", group_logistic, target=2.0),
]
