"""How fast linear models are fitted, beside every other library that is installed.

    python benchmarks/linear.py [--cases 'lasso leukemia' ...] [--solvers sklreg,celer]

Every solver, ours too, gets the same data, strengths, intercept and number of threads,
and the loosest tolerance of 1e-1, 1e-2, ... 1e-14 with which it reaches the same
measured accuracy: `(F - F*) / (F_null - F*)` at most 1e-6 for a fit and 1e-5 for every
strength of a path. F is recomputed in float64 from the coefficients; F* is the best
anyone found, sklreg with a tight tolerance included. For the MCP the largest violation
of the optimality conditions, over alpha_max, is at most 1e-6, and the note says by how
much the objective exceeds the best (there are several minima).

A time is the median of at least three cold fits in a process that has fitted before;
solvers take turns in two rounds. Validation of the input is included, getting into the
layout that a peer prefers is not. "first" is what first fits took more than later ones:
compiling. '-' stands for a solver that did not get there, and says why.

On a machine that is busy with other work take --processor-time (with one thread).

Data: the folder given by --data, or `data` in the folder named by SKLREG_SHARED.
"""

import argparse
import csv
import os
import pickle
import signal
import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from peers import PEERS, YARDSTICKS
from problems import CASES
from referee import Judge, Missing, Player

OURS = "sklreg"
TOLERANCES = [10.0**-k for k in range(1, 15)]
TIGHT = 1e-12
BUSY = 4.0  # seconds may elapse for one of the processor, with --processor-time
COMPILING = 30.0  # seconds more that a fit may take
NOTICEABLE = 0.2  # seconds from which on a fit may have compiled
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


class Entry:
    """A solver on a case: its process, what it found, how long it took."""

    def __init__(self, name, file, options):
        self.name = name
        self.left = options.limit  # seconds for the search of a tolerance
        self.limit = options.limit
        self.patience = BUSY if options.processor_time else 1.0
        self.player = Player(name, file, options.threads)
        self.tolerances = iter(TOLERANCES)
        self.solution = None
        self.seconds = []
        self.first = None
        self.reached = float("inf")  # the accuracy of the last try
        self.reason = ""  # why there is no time

    @property
    def is_yardstick(self):
        """Whether this is not a solver."""
        return self.name in YARDSTICKS

    def ask(self, tol, judge, limit, budget=0.0):
        """Return the judged solution for `tol`, None if there is none in time."""
        if self.reason:
            return None
        try:
            solution = self.player.ask(tol, self.patience * limit, budget)
        except Missing as missing:
            self.fail(str(missing))
            return None
        if solution is None:
            self.fail("time")
            return None
        if self.is_yardstick:
            return solution
        return solution._replace(objectives=judge.see(solution))

    def fail(self, reason):
        """Give up."""
        self.reason = reason
        self.solution = None
        self.player.stop()

    def compiled(self, tol, judge):
        """Return the solution for `tol`, fitted twice if the first fit may compile.

        Some solvers compile only when they get beyond the null model.
        """
        once = self.ask(tol, judge, self.left + COMPILING)
        if once is None or (self.first is not None and once.seconds[0] < NOTICEABLE):
            return once
        again = self.ask(tol, judge, self.left + COMPILING)
        if again is not None and (
            self.first is None or once.seconds[0] > 2.0 * again.seconds[0]
        ):
            more = max(once.seconds[0] - again.seconds[0], 0.0)
            self.first = (self.first or 0.0) + more
        return again

    def calibrate(self, judge):
        """Find the loosest tolerance that is accurate enough."""
        for tol in self.tolerances:
            solution = self.compiled(tol, judge)
            if solution is None:
                return
            self.left -= sum(solution.seconds)
            if self.is_yardstick or judge.accepts(solution):
                self.solution = solution
                self.seconds = list(solution.seconds)
                return
            self.reached = judge.accuracy(solution)
            if self.left <= 0.0:
                break
        timeout = self.left <= 0.0
        self.fail("time" if timeout else f"accuracy: {self.reached:.0e} at best")

    def race(self, judge, budget):
        """Fit again and again, for about `budget` seconds."""
        if self.solution is None:
            return
        solution = self.solution
        again = self.ask(solution.tol, judge, 2.0 * (self.limit + budget), budget)
        if again is None:  # slower than before, or ended by someone else
            self.solution = solution
        else:
            self.seconds += again.seconds

    @property
    def time(self):
        """Median seconds of a fit, None if there are none."""
        return statistics.median(self.seconds) if self.solution else None


