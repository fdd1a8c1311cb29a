"""The comparison of ``python -m sklreg``: true tables, and one line for bad input."""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.preprocessing import StandardScaler

from sklreg import LinearClassifier, LinearRegressor, convert_alpha
from sklreg.__main__ import main
from sklreg.comparison import QUICK, Progress, read_table, shipped
from sklreg.comparison.contenders import (
    NETWORK,
    ByAlpha,
    logistic_regression,
    own_strength,
    problems,
)
from sklreg.neural import MLPClassifier, MLPRegressor

COMMAND = [sys.executable, "-m", "sklreg"]
ROW = re.compile(
    r"  (?P<library>sklreg|sklearn) (?P<model>\w+)(?P<marks>[*+]*) +"
    r"(?P<alpha>\S+) +(?P<name>alpha|C)=(?P<value>\S+) +(?P<score>\S+) +"
    r"(?P<zeros>\d+) of (?P<weights>\d+) +(?P<objective>\S+) +"
    r"(?P<against>same|lower|\+\S+%) +(?P<seconds>[\d.]+)"
)
DATA = {"Diabetes": load_diabetes, "Breast": load_breast_cancer, "Digits": load_digits}


def run(*arguments):
    """Run main in this process: status, standard output, standard error."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code
    return status, out.getvalue(), err.getvalue()


def parsed(out):
    """Yield (data set, title, fields) of every row of the printed tables."""
    data = title = None
    for line in out.splitlines():
        row = ROW.fullmatch(line)
        if row:
            yield data, title, row.groupdict()
        elif line.split(":")[0] in {"l1", "elastic net", "l2", "network"}:
            title = line.split(":")[0]
        elif line.split(" ")[0].rstrip(":") in DATA:
            data = line.split(" ")[0].rstrip(":")


@pytest.fixture(scope="module")
def quick():
    status, out, err = run("--quick")
    assert status == 0
    return out, err


@pytest.fixture(scope="module")
def rows(quick):
    return list(parsed(quick[0]))


# The tables ---------------------------------------------------------------------------

L1_RATIO = {"l1": 1.0, "elastic net": 0.5, "l2": 0.0, "network": 0.0}
PENALTY = {"l1": "l1", "elastic net": "elasticnet", "l2": "l2"}


def training_parts(data):
    X, y = DATA[data](return_X_y=True)
    X, y = X[: QUICK.max_rows], y[: QUICK.max_rows]
    classes = None if data == "Diabetes" else y
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.25, random_state=0, stratify=classes
    )
    scaler = StandardScaler().fit(X)
    return scaler.transform(X), scaler.transform(X_test), y, y_test


def model_of(title, row, n_rows):
    """Return the estimator that a row of the table names, from public parts."""
    alpha, name = float(row["alpha"]), row["model"]
    if title == "network":
        ours = {"MLPRegressor": MLPRegressor, "MLPClassifier": MLPClassifier}
        theirs = {"MLPRegressor": TheirRegressor, "MLPClassifier": TheirClassifier}
        cls = (ours if row["library"] == "sklreg" else theirs)[name]
        own = alpha if row["library"] == "sklreg" else alpha * NETWORK["batch_size"]
        epochs = {"max_iter": QUICK.n_epochs, "n_iter_no_change": QUICK.n_epochs}
        model = cls(alpha=own, **NETWORK, **epochs)
        if name == "MLPClassifier":
            return model
        return TransformedTargetRegressor(model, transformer=StandardScaler())
    linear = {"LinearRegressor": LinearRegressor, "LinearClassifier": LinearClassifier}
    if name in linear:
        return linear[name](PENALTY[title], alpha, l1_ratio=0.5)
    if name == "LogisticRegression":
        return logistic_regression(L1_RATIO[title]).set_params(C=1 / (alpha * n_rows))
    if name == "Ridge":
        return Ridge(alpha * n_rows)
    return {"Lasso": Lasso, "ElasticNet": ElasticNet}[name](alpha, max_iter=10_000)


def weights_of(model):
    return model.coefs_ if hasattr(model, "coefs_") else [model.coef_]


def objective_of(title, model, X, y, alpha):
    """Mean loss plus penalty, from predictions; the package goes from the weights."""
    core = getattr(model, "regressor_", model)
    if hasattr(core, "predict_proba"):
        loss = log_loss(y, model.predict_proba(X))
    elif core is model:
        loss = np.mean((y - model.predict(X)) ** 2) / 2
    else:  # of the standardised target
        loss = np.mean((y - model.predict(X)) ** 2) / 2 / y.var()
    ratio = L1_RATIO[title]
    return loss + alpha * sum(
        ratio * abs(w).sum() + (1 - ratio) / 2 * (w**2).sum() for w in weights_of(core)
    )


def test_every_problem_of_every_data_set_is_there(rows):
    regression = ["l1", "elastic net", "l2", "network"]
    classification = ["l1", "l2", "network"]
    expected = [
        (data, title, library)
        for data in DATA
        for title in (regression if data == "Diabetes" else classification)
        for library in ("sklreg", "sklearn")
    ]
    assert [(data, title, row["library"]) for data, title, row in rows] == expected


def test_rows_can_be_recomputed_from_what_they_say(rows):
    for data, title, row in rows:
        X, X_test, y, y_test = training_parts(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = model_of(title, row, len(y)).fit(X, y)
        score = r2_score if data == "Diabetes" else accuracy_score
        found = score(y_test, model.predict(X_test))
        assert found == pytest.approx(float(row["score"]), abs=2e-4), row
        weights = weights_of(getattr(model, "regressor_", model))
        assert sum(w.size for w in weights) == int(row["weights"]), row
        assert sum((w == 0).sum() for w in weights) == int(row["zeros"]), row
        if "+" not in row["marks"]:
            reached = objective_of(title, model, X, y, float(row["alpha"]))
            assert reached == pytest.approx(float(row["objective"]), rel=1e-4), row


def source_of(data, title):
    """Name of the peer for convert_alpha."""
    if title == "network":
        return "sklearn.MLP"
    if data != "Diabetes":
        return "sklearn.LogisticRegression"
    names = {"l1": "Lasso", "elastic net": "ElasticNet", "l2": "Ridge"}
    return f"sklearn.{names[title]}"


def test_alpha_is_shown_in_both_conventions(rows):
    for data, title, row in rows:
        source = source_of(data, title)
        alpha, _ = convert_alpha(
            float(row["value"]),
            source,
            sample_weight_sum=len(training_parts(data)[2]),
            batch_size=NETWORK["batch_size"],
        )
        assert alpha == pytest.approx(float(row["alpha"]), rel=0.01)
        assert (row["name"] == "C") == (source == "sklearn.LogisticRegression")


def test_verdict_follows_from_the_objectives(rows):
    for (_, _, ours), (_, _, peer) in zip(rows[::2], rows[1::2], strict=True):
        low, high = sorted([ours, peer], key=lambda row: float(row["objective"]))
        excess = float(high["objective"]) / float(low["objective"]) - 1
        if {ours["against"], peer["against"]} == {"same"}:
            assert excess < 1e-4
        else:
            above = float(high["against"].strip("+%")) / 100
            assert low["against"] == "lower"
            assert excess == pytest.approx(above, rel=0.1, abs=1e-5)


def test_sklreg_is_never_above_on_convex_problems(rows):
    linear = [row for _, title, row in rows if title != "network"]
    ours = [row for row in linear if row["library"] == "sklreg"]
    assert {row["against"] for row in ours} <= {"same", "lower"}
    assert not any(row["marks"] for row in ours)


def test_unconverged_rows_have_a_footnote(quick, rows):
    marked = [row for _, _, row in rows if "*" in row["marks"]]
    assert {row["model"] for row in marked} == {"LogisticRegression"}
    assert quick[0].count("fits ended with a ConvergenceWarning") == len(marked)


def test_text_fits_a_terminal_and_explains_itself(quick):
    out, _ = quick
    assert max(map(len, out.splitlines())) <= 100
    assert out.isascii()
    assert out.count("How to read it: ") == len(DATA)
    assert out.count("before the clock started: ") == len(DATA)


def test_progress_is_one_line_a_step(quick):
    _, err = quick
    n_steps = sum(QUICK.n_steps(table.task) for table in shipped(QUICK.max_rows))
    lines = err.splitlines()
    assert len(lines) == n_steps
    assert lines[-1].startswith(f"[{n_steps}/{n_steps}] Digits: sklearn MLPClassifier")


def test_progress_rewrites_its_line_on_a_terminal():
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    progress = Progress(terminal, 2)
    progress.step("first")
    progress.step("second")
    progress.clear()
    assert terminal.getvalue().count("\r") == 4
    assert "\n" not in terminal.getvalue()
    assert terminal.getvalue().endswith("\r")


# Peers --------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["Lasso", "Ridge", "LogisticRegression", "MLP"])
@pytest.mark.parametrize("n_rows", [20, 331])
def test_own_strength_undoes_convert_alpha(source, n_rows):
    _, value = own_strength(f"sklearn.{source}", 0.037, n_rows)
    back, _ = convert_alpha(
        value,
        f"sklearn.{source}",
        sample_weight_sum=n_rows,
        batch_size=min(n_rows, NETWORK["batch_size"]),
    )
    assert back == pytest.approx(0.037, rel=1e-14)


def test_peer_converts_for_the_rows_of_each_fit():
    X, y = load_diabetes(return_X_y=True)
    model = ByAlpha(Ridge(), "sklearn.Ridge", alpha=0.1)
    for n_rows in (100, 442):
        fitted = clone(model).fit(X[:n_rows], y[:n_rows])
        ours = LinearRegressor("l2", 0.1, tol=1e-12).fit(X[:n_rows], y[:n_rows])
        np.testing.assert_allclose(fitted.estimator_.coef_, ours.coef_, rtol=1e-8)


@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_logistic_regression_has_the_penalty_asked_for(l1_ratio):
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = logistic_regression(l1_ratio).set_params(C=0.05).fit(X, y)  # no warning
    assert isinstance(model, LogisticRegression)
    assert (model.coef_ == 0).any() == (l1_ratio == 1.0)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_both_sides_of_a_network_have_the_same_settings(task):
    problem = problems(task, 7)[-1]

    def settings(contender):
        model = contender.model
        for inner in ("regressor", "estimator"):
            model = getattr(model, inner, model)
        params = model.get_params()
        names = (*NETWORK, "max_iter", "n_iter_no_change", "activation", "solver")
        return {name: params[name] for name in names}

    assert settings(problem.ours) == settings(problem.peer)


# A table of one's own -----------------------------------------------------------------


def write(path, header, columns, separator=","):
    """Write columns as CSV and return the path."""
    lines = [separator.join(header)]
    lines += [separator.join(map(str, row)) for row in zip(*columns, strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def diabetes_csv(tmp_path):
    """Real numbers, two columns of text, one of them with a rare value, and names."""
    X, y = load_diabetes(return_X_y=True)
    sex = np.where(X[:, 1] > 0, "f", "m")
    site = np.where(np.arange(len(y)) % 20 == 0, '"north, far"', "south")
    name = [f"patient {i}" for i in range(len(y))]
    columns = [name, sex, site, *X[:, [0, 2, 3, 8]].T, y]
    header = ["name", "sex", "site", "age", "bmi", "pressure", "s5", "progression"]
    return write(tmp_path / "diabetes.csv", header, columns)


@pytest.fixture
def wine_csv(tmp_path):
    X, y = load_wine(return_X_y=True)
    colour = np.where(X[:, 9] > 5, "dark", "light")
    grape = np.array(["barolo", "grignolino", "barbera"])[y]
    header = ["alcohol", "malic", "ash", "proline", "colour", "grape"]
    columns = [*X[:, [0, 1, 2, 12]].T, colour, grape]
    return write(tmp_path / "wine.csv", header, columns)


def test_regression_on_a_csv_file(diabetes_csv):
    status, out, _ = run("--quick", "--csv", diabetes_csv, "--target", "progression")
    assert status == 0
    assert "'progression' from 4 numeric and 2 text columns" in out
    assert "Task: regression, 'progression' holds 214 different numbers" in out
    assert "Column 'name' is left out: 442 different texts" in out
    rows = [row.groupdict() for row in map(ROW.fullmatch, out.splitlines()) if row]
    assert [row["model"] for row in rows[::2]] == [
        *["LinearRegressor"] * 3,
        "MLPRegressor",
    ]
    assert {row["weights"] for row in rows[:6]} == {"6"}  # 4 numbers, 2 of two values
    assert all(float(row["score"]) > 0.2 for row in rows[:6])


def test_classification_on_a_csv_file(wine_csv):
    status, out, _ = run("--quick", "--csv", wine_csv, "--target", "grape")
    assert status == 0
    assert "Task: classification, 'grape' holds text." in out
    rows = [row.groupdict() for row in map(ROW.fullmatch, out.splitlines()) if row]
    assert [row["model"] for row in rows] == [
        *["LinearClassifier", "LogisticRegression"] * 2,
        *["MLPClassifier"] * 2,
    ]
    assert {row["weights"] for row in rows[:4]} == {"15"}  # (4 + 1) features, 3 classes
    assert all(float(row["score"]) > 0.8 for row in rows[:4])


def test_few_whole_numbers_are_classes_unless_told_otherwise(tmp_path):
    X, y = load_wine(return_X_y=True)
    path = write(tmp_path / "a.csv", ["a", "b", "y"], [*X[:, :2].T, y])
    guessed = read_table(str(path), "y")
    assert guessed.task == "classification"
    assert "(else: --task regression)" in guessed.notes[0]
    told = read_table(str(path), "y", "regression")
    assert told.task == "regression"
    np.testing.assert_array_equal(told.y, y)


def test_excel_style_file_is_read(tmp_path):
    rows = [f"{i};{i / 8:.3f};x{i % 3};{i % 7},25" for i in range(30)]
    text = '\ufeff;Höhe;kind;"y; ""m"""\r\n' + "\r\n".join(rows).replace(".", ",")
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    table = read_table(str(path), 'y; "m"')
    np.testing.assert_array_equal(table.y, np.arange(30) % 7 + 0.25)
    assert table.X[:, 0].tolist() == [i / 8 for i in range(30)]
    assert table.categories == (1,)
    assert (
        "'column 1' is left out: it has no name and counts the rows" in table.notes[1]
    )


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(tmp_path, separator):
    columns = [np.arange(30) / 4, ["u", "v"] * 15, np.arange(30) * 1.5]
    path = write(tmp_path / "a.csv", ["a", "b", "y"], columns, separator)
    table = read_table(str(path), "y")
    np.testing.assert_array_equal(table.y, columns[2])
    assert table.X[:, 1].tolist() == columns[1]


