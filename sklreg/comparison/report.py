"""A comparison as text of at most 100 columns."""

from __future__ import annotations

import textwrap

from .run import Comparison, Pair, Row
from .tables import REGRESSION

WIDTH = 100
#: Objectives closer than this share of the constant prediction's count as the same.
SAME = 1e-6

HEADER = [
    ("", "model"),
    ("sklreg's", "alpha"),
    ("sklearn's", "setting"),
    ("held-out", "{score}"),
    ("weights", "that are 0"),
    ("objective", "reached"),
    ("against", "the other"),
    ("search", "seconds"),
]


def report(comparison: Comparison) -> str:
    """Return heading, table, footnotes and how to read them.

    Parameters
    ----------
    comparison : Comparison
        What was found.
    """
    lines = _rows(comparison)
    widths = [max(len(line[j]) for line in lines if len(line) > 1) for j in range(8)]
    gap = "  " if sum(widths) + 2 * 7 <= WIDTH else " "
    width = sum(widths) + len(gap) * 7
    text = [*_heading(comparison), "-" * width]
    for line in lines:
        if len(line) == 1:  # the title of a pair
            text.append(line[0])
            continue
        fields = [line[0].ljust(widths[0])]
        fields += [f.rjust(w) for f, w in zip(line[1:], widths[1:], strict=True)]
        text.append(gap.join(fields).rstrip())
    text += ["-" * width, *_footnotes(comparison), "", *_reading(comparison), ""]
    return "\n".join(text)


def _heading(comparison: Comparison) -> list[str]:
    table, n_train = comparison.table, comparison.n_train
    title = f"{table.name}: {table.about}"
    size = (
        f"{table.task.capitalize()}; {n_train} rows to fit, {len(table.y) - n_train} "
        f"held out; {comparison.n_features} features."
    )
    warm_up = (
        "Compiling or loading sklreg's kernels, before the clock started: "
        f"{comparison.warm_up:.1f} s."
    )
    sentences = [title, size, *table.notes, warm_up]
    return [line for text in sentences for line in textwrap.wrap(text, WIDTH)]


# Rows --------------------------------------------------------------------------------


def _rows(comparison: Comparison) -> list[list[str]]:
    """Return the cells of all lines; a line of one cell is a title."""
    score = "R2" if comparison.table.task == REGRESSION else "accuracy"
    lines = [[head[i].format(score=score) for head in HEADER] for i in range(2)]
    for pair in comparison.pairs:
        lines.append([pair.problem.title])
        for row, other in ((pair.ours, pair.peer), (pair.peer, pair.ours)):
            lines.append(_cells(pair, row, other))
    return lines


def _cells(pair: Pair, row: Row, other: Row) -> list[str]:
    name, value = row.own
    n_zeros, n_weights = row.zeros
    return [
        f"  {row.name}{_marks(pair, row)}",
        f"{row.alpha:.3g}",
        f"{name}={value:.3g}",
        f"{row.score:.4f}",
        f"{n_zeros} of {n_weights}",
        f"{row.objective:.6g}",
        _above(pair, row, other),
        f"{row.seconds:.2f}",
    ]


def _marks(pair: Pair, row: Row) -> str:
    """Return the marks of the footnotes that a row has."""
    gave_up = "*" if row.n_unconverged else ""
    refitted = "+" if row is pair.peer and _differ(pair) else ""
    return gave_up + refitted


def _differ(pair: Pair) -> bool:
    """Tell whether the two chose different strengths."""
    return pair.ours.alpha != pair.peer.alpha


def same_objective(pair: Pair) -> bool:
    """Tell whether both objectives agree to sklreg's tolerance.

    Parameters
    ----------
    pair : Pair
        Both rows.
    """
    return abs(pair.ours.objective - pair.peer.objective) <= SAME * pair.null


def _above(pair: Pair, row: Row, other: Row) -> str:
    """Say how far a row's objective is above the other's, in percent."""
    if same_objective(pair):
        return "same"
    if row.objective < other.objective:
        return "lower"
    return f"+{100.0 * (row.objective / other.objective - 1.0):.2g}%"


# Below the table ---------------------------------------------------------------------


def _footnotes(comparison: Comparison) -> list[str]:
    notes = []
    for pair in comparison.pairs:
        for row, contender in (
            (pair.ours, pair.problem.ours),
            (pair.peer, pair.problem.peer),
        ):
            if row.n_unconverged:
                limit = f" ({contender.limit})" if contender.limit else ""
                notes.append(
                    f"* {row.name}, {pair.problem.short}: "
                    f"{row.n_unconverged} of {row.n_fits} fits ended with a "
                    f"ConvergenceWarning{limit}; "
                    "objective and zeros are where they stopped."
                )
        if _differ(pair):
            notes.append(
                f"+ {pair.peer.name} chose another alpha; its objective is that of one "
                f"more fit at sklreg's alpha={pair.ours.alpha:.3g}, so that the two "
                "compare."
            )
    return [line for note in notes for line in textwrap.wrap(note, WIDTH)]


def _reading(comparison: Comparison) -> list[str]:
    """Return how to read the table, and what it shows."""
    plan = comparison.plan
    chosen_by = "R2" if comparison.table.task == REGRESSION else "log-loss"
    loss = (
        "half the mean squared error"
        if comparison.table.task == REGRESSION
        else "the mean log-loss"
    )
    text = (
        "How to read it: each pair of rows is one problem solved by two libraries, on "
        f"the same standardised data, {plan.n_folds} folds and grid of alpha (chosen "
        f"by {chosen_by}). Both minimise the objective, {loss} plus alpha times the "
        "penalty: the lower, the more exact the answer; a weight of 0 is an input left "
        "out. (scikit-learn's network divides alpha by the rows of each batch, also of "
        "a last one that is smaller, so that it may be penalised more.) "
        f"{_summary(comparison.pairs)}"
    )
    return textwrap.wrap(text, WIDTH)


def _summary(pairs: list[Pair]) -> str:
    """Count who was lower and who was faster."""
    exact = [pair for pair in pairs if pair.problem.exact]
    same = sum(map(same_objective, exact))
    lower = sum(
        pair.ours.objective < pair.peer.objective and not same_objective(pair)
        for pair in exact
    )
    ratios = [pair.peer.seconds / pair.ours.seconds for pair in pairs]
    n_faster = sum(ratio > 1.0 for ratio in ratios)
    higher = len(exact) - lower - same
    return (
        f"Here sklreg's objective is lower in {lower}, the same in {same} and higher "
        f"in {higher} of the {len(exact)} linear problems; its search is the faster "
        f"one in {n_faster} of {len(pairs)} ({min(ratios):.2g} to "
        f"{max(ratios):.2g} times scikit-learn's speed)."
    )