def play(case, problem, options):
    """Return the judge and the entries of a case, all of them timed."""
    judge = Judge(problem)
    names = [
        name
        for name in PEERS[problem.kind]
        if name not in case.without
        and (not options.solvers or name in options.solvers or name in YARDSTICKS)
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "problem"
        with file.open("wb") as stream:
            pickle.dump(problem, stream, protocol=5)
        judge.reference = refer(judge, names, file, options)
        entries = [Entry(name, file, options) for name in names]
        try:
            search(judge, entries)
            for _ in range(options.rounds):
                for entry in entries:
                    entry.race(judge, options.budget / options.rounds)
        finally:
            for entry in entries:
                entry.player.stop()
    return judge, entries


def refer(judge, names, file, options):
    """Return a solution by sklreg, in a process of its own; else by someone else."""
    for name in [OURS, *names]:
        if name in YARDSTICKS:
            continue
        entry = Entry(name, file, options)
        found = entry.ask(TIGHT, judge, entry.limit + COMPILING)
        entry.player.stop()
        if found is not None:
            return found
    return None


def search(judge, entries):
    """Let everyone find a tolerance; again, if that showed a better optimum."""
    for entry in entries:
        entry.calibrate(judge)
    for entry in entries:
        while entry.solution and not (
            entry.is_yardstick or judge.accepts(entry.solution)
        ):
            entry.solution = None
            entry.calibrate(judge)


class Row(NamedTuple):
    """What is written about a solver on a case."""

    case: str
    solver: str
    milliseconds: float | None
    ratio: float | None  # this over sklreg
    tol: float | None
    accuracy: float | None
    support: int | None
    first: float | None  # seconds for compiling
    runs: int
    note: str


def rows(case, judge, entries):
    """Return a row per entry, sklreg first, then from fast to slow."""
    ours = next((entry.time for entry in entries if entry.name == OURS), None)
    order = sorted(
        entries, key=lambda entry: (entry.name != OURS, entry.time or float("inf"))
    )
    return [
        row(case, judge, entry, ours)
        for entry in order
        if entry.reason[:8] != "unsuited"
    ]


def row(case, judge, entry, ours):
    """Return what there is to say about an entry."""
    if entry.time is None:
        return Row(case.name, entry.name, *[None] * 6, 0, entry.reason)
    ratio = entry.time / ours if ours else None
    milliseconds = 1e3 * entry.time
    if entry.is_yardstick:
        runs = len(entry.seconds)
        note = f"sklreg takes {1.0 / ratio:.1f} times this" if ratio else ""
        return Row(case.name, entry.name, milliseconds, ratio, *[None] * 4, runs, note)
    solution = entry.solution
    note = ""
    if judge.problem.penalty == "mcp":
        excess = float(solution.objectives[0] / judge.best[0] - 1.0)
        note = f"objective +{excess:.1e}"
    return Row(
        case.name,
        entry.name,
        milliseconds,
        ratio,
        solution.tol,
        judge.accuracy(solution),
        solution.support,
        entry.first,
        len(entry.seconds),
        note,
    )


def shown(value, form):
    """Return a value as text, '-' for None."""
    return "-" if value is None else format(value, form)


HEAD = (
    f"  {'solver':<16}{'ms':>10}{'/ sklreg':>10}{'tol':>8}{'accuracy':>10}"
    f"{'support':>9}{'first s':>9}{'runs':>6}"
)


def line(each):
    """Return a row as text."""
    return (
        f"  {each.solver:<16}{shown(each.milliseconds, '.2f'):>10}"
        f"{shown(each.ratio, '.2f'):>10}{shown(each.tol, '.0e'):>8}"
        f"{shown(each.accuracy, '.1e'):>10}{shown(each.support, 'd'):>9}"
        f"{shown(each.first, '.1f'):>9}{each.runs or '-':>6}  {each.note}"
    ).rstrip()


def summary(case, table):
    """Return one line about a case: sklreg, the fastest peer, the ratio, the target."""
    ours = next((each.milliseconds for each in table if each.solver == OURS), None)
    peers = [
        each
        for each in table
        if each.milliseconds and each.solver not in {OURS, *YARDSTICKS}
    ]
    best = min(peers, key=lambda each: each.milliseconds, default=None)
    ratio = best.ratio if best else None
    verdict = ""
    if ratio is not None:
        verdict = "holds" if ratio >= case.target else "MISSED"
    return (
        f"{case.name:<30}{shown(ours, '.2f'):>10}  {best.solver if best else '-':<16}"
        f"{shown(best and best.milliseconds, '.2f'):>10}{shown(ratio, '.2f'):>9}"
        f"{case.target:>8.2f}  {verdict}"
    )


SUMMARY_HEAD = (
    f"{'case':<30}{'sklreg ms':>10}  {'fastest peer':<16}{'its ms':>10}{'ratio':>9}"
    f"{'target':>8}"
)


def doubts(judge):
    """Return a sentence if the reference was not what it should be."""
    if judge.problem.penalty == "mcp":
        return []
    if judge.reference is None:
        return ["  No solver finished with a tight tolerance: F* may be too high."]
    accuracy = judge.accuracy(judge.reference)
    if accuracy > 0.1 * judge.wanted:
        return [f"  The reference was beaten; its accuracy is {accuracy:.1e} only."]
    return []


def chosen(words):
    """Return the cases whose names have all the words of one of the strings."""
    if not words:
        return CASES
    return [
        case
        for case in CASES
        if any(set(each.split()) <= set(case.name.split()) for each in words)
    ]


def arguments():
    """Return the options of the command line."""
    shared = os.environ.get("SKLREG_SHARED", "../shared")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", default=f"{shared}/data", help="folder of the real data")
    add("--cases", nargs="*", help="only those with all these words in the name")
    add("--solvers", type=lambda text: text.split(","), help="such as sklreg,celer")
    add("--threads", type=int, default=1, help="for every solver")
    add("--rounds", type=int, default=2, help="turns of every solver")
    add("--budget", type=float, default=2.0, help="seconds of fits to take times of")
    add("--processor-time", action="store_true", help="instead of elapsed time")
    add("--limit", type=float, default=60.0, help="seconds for a search")
    add("--csv", help="file for the rows")
    return parser.parse_args()


def main():
    """Measure and print the tables."""
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that solvers end too
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(options.threads)
    clock = "process_time" if options.processor_time else "perf_counter"
    os.environ["BENCHMARK_CLOCK"] = clock
    written, summaries = [], []
    for case in chosen(options.cases):
        try:
            problem = case.build(options.data)
        except FileNotFoundError as error:
            print(f"{case.name}: no data, {error}", flush=True)
            continue
        n_samples, n_features = problem.X.shape
        print(f"{case.name}: {n_samples} x {n_features}", flush=True)
        judge, entries = play(case, problem, options)
        table = rows(case, judge, entries)
        print(HEAD, *map(line, table), *doubts(judge), "", sep="\n", flush=True)
        summaries.append(summary(case, table))
        written += table
    print(f"Threads: {options.threads}", SUMMARY_HEAD, *summaries, sep="\n")
    if options.csv:
        with Path(options.csv).open("w", newline="") as stream:
            csv.writer(stream).writerows([Row._fields, *written])


if __name__ == "__main__":
    main()