# Bad input ----------------------------------------------------------------------------

GOOD = [f"{i / 3},{'uv'[i % 2]},{i * i / 7}" for i in range(40)]


def lines(*changes, header="a,b,y"):
    """Return a good file with some rows replaced; row 0 is on line 2."""
    rows = GOOD.copy()
    for i, row in changes:
        rows[i] = row
    return "\n".join([header, *rows]) + "\n"


def every_row(ending):
    return "a,y\n" + "".join(f"{i},{ending(i)}\n" for i in range(40))


BAD_FILES = {
    "missing value": (lines((7, ",u,3")), "line 9, column 'a': missing value ''"),
    "missing word": (lines((7, "1,NA,3")), "line 9, column 'b': missing value 'NA'"),
    "missing several": (lines((7, ",u,"), (9, "?,u,1")), "(the first of 3)"),
    "missing target": (lines((3, "1,u,")), "line 5, column 'y': missing value"),
    "nan": (lines((0, "nan,u,3")), "line 2, column 'a': missing value 'nan'"),
    "infinite": (lines((0, "-inf,u,3")), "column 'a': '-inf' is not finite"),
    "overflow": (lines((0, "1e999,u,3")), "line 2, column 'a': '1e999' is not finite"),
    "huge": (lines((0, "1e200,u,3")), "column 'a': '1e200' is too large"),
    "infinite target": (lines((0, "1,u,inf")), "line 2, column 'y': 'inf' is not"),
    "absent column": (lines(header="a,b,yy"), "no column is named 'y'; did you mean"),
    "absent column, far": (
        lines(header="a,b,cost"),
        "its columns are 'a', 'b', 'cost'",
    ),
    "empty": ("", "the file is empty"),
    "blank": ("\n \n", "the file is empty"),
    "header only": ("a,b,y\n", "a header line but no rows"),
    "one column": ("y\n" + "1\n2\n" * 20, "'y' is the only column"),
    "few rows": ("a,y\n1,2\n2,3\n", "2 rows are too few; at least 20"),
    "constant target": (every_row(lambda i: 3), "'y': is '3' in every row"),
    "constant text": (every_row(lambda i: "no"), "'y': is 'no' in every row"),
    "nearly constant": (every_row(lambda i: f"{i}e-200"), "values hardly differ"),
    "long row": (lines((4, "1,u,3,4")), "line 6: number of fields 4, in the header 3"),
    "short row": (lines((4, "1,u")), "line 6: number of fields 2, in the header 3"),
    "duplicate names": (lines(header="a,a,y"), "line 1: 2 columns are named 'a'"),
    "rare class": (
        every_row(lambda i: "rare" if i < 2 else "often" if i % 2 else "also"),
        "class 'rare' has 2 rows, at least 3 are needed",
    ),
    "names as target": (every_row(lambda i: f"n{i}"), "has 1 row, at least 3"),
    "open quote": (lines((4, '1,"u,3')), "broken CSV"),
    "no features": (
        "id,b,y\n" + "".join(f"n{i},one,{i / 3}\n" for i in range(40)),
        "no column is left",
    ),
    "nothing to explain": (
        every_row(lambda i: 5.5 if i == 20 else 0),  # held out
        "on the 30 rows to fit no column varies with the target",
    ),
    "misspelt number": (
        every_row(lambda i: i / 3).replace("\n7,", "\nseven,"),
        "line 9, column 'a': 'seven' is not a number, most of the column is",
    ),
}


