"""How well the networks predict with their defaults, beside scikit-learn's.

    python benchmarks/network_quality.py [--data FOLDER] [--cases wine,adult]
        [--repeats 5] [--rows N] [--hidden 64]
    python benchmarks/network_quality.py --choosing [--cases digits,noise]

Repeated 5-fold cross-validation (stratified for classes). Every network learns from the
same rows, whose columns are standardised by the training rows; scikit-learn's regressor
gets its target standardised as well (``TransformedTargetRegressor``), sklreg's the raw
one. Accuracy, or R2 for numbers. The first table compares sklreg with scikit-learn, the
second early stopping with none.

"difference" is the mean over all pairs of folds, "error" its standard error: the
standard deviation of the pairs' differences over the root of their number, as if they
were independent (they share rows, so that it is rather too small, and the criterion
strict). It is "met" unless the difference is below minus two errors.

--choosing looks at networks that choose their strength by the rule "1se" instead, with
five folds inside of the five folds outside, all shuffled, and defaults otherwise.
"digits": l1 beside the default network, held-out accuracy; asked for is at least the
accuracy of that network less its standard error over the folds, with 70 % of the
weights zero. "noise": groups on breast cancer's 30 columns and 30 more of noise, beside
the same network on the 30 alone, held-out log-loss; asked for is at most that loss plus
its standard error over all rows, with 90 % of the noise dropped.

--data names a folder of `NAME.npz` with X and y; without it the data sets of
scikit-learn's package alone are used.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn import neural_network
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.model_selection import (
    RepeatedKFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
)
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import sklreg

BUNDLED = {
    "wine": load_wine,
    "breast cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "digits": load_digits,
}
FILES = {
    "california": "california_housing",
    "protein": "uci_protein",
    "adult": "adult_onehot",
}
NUMBERS = {"diabetes", "california", "protein"}
FIVE = StratifiedKFold(5, shuffle=True, random_state=0)
PAIRS = [("sklreg", "scikit-learn"), ("early stopping", "sklreg")]


class Networks(NamedTuple):
    """What makes the networks that are compared, for labels or for numbers."""

    numbers: bool
    hidden: tuple[int, ...]

    def sklreg(self, seed: int, **more: Any) -> Any:
        """Return sklreg's network."""
        kind = sklreg.MLPRegressor if self.numbers else sklreg.MLPClassifier
        return kind(hidden_layer_sizes=self.hidden, random_state=seed, **more)

    def scikit_learn(self, seed: int) -> Any:
        """Return scikit-learn's network."""
        more = {"hidden_layer_sizes": self.hidden, "random_state": seed}
        if not self.numbers:
            return neural_network.MLPClassifier(**more)
        network = neural_network.MLPRegressor(**more)
        return TransformedTargetRegressor(network, transformer=StandardScaler())

    def of(self, seed: int) -> dict[str, Any]:
        """Return all of them by name."""
        return {
            "sklreg": self.sklreg(seed),
            "scikit-learn": self.scikit_learn(seed),
            "early stopping": self.sklreg(seed, early_stopping=True),
        }


def loaded(name: str, folder: str, rows: int | None) -> tuple[Any, Any]:
    """Return features and target, or some rows of them."""
    if name in BUNDLED:
        X, y = BUNDLED[name](return_X_y=True)
    else:
        with np.load(Path(folder) / f"{FILES[name]}.npz", allow_pickle=False) as file:
            X, y = file["X"].astype(np.float64), file["y"]
    if rows is not None and rows < len(y):
        chosen = np.random.default_rng(0).permutation(len(y))[:rows]
        X, y = X[chosen], y[chosen]
    return X, y


