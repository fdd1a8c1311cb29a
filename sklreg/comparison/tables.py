"""What is compared on: a table of features and a target."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

REGRESSION, CLASSIFICATION = "regression", "classification"


class TableError(Exception):
    """What is wrong with a table, where, and what to do, in one line."""


class Table(NamedTuple):
    """Features and a target, free of missing values."""

    name: str
    about: str  # what is predicted from what, in a few words
    task: str  # "regression" or "classification"
    X: NDArray[Any]  # n_samples x n_columns; objects if there are categories
    y: NDArray[Any]  # numbers, or codes of classes 0, 1, ...
    categories: tuple[int, ...] = ()  # columns that hold text
    notes: tuple[str, ...] = ()  # what the reader decided, one sentence each

    def preprocessing(self) -> Any:
        """Return a transformer: numbers standardised, text to one column a value."""
        if not self.categories:
            return StandardScaler()
        numbers = [j for j in range(self.X.shape[1]) if j not in self.categories]
        one_hot = OneHotEncoder(handle_unknown="ignore", drop="if_binary")
        return ColumnTransformer(
            [
                ("numbers", StandardScaler(), numbers),
                ("categories", one_hot, list(self.categories)),
            ]
        )


def shipped(max_rows: int | None = None) -> list[Table]:
    """Return the tables that come with scikit-learn.

    Parameters
    ----------
    max_rows : int, optional
        Rows to keep of each, from the first.
    """
    sources = [
        (
            "Diabetes",
            "progression after a year, from age, sex, body mass index, blood values",
            REGRESSION,
            datasets.load_diabetes,
        ),
        (
            "Breast cancer",
            "malignant or benign, from measurements of cell nuclei",
            CLASSIFICATION,
            datasets.load_breast_cancer,
        ),
        (
            "Digits",
            "which of ten digits was written, from 8 x 8 pixels",
            CLASSIFICATION,
            datasets.load_digits,
        ),
    ]
    tables = []
    for name, about, task, load in sources:
        X, y = load(return_X_y=True)
        rows = slice(max_rows)
        tables.append(Table(name, about, task, X[rows], np.asarray(y[rows])))
    return tables