def assert_one_line(status, out, err, *fragments):
    assert status == 2
    assert out == ""
    assert err.startswith("sklreg: ")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    for fragment in fragments:
        assert fragment in err


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_file_gets_one_line(tmp_path, case):
    text, fragment = BAD_FILES[case]
    path = tmp_path / "bad.csv"
    path.write_text(text)
    result = run("--quick", "--csv", path, "--target", "y")
    assert_one_line(*result, "bad.csv", fragment)


@pytest.mark.parametrize(
    "content",
    [bytes(range(256)), b"a,b\0,y\n1,2,3\n", "a,y\n1,2\n".encode("utf-16")],
    ids=["bytes", "zeros", "utf-16"],
)
def test_binary_garbage_gets_one_line(tmp_path, content):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    result = run("--csv", path, "--target", "y")
    assert_one_line(*result, str(path), "is not text in UTF-8")


def test_unreadable_paths_get_one_line(tmp_path):
    absent = tmp_path / "absent.csv"
    result = run("--csv", absent, "--target", "y")
    assert_one_line(*result, str(absent), "no such file")
    assert_one_line(*run("--csv", tmp_path, "--target", "y"), "is a directory")


def test_text_target_for_regression_gets_one_line(wine_csv):
    result = run("--csv", wine_csv, "--target", "grape", "--task", "regression")
    assert_one_line(*result, "line 2, column 'grape': 'barolo' is not a number")


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["--csv", "a.csv"], "--csv needs --target COLUMN"),
        (["--target", "y"], "go with --csv FILE"),
        (["--task", "regression"], "go with --csv FILE"),
    ],
)
def test_incomplete_arguments_get_one_line(arguments, fragment):
    assert_one_line(*run(*arguments), fragment)


