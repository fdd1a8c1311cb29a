"""``python -m sklreg``: sklreg beside scikit-learn, on real data or on your own."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterator, Sequence

from .comparison import (
    FULL,
    QUICK,
    Progress,
    Table,
    TableError,
    compare,
    read_table,
    report,
    shipped,
)

BAD_INPUT, INTERRUPTED, PIPE_CLOSED = 2, 130, 141

DESCRIPTION = """\
Compare sklreg with scikit-learn: Lasso, ElasticNet, Ridge, LogisticRegression and MLP.
For each, the strength alpha of the penalty is searched by cross-validation, and a table
shows the alpha chosen, the score on held-out rows, how many weights are exactly zero,
how low the objective got, and the seconds it took."""

EPILOG = """\
examples:
  python -m sklreg                                  data shipped with scikit-learn
  python -m sklreg --csv houses.csv --target price  your own table

A CSV file needs a header line and no missing values; separators , ; tab and | are
recognised, with ; also decimal commas. Text columns become one column for each value.
A target of text, or of at most 10 different whole numbers, is taken as classes.

Both sides get the same rows, folds, grid and one thread. scikit-learn's own setting is
converted for the rows of every fit, and shown for all training rows. Its estimators
keep their defaults, except for max_iter (10000 for Lasso and ElasticNet, 1000 for
LogisticRegression) and solver="saga" with l1; both MLPs have the same size, batches,
learning rate and epochs.

exit status: 0, or 2 for input that cannot be used, 130 after Ctrl-C."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the comparison and return the exit status.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments, those of the command line if absent.
    """
    arguments = _parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):  # names in any terminal's encoding
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        for text in _reports(arguments):
            print(text, flush=True)
    except TableError as error:
        print(f"sklreg: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("\nsklreg: interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return 0


def _reports(arguments: argparse.Namespace) -> Iterator[str]:
    """Yield the report of each table as soon as it is there."""
    plan = QUICK if arguments.quick else FULL
    tables = _tables(arguments)
    n_steps = sum(plan.n_steps(table.task) for table in tables)
    progress = Progress(sys.stderr, n_steps)
    for table in tables:
        comparison = compare(table, plan, progress)
        progress.clear()
        yield report(comparison)


def _tables(arguments: argparse.Namespace) -> list[Table]:
    plan = QUICK if arguments.quick else FULL
    if arguments.csv is None:
        if arguments.target is not None or arguments.task is not None:
            msg = "--target and --task go with --csv FILE."
            raise TableError(msg)
        return shipped(plan.max_rows)
    if arguments.target is None:
        msg = "--csv needs --target COLUMN, the column to predict."
        raise TableError(msg)
    return [
        read_table(arguments.csv, arguments.target, arguments.task, plan.min_members)
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sklreg",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--csv", metavar="FILE", help="a table of your own")
    parser.add_argument("--target", metavar="COLUMN", help="its column to predict")
    parser.add_argument(
        "--task",
        choices=("regression", "classification"),
        help="what the target is; guessed if absent",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="fewer alphas, folds, epochs and rows: a look in seconds",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