def measured(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return the scores of each network, one a fold, and the seconds they took."""
    X, y = loaded(name, options.data, options.rows)
    kind = RepeatedKFold if name in NUMBERS else RepeatedStratifiedKFold
    folds = kind(n_splits=5, n_repeats=options.repeats, random_state=0)
    networks = Networks(name in NUMBERS, options.hidden)
    found: dict[str, Any] = {"rows": len(y)}
    for fold, (train, test) in enumerate(folds.split(X, y)):
        scaler = StandardScaler().fit(X[train])
        known, unseen = scaler.transform(X[train]), scaler.transform(X[test])
        for way, network in networks.of(fold).items():
            start = time.process_time()
            score = network.fit(known, y[train]).score(unseen, y[test])
            found.setdefault(way, []).append((score, time.process_time() - start))
        so_far = ", ".join(
            f"{way} {np.mean(found[way], axis=0)[0]:.4f}" for way in networks.of(0)
        )
        print(f"{name}: fold {fold + 1}, mean {so_far}", file=sys.stderr, flush=True)
    return found


def sparse_digits() -> Iterator[tuple[float, float, float]]:
    """Yield accuracy with l1, that of the default network, and the share of zeros."""
    for train, test, X, y in standardised(*load_digits(return_X_y=True)):
        lean = choosing("l1").fit(X[train], y[train])
        full = sklreg.MLPClassifier(random_state=0).fit(X[train], y[train])
        ours, other = (each.score(X[test], y[test]) for each in (lean, full))
        yield ours, other, lean.sparsity_


def without_noise() -> Iterator[tuple[Any, Any, float]]:
    """Yield log-losses with noise, those without, and the share of noise dropped."""
    X, y = load_breast_cancer(return_X_y=True)
    known = X.shape[1]
    noise = np.random.default_rng(0).standard_normal(X.shape)
    for train, test, Z, z in standardised(np.hstack([X, noise]), y):
        own, rows, losses = np.arange(len(test)), slice(None, known), []
        for columns in (slice(None), rows):
            model = choosing("group").fit(Z[train][:, columns], z[train])
            p = model.predict_proba(Z[test][:, columns])[own, z[test]]
            losses.append(-np.log(p))
            if columns != rows:
                kept = (model.selected_features_ >= known).sum()
        yield losses[0], losses[1], 1.0 - kept / known


def choosing(penalty: str) -> Any:
    """Return a network that chooses its strength."""
    return sklreg.MLPClassifierCV(penalty, rule="1se", cv=FIVE, random_state=0)


def standardised(X: Any, y: Any) -> Iterator[tuple[Any, Any, Any, Any]]:
    """Yield the rows of each fold, and features scaled by those it learns from."""
    for train, test in FIVE.split(X, y):
        yield train, test, StandardScaler().fit(X[train]).transform(X), y


def choose(cases: list[str]) -> None:
    """Measure and print what networks do that choose their strength."""
    print(f"{'data':<9}{'ours':>9}{'other':>9}{'error':>9}{'left out':>10}  criterion")
    for name in cases:
        found = []
        for fold in CHOOSING[name].measure():
            found.append(fold)
            means = [float(np.mean(each)) for each in fold]
            print(f"{name}: {means}", file=sys.stderr, flush=True)
        ours, other = (
            np.concatenate([np.atleast_1d(fold[k]) for fold in found]) for k in (0, 1)
        )
        error = other.std(ddof=1) / np.sqrt(len(other))
        share = float(np.mean([fold[2] for fold in found]))
        sign, least = CHOOSING[name].sign, CHOOSING[name].least
        kept = sign * (ours.mean() - other.mean()) >= -error
        print(
            f"{name:<9}{ours.mean():>9.4f}{other.mean():>9.4f}{error:>9.4f}"
            f"{share:>10.3f}  {'met' if kept and share >= least else 'missed'}"
        )


class Choice(NamedTuple):
    """How to measure networks that choose, and what is asked of them."""

    measure: Any
    sign: float  # 1 for scores, -1 for losses
    least: float  # share of weights or noise


CHOOSING = {
    "digits": Choice(sparse_digits, 1.0, 0.7),
    "noise": Choice(without_noise, -1.0, 0.9),
}


def head(pair: tuple[str, str]) -> str:
    """Return the first line of a table."""
    return (
        f"{'data':<15}{'rows':>7}{'folds':>7}{pair[0]:>16}{pair[1]:>16}"
        f"{'difference':>12}{'error':>9}  criterion"
    )


def line(name: str, found: dict[str, Any], pair: tuple[str, str]) -> str:
    """Return one line of a table."""
    ours, other = (np.array(found[way])[:, 0] for way in pair)
    difference = ours - other
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    verdict = "met" if difference.mean() >= -2.0 * error else "missed"
    return (
        f"{name:<15}{found['rows']:>7}{len(ours):>7}{ours.mean():>16.4f}"
        f"{other.mean():>16.4f}{difference.mean():>+12.5f}{error:>9.5f}  {verdict}"
    )


def seconds(name: str, found: dict[str, Any]) -> str:
    """Return what the fits took."""
    ways = [way for way in found if way != "rows"]
    taken = [np.array(found[way])[:, 1].mean() for way in ways]
    return f"{name:<15}" + "".join(f"{value:>16.2f}" for value in taken)


def arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    shared = os.environ.get("SKLREG_SHARED")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", default=shared and f"{shared}/data", help="folder of the real data")
    add("--cases", type=lambda text: text.split(","), help="such as wine,adult")
    add("--repeats", type=int, default=5, help="of the five folds")
    add("--rows", type=int, help="at most so many, chosen at random")
    add("--hidden", default="64", help="units of each hidden layer, such as 64,32")
    add("--choosing", action="store_true", help="networks that choose their strength")
    options = parser.parse_args()
    options.hidden = tuple(map(int, options.hidden.split(",")))
    known = [*BUNDLED, *(FILES if options.data else ())]
    if options.choosing:
        known = [*CHOOSING]
    options.cases = options.cases or known
    if unknown := set(options.cases) - set(known):
        parser.error(f"no data for {sorted(unknown)}; there are {known}")
    return options


def main() -> None:
    """Measure and print the tables."""
    options = arguments()
    warnings.simplefilter("ignore")
    if options.choosing:
        choose(options.cases)
        return
    found = {name: measured(name, options) for name in options.cases}
    for pair in PAIRS:
        print(
            head(pair), *(line(name, found[name], pair) for name in found), "", sep="\n"
        )
    ways = [way for way in next(iter(found.values())) if way != "rows"]
    print(f"{'seconds a fit':<15}", *(f"{way:>16}" for way in ways), sep="")
    print(*(seconds(name, found[name]) for name in found), sep="\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