def test_unknown_task_is_refused_by_the_parser():
    status, _, err = run("--csv", "a.csv", "--target", "y", "--task", "cluster")
    assert status == 2
    assert "invalid choice: 'cluster'" in err


def test_help_tells_what_it_does():
    status, out, _ = run("--help")
    assert status == 0
    for word in ("--csv", "--target", "--quick", "examples:", "exit status"):
        assert word in out


# Processes ----------------------------------------------------------------------------


def environment():
    return os.environ | {"PYTHONUNBUFFERED": "1"}


def test_command_runs_on_a_csv_file(wine_csv):
    command = [*COMMAND, "--quick", "--csv", wine_csv, "--target", "grape"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment()
    )
    assert done.returncode == 0
    assert done.stdout.startswith("wine.csv: 'grape' from 4 numeric and 1 text columns")
    assert "Traceback" not in done.stderr


def test_interrupt_ends_in_one_line():
    with subprocess.Popen(
        COMMAND,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        process.stderr.readline()  # the first step has begun
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.endswith("sklreg: interrupted.\n")
    assert "Traceback" not in err


def test_closed_pipe_ends_quietly(wine_csv):
    command = [*COMMAND, "--quick", "--csv", wine_csv, "--target", "grape"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 141
    assert "Error" not in err


def test_importing_the_package_leaves_the_comparison_alone():
    code = "import sys, sklreg; print([n for n in sys.modules if 'comparison' in n])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
