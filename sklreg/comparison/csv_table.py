"""A CSV file to a `Table`: every defect of the file gets one line that says where."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .csv_file import File, read_file
from .tables import CLASSIFICATION, REGRESSION, Table

MIN_ROWS = 20
MAX_CODES = 10  # distinct whole numbers that may still be classes
MAX_LEVELS = 100  # distinct texts of a column, one feature each
LARGEST, SMALLEST = 1e100, 1e-100  # squares stay far from the limits of float64


class Column(NamedTuple):
    """A named column as text; `numbers` if every field is one."""

    name: str
    fields: list[str]
    numbers: list[float] | None

    @property
    def n_distinct(self) -> int:
        """Number of distinct fields."""
        return len(set(self.fields))


def read_table(
    path: str, target: str, task: str | None = None, min_members: int = 4
) -> Table:
    """Read a CSV file.

    Parameters
    ----------
    path : str
        A file in UTF-8 with a header line, separated by commas, semicolons, tabs or
        bars.
    target : str
        Column to predict.
    task : {"regression", "classification"}, optional
        Guessed from the target if absent.
    min_members : int, default=4
        Rows that each class must have.

    Returns
    -------
    table : Table
        Columns of numbers as numbers, others as categories; columns that cannot help
        are left out, and the notes say so.

    Raises
    ------
    TableError
        For a file that is not such a table, or has missing values.
    """
    file = read_file(path)
    file.check_has(target)
    file.check_complete()
    if len(file.names) == 1:
        msg = f"{target!r} is the only column; add columns to predict it from."
        raise file.error(msg)
    columns = [_column(file, j) for j in range(len(file.names))]
    if len(file.rows) < MIN_ROWS:
        msg = f"{len(file.rows)} rows are too few; at least {MIN_ROWS} are needed."
        raise file.error(msg)
    goal = columns.pop(file.names.index(target))
    task, notes = _task_of(file, goal, task, min_members)
    y = _target(file, goal, task, min_members)
    kept = []
    for column in columns:
        reason = _useless(file, column)
        if reason:
            notes.append(f"Column {column.name!r} is left out: {reason}.")
        else:
            kept.append(column)
    if not kept:
        msg = "no column is left to predict the target from: " + " ".join(notes[1:])
        raise file.error(msg)
    return _assembled(file, target, task, y, kept, notes)


def _assembled(
    file: File,
    target: str,
    task: str,
    y: np.ndarray,
    kept: list[Column],
    notes: list[str],
) -> Table:
    """Put the columns side by side: as floats if all are numbers."""
    categories = tuple(j for j, column in enumerate(kept) if column.numbers is None)
    X = np.empty((len(y), len(kept)), dtype=object if categories else np.float64)
    for j, column in enumerate(kept):
        X[:, j] = column.fields if column.numbers is None else column.numbers
    n_numbers = len(kept) - len(categories)
    about = f"{target!r} from {n_numbers} numeric and {len(categories)} text columns"
    name = Path(file.path).name
    return Table(name, about, task, X, y, categories, tuple(notes))


# Columns -----------------------------------------------------------------------------


def _column(file: File, j: int) -> Column:
    """Return a column, as numbers if all its fields are; those must be finite."""
    fields = [row[j] for row in file.rows]
    numbers: list[float] = []
    for field in fields:
        number = _number(field, file.decimal)
        if number is None:
            return Column(file.names[j], fields, None)
        numbers.append(number)
    for i, number in enumerate(numbers):
        if not abs(number) < LARGEST:
            what = "is too large" if math.isfinite(number) else "is not finite"
            msg = f"{fields[i]!r} {what}; correct it, or rescale the column."
            raise file.error(msg, file.names[j], i)
    return Column(file.names[j], fields, numbers)


def _number(field: str, decimal: str) -> float | None:
    """Return the number that a field holds, None if it is text."""
    if decimal == "," and "." not in field:
        field = field.replace(",", ".", 1)
    if "_" in field:  # Python reads 1_000, nobody else does
        return None
    try:
        return float(field)
    except ValueError:
        return None


def _useless(file: File, column: Column) -> str:
    """Return why a column cannot help as a feature, or nothing."""
    n_rows, n_distinct = len(column.fields), column.n_distinct
    if n_distinct == 1:
        return f"it is {column.fields[0]!r} in every row"
    if column.numbers is not None:
        counts = column.name.startswith("column ") and n_distinct == n_rows
        steps = set(np.diff(column.numbers)) if counts else set()
        return "it has no name and counts the rows" if steps == {1.0} else ""
    if n_distinct <= min(MAX_LEVELS, max(10, n_rows // 10)):
        return ""
    texts = [i for i, f in enumerate(column.fields) if _number(f, file.decimal) is None]
    if 2 * len(texts) < n_rows:
        msg = (
            f"{column.fields[texts[0]]!r} is not a number, most of the column is; "
            "correct it, or remove the row."
        )
        raise file.error(msg, column.name, texts[0])
    return (
        f"{n_distinct} different texts in {n_rows} rows, more like names than classes"
    )


# The target --------------------------------------------------------------------------


def _task_of(
    file: File, goal: Column, task: str | None, min_members: int
) -> tuple[str, list[str]]:
    """Return the task, and a sentence on why if it had to be guessed."""
    if goal.n_distinct == 1:
        msg = f"is {goal.fields[0]!r} in every row; choose a target that varies."
        raise file.error(msg, goal.name)
    if task is not None:
        return task, [f"Task: {task}, as asked for."]
    if goal.numbers is None:
        return CLASSIFICATION, [f"Task: classification, {goal.name!r} holds text."]
    counts = Counter(goal.numbers)
    whole = all(number.is_integer() for number in counts)
    if whole and len(counts) <= MAX_CODES and min(counts.values()) >= min_members:
        what, other = f"only {len(counts)} different whole numbers", REGRESSION
        task = CLASSIFICATION
    else:
        what, other = f"{len(counts)} different numbers", CLASSIFICATION
        task = REGRESSION
    return task, [f"Task: {task}, {goal.name!r} holds {what} (else: --task {other})."]


def _target(file: File, goal: Column, task: str, min_members: int) -> np.ndarray:
    """Return the target: numbers, or codes of its classes."""
    if task == REGRESSION:
        return _numeric_target(file, goal)
    values = goal.fields if goal.numbers is None else goal.numbers
    labels, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    rarest = counts.argmin()
    if counts[rarest] < min_members:
        rows = "row" if counts[rarest] == 1 else "rows"
        msg = (
            f"class {str(labels[rarest])!r} has {counts[rarest]} {rows}, at least "
            f"{min_members} are needed; remove rare classes or join them"
            + ("." if goal.numbers is None else f", or use --task {REGRESSION}.")
        )
        raise file.error(msg, goal.name)
    return codes


def _numeric_target(file: File, goal: Column) -> np.ndarray:
    """Return the numbers of a regression target."""
    if goal.numbers is None:
        parsed = [_number(field, file.decimal) for field in goal.fields]
        i = parsed.index(None)
        msg = (
            f"{goal.fields[i]!r} is not a number, which {REGRESSION} needs; correct "
            f"it, or use --task {CLASSIFICATION}."
        )
        raise file.error(msg, goal.name, i)
    y = np.array(goal.numbers)
    if np.ptp(y) < SMALLEST:
        msg = "its values hardly differ; rescale it, or choose another target."
        raise file.error(msg, goal.name)
    return y
