"""What changing an import changes: times of scikit-learn's estimators and of sklreg's.

    python benchmarks/drop_in.py [--shared FOLDER] [--repeats N]

Each line is one estimator at its default `tol` on one problem: the least time of either
library, fits in turn, one thread, and how far above the minimum each objective is,
relative to that of the best constant prediction. A star is where they chose different
strengths. With --shared, the data sets of the folder as well.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.special
from sklearn import linear_model
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    make_regression,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import PolynomialFeatures, scale
from threadpoolctl import threadpool_limits

import sklreg

#: Parameters that the table leaves out.
UNSAID = {"solver", "max_iter", "scoring", "use_legacy_attributes"}


class Case(NamedTuple):
    """An estimator's name and parameters, and data; a grid to search in, or None."""

    data: str
    name: str
    parameters: dict[str, Any]
    X: Any
    y: Any
    grid: dict[str, Any] | None = None

    def run(self, library: Any) -> tuple[float, Any]:
        """Return the time of a fit, or of a search, and the fitted estimator."""
        model = getattr(library, self.name)(**self.parameters)
        if self.grid is not None:
            model = GridSearchCV(model, self.grid, cv=5)
        start = time.perf_counter()
        model.fit(self.X, self.y)
        seconds = time.perf_counter() - start
        return seconds, model if self.grid is None else model.best_estimator_


def objective(model: Any, X: Any, y: Any) -> float:
    """Return what the model minimises, for a mean loss, over that of the null model."""
    W, n = np.atleast_2d(model.coef_), len(y)
    ratio = chosen(model, "l1_ratio", 0.0) or 0.0
    C = chosen(model, "C")
    if C is not None:
        eta = model.decision_function(X)
        eta = np.column_stack([0.0 * eta, eta]) if eta.ndim == 1 else eta
        k = np.searchsorted(model.classes_, y)
        loss = -scipy.special.log_softmax(eta, axis=1)[np.arange(n), k].mean()
        alpha, null = 1.0 / (C * n), scipy.special.entr(np.bincount(k) / n).sum()
    else:
        loss = 0.5 * ((y - model.predict(X)) ** 2).mean()
        alpha, null = chosen(model, "alpha"), 0.5 * y.var()
        if type(model).__name__.startswith("Ridge"):
            alpha, ratio = alpha / n, 0.0
    size = ratio * np.abs(W).sum() + 0.5 * (1.0 - ratio) * (W**2).sum()
    return (loss + alpha * size) / null


def chosen(model: Any, name: str, default: Any = None) -> Any:
    """Return a parameter, or what cross-validation took for it."""
    return getattr(model, f"{name}_", getattr(model, name, default))


def cases(shared: Path | None) -> Iterator[Case]:
    """Yield the cases, small data first."""
    X, y = load_diabetes(return_X_y=True)
    X = scale(PolynomialFeatures(2, include_bias=False).fit_transform(X))
    yield from regressions("diabetes, degree 2", X, y)
    X, y = make_regression(100, 5000, n_informative=20, noise=5.0, random_state=0)
    yield from regressions("drawn, 100 x 5000", X, y)
    X, y = make_regression(20_000, 200, n_informative=50, noise=50.0, random_state=0)
    yield from regressions("drawn, 20000 x 200", X, y)
    for data, load in (("breast cancer", load_breast_cancer), ("digits", load_digits)):
        X, y = load(return_X_y=True)
        yield from classifications(data, scale(X), y)
    if shared is not None:
        for path in sorted((shared / "data").glob("leukemia*.npz")):
            with np.load(path, allow_pickle=False) as file:
                X, y = scale(file["X"]), file["y"]
            yield from regressions(path.stem, X, scale(y.astype(float)))
            yield from classifications(path.stem, X, y)


