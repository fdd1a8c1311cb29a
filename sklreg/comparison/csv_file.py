"""A CSV file as names and rows of text, complete and rectangular."""

from __future__ import annotations

import csv
import difflib
import io
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from .tables import TableError

MISSING = {"", "na", "n/a", "nan", "null", "?"}  # compared in lower case


class File(NamedTuple):
    """A rectangular file: names, fields row by row and where each row stands."""

    path: str
    names: list[str]
    rows: list[list[str]]
    lines: list[int]  # of each row, counted from 1
    decimal: str  # decimal sign

    def error(self, problem: str, name: str = "", row: int | None = None) -> TableError:
        """Return an error that names file, line and column.

        Parameters
        ----------
        problem : str
            What is wrong and what to do.
        name : str, optional
            The column.
        row : int, optional
            The row, from 0.
        """
        where = [self.path]
        if row is not None:
            where.append(f"line {self.lines[row]}")
        if name:
            where.append(f"column {name!r}")
        return TableError(f"{', '.join(where)}: {problem}")

    def check_has(self, name: str) -> None:
        """Refuse a column that is not there, with a guess which one was meant.

        Parameters
        ----------
        name : str
            The column looked for.
        """
        if name in self.names:
            return
        close = difflib.get_close_matches(name, self.names, n=1)
        if close:
            hint = f"did you mean {close[0]!r}?"
        else:
            shown = ", ".join(map(repr, self.names[:8]))
            more = f" and {len(self.names) - 8} more" if len(self.names) > 8 else ""
            hint = f"its columns are {shown}{more}."
        msg = f"no column is named {name!r}; {hint}"
        raise self.error(msg)

    def check_complete(self) -> None:
        """Refuse missing values: the first is named, all are counted."""
        found = [
            (i, j)
            for i, row in enumerate(self.rows)
            for j, field in enumerate(row)
            if field.lower() in MISSING
        ]
        if found:
            i, j = found[0]
            more = f" (the first of {len(found)})" if len(found) > 1 else ""
            what = f"missing value {self.rows[i][j]!r}{more}"
            msg = f"{what}; fill it in or remove the row."
            raise self.error(msg, self.names[j], i)


def read_file(path: str) -> File:
    """Read names and rows; all rows have as many fields as there are names.

    Parameters
    ----------
    path : str
        The file.
    """
    text = _text(path)
    if not text.strip():
        msg = f"{path}: the file is empty; a header line and rows are expected."
        raise TableError(msg)
    separator = _separator(text)
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator,
        skipinitialspace=True,
        strict=True,
    )
    records, lines = [], []
    try:
        for record in reader:
            if any(field.strip() for field in record) or len(record) > 1:
                records.append([field.strip() for field in record])
                lines.append(reader.line_num)
    except csv.Error as error:
        msg = f"{path}, line {reader.line_num}: broken CSV ({error}); check the quotes."
        raise TableError(msg) from None
    if not records:
        msg = f"{path}: there are no column names; a header line is expected."
        raise TableError(msg)
    names, rows = records[0], records[1:]
    decimal = "," if separator == ";" else "."
    file = File(path, _checked_names(path, names), rows, lines[1:], decimal)
    if not rows:
        msg = "there is a header line but no rows; add rows below it."
        raise file.error(msg)
    for i, row in enumerate(rows):
        if len(row) != len(names):
            found = f"number of fields {len(row)}, in the header {len(names)}"
            msg = f"{found}; put text that holds the separator in double quotes."
            raise file.error(msg, row=i)
    return file


def _text(path: str) -> str:
    """Return what the file says."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        msg = f"{path}: cannot be read ({reason}); give the path of a CSV file."
        raise TableError(msg) from None
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        msg = f"{path}: is not text in UTF-8; save the table as CSV in UTF-8."
        raise TableError(msg)
    return text


def _separator(text: str) -> str:
    """Return the separator that makes most fields of the header line."""
    header = text.lstrip().splitlines()[:1]
    return max(",;\t|", key=lambda sign: len(next(csv.reader(header, delimiter=sign))))


def _checked_names(path: str, names: list[str]) -> list[str]:
    """Return the column names, each different; an unnamed column gets its number."""
    names = [name or f"column {j}" for j, name in enumerate(names, 1)]
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        msg = f"{path}, line 1: {count} columns are named {name!r}; rename all but one."
        raise TableError(msg)
    return names