def regressions(data: str, X: Any, y: Any) -> Iterator[Case]:
    """Yield a lasso, an elastic net, ridges and a search for the lasso's strength."""
    strongest = sklreg.alpha_max(sklreg.Lasso(), X, y)
    for share in (0.1, 0.01):
        yield Case(data, "Lasso", {"alpha": share * strongest}, X, y)
    yield Case(data, "ElasticNet", {"alpha": 0.05 * strongest}, X, y)
    yield Case(data, "Ridge", {}, X, y)
    alphas = np.geomspace(1e-3, 1e3, 30) * len(y)
    yield Case(data, "RidgeCV", {"alphas": alphas}, X, y)
    yield Case(data, "RidgeCV", {"alphas": alphas, "cv": 5}, X, y)
    grid = {"alpha": strongest * np.geomspace(1.0, 0.01, 30)}
    yield Case(data, "Lasso", {}, X, y, grid)


def classifications(data: str, X: Any, y: Any) -> Iterator[Case]:
    """Yield logistic regressions with l2 and with l1."""
    yield Case(data, "LogisticRegression", {}, X, y)
    sparse = {"l1_ratio": 1.0, "solver": "saga", "C": 0.1, "max_iter": 10_000}
    yield Case(data, "LogisticRegression", sparse, X, y)
    said = {"scoring": "neg_log_loss", "use_legacy_attributes": False}
    yield Case(data, "LogisticRegressionCV", {"l1_ratios": [0], **said}, X, y)
    Cs = np.geomspace(1e-3, 1.0, 10)  # beyond, saga hardly converges
    sparse = {"l1_ratios": [1], "solver": "saga", "Cs": Cs, "max_iter": 10_000}
    if len(np.unique(y)) == 2:
        yield Case(data, "LogisticRegressionCV", sparse | said, X, y)


def excess(model: Any, case: Case) -> float:
    """Return how far the objective is above the minimum at the model's strength."""
    estimator = getattr(sklreg, case.name.removesuffix("CV"))
    known = estimator().get_params()
    found = {name: chosen(model, name) for name in ("alpha", "C", "l1_ratio")}
    settings = case.parameters | found | {"tol": 1e-3 * known["tol"]}
    settings = {name: each for name, each in settings.items() if name in known}
    precise = estimator(**settings).fit(case.X, case.y)
    reached = objective(model, case.X, case.y)
    return max(reached - objective(precise, case.X, case.y), 0.0)


def shown(name: str, value: Any) -> str:
    """Return a parameter in a few words."""
    if np.isscalar(value):
        return f"{name}={value:.3g}"
    return f"{name}={value}" if len(value) == 1 else f"{len(value)} {name}"


def compared(case: Case, repeats: int) -> str:
    """Return a line of the table."""
    libraries = {"scikit-learn": linear_model, "sklreg": sklreg}
    case.run(sklreg)  # compiles
    runs = [
        {name: case.run(library) for name, library in libraries.items()}
        for _ in range(repeats)
    ]
    least = {name: min(run[name][0] for run in runs) for name in libraries}
    models = {name: runs[0][name][1] for name in libraries}
    words = ", ".join(
        shown(k, v) for k, v in case.parameters.items() if k not in UNSAID
    )
    label = f"{case.name}({words})" + (", 30 alphas x 5" if case.grid else "")
    numbers = "".join(
        f"{1e3 * least[name]:>10.1f} {excess(models[name], case):>9.0e}"
        for name in libraries
    )
    ratio = least["scikit-learn"] / least["sklreg"]
    strengths = {(chosen(m, "alpha"), chosen(m, "C")) for m in models.values()}
    mark = " *" if len(strengths) > 1 else ""
    return f"{case.data:20} {label:42}{numbers}{ratio:>8.1f}{mark}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shared", type=Path, help="folder that holds data/")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(f"{'':62}{'scikit-learn':>20}{'sklreg':>20}{'times':>8}")
    print(f"{'':62}{'ms':>10}{'excess':>10}{'ms':>10}{'excess':>10}")
    with threadpool_limits(1):
        for case in cases(options.shared):
            print(compared(case, options.repeats), flush=True)


if __name__ == "__main__":
    main()
