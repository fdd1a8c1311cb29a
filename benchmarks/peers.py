"""The solvers of the comparison: one small function each, `(problem, tol) -> model`.

A model has `fit(X, y)`, which is what is timed, then `coef_` and `intercept_`:
(outputs, features, alphas) and (outputs, alphas), or any shape with the same order of
numbers. It may have `layout`, what X is turned into beforehand, and `seconds_` if it
measures itself. `Unsuited` says that a solver, or this version of it, is not for a
problem.

A new peer is one function and the line `@peer(name, loss, penalty, "fit" or "path")`
above it. Everyone's limits on iterations are out of reach, so that the tolerance ends
the fit.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import scipy.sparse
from problems import strongest
from scipy.linalg.blas import dsyrk

MANY = 10**6
YARDSTICKS = ("dsyrk",)  # not solvers: a time to compare with
PEERS = {}  # {(loss, penalty, "fit" or "path"): {name: function}}


class Unsuited(Exception):
    """The solver does not treat this problem."""


def peer(name, loss, penalty, task="fit"):
    """Register what makes the model of a solver for a kind of problem."""

    def register(function):
        PEERS.setdefault((loss, penalty, task), {})[name] = function
        return function

    return register


def threads():
    """Return the number of threads a solver may use."""
    return int(os.environ["OMP_NUM_THREADS"])


class Function:
    """A function `(X, y) -> coef, intercept` as a model."""

    def __init__(self, solve, layout=None):
        self.solve = solve
        self.layout = layout or as_given

    def fit(self, X, y):
        """Call the function."""
        self.coef_, self.intercept_ = self.solve(X, y)
        return self


class InLayout:
    """A model that prefers X in another layout, which it is given beforehand."""

    def __init__(self, model, layout):
        self.model = model
        self.layout = layout

    def fit(self, X, y):
        """Fit the model."""
        self.model.fit(X, y)
        return self

    def __getattr__(self, name):
        """Return what the model has."""
        return getattr(self.model, name)


def as_given(X):
    """Return X: Fortran order or CSC."""
    return X


def rows_first(X):
    """Return X in C order, or CSR."""
    return X.tocsr() if scipy.sparse.issparse(X) else np.ascontiguousarray(X)


def centred(solve):
    """Turn a path without intercept into one with it: centred y, standardised X."""

    def solve_with_intercept(X, y):
        mean = y.mean()
        coefs = solve(X, y - mean)
        return coefs, np.full(coefs.shape[-1], mean)

    return Function(solve_with_intercept)


def one_by_one(model, name, values):
    """Turn a warm-started model into a path over values of a parameter."""

    def solve(X, y):
        coefs, intercepts = [], []
        for value in values:
            model.set_params(**{name: value}).fit(X, y)
            coefs.append(np.array(model.coef_).ravel())
            intercepts.append(float(np.squeeze(model.intercept_)))
        return np.stack(coefs, axis=-1), np.array(intercepts)

    return Function(solve)


# sklreg


def sklreg_penalty(problem):
    """Return the penalty as sklreg takes it."""
    from sklreg import penalties

    if problem.penalty in {"l1", "l2"}:
        return problem.penalty
    name = {"mcp": "MCP", "group": "GroupL1"}[problem.penalty]
    made = getattr(penalties, name, None)
    if made is None:
        raise ImportError(f"sklreg.penalties.{name}")
    if problem.penalty == "mcp":
        return made(gamma=problem.gamma)
    return made(groups=problem.groups)


def sklreg(problem, tol):
    """LinearRegressor or LinearClassifier."""
    from sklreg import LinearClassifier, LinearRegressor

    classes = {"squared_error": LinearRegressor, "log_loss": LinearClassifier}
    return classes[problem.loss](
        sklreg_penalty(problem), problem.alpha, tol=tol, max_iter=MANY
    )


def sklreg_path(problem, tol):
    """regularization_path."""
    from sklreg import regularization_path

    model = sklreg(problem, tol)

    def solve(X, y):
        path = regularization_path(model, X, y, alphas=problem.alphas)
        return path.coefs, path.intercepts

    return Function(solve)


for kind in [
    ("squared_error", "l1"),
    ("squared_error", "l2"),
    ("squared_error", "mcp"),
    ("squared_error", "group"),
    ("log_loss", "l1"),
    ("log_loss", "l2"),
    ("log_loss", "group"),
    ("multinomial", "l1"),
    ("multinomial", "l2"),
]:
    peer("sklreg", *kind)(sklreg)
    peer("sklreg", *kind, "path")(sklreg_path)


# glmnet, in R


class Glmnet:
    """One R process that keeps X and fits for every threshold it is sent."""

    process = None

    def __init__(self, problem, tol):
        if shutil.which("Rscript") is None:
            raise ImportError("Rscript")
        if problem.X.dtype != np.float64:
            raise Unsuited("float64 only")
        self.problem = problem
        self.tol = tol
        if Glmnet.process is None:
            Glmnet.folder = tempfile.mkdtemp(prefix="glmnet-")
            write_for_r(problem, Path(Glmnet.folder))
            family = {"squared_error": "gaussian", "log_loss": "binomial"}
            command = [
                "Rscript",
                str(Path(__file__).with_name("glmnet.R")),
                Glmnet.folder,
                family.get(problem.kind[0], "multinomial"),
            ]
            Glmnet.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            self.read_line()

    def read_line(self):
        """Return a line of R's answer."""
        line = self.process.stdout.readline()
        if not line:
            raise ImportError("glmnet")
        return line

    def fit(self, X, y):
        """Let R fit; X and y are there already."""
        self.process.stdin.write(f"{self.tol}\n")
        self.process.stdin.flush()
        seconds, converged = self.read_line().split()
        self.seconds_ = float(seconds)
        n_outputs, n_alphas = self.problem.n_outputs, len(self.problem.alphas)
        numbers = np.full((n_outputs, n_alphas, X.shape[1] + 1), np.nan)
        if converged == "1":
            numbers = np.fromfile(Path(self.folder) / "coef")
            numbers = numbers.reshape(n_outputs, -1, X.shape[1] + 1)[:, -n_alphas:]
        self.intercept_ = numbers[:, :, 0]
        self.coef_ = numbers[:, :, 1:].transpose(0, 2, 1)
        return self


def glmnet_strengths(problem):
    """Return the strengths that glmnet gets.

    Its multinomial does not converge from zero to a small strength at once, so it goes
    there in ten steps, as its manual advises.
    """
    if problem.n_outputs == 1 or len(problem.alphas) > 1:
        return problem.alphas
    top = strongest(problem.X, problem.y, problem.loss, problem.penalty)
    return np.geomspace(top, problem.alpha, 10)


def write_for_r(problem, folder):
    """Write X, y and the strengths as files that R reads at once."""
    X = problem.X
    nonzero = X.nnz if scipy.sparse.issparse(X) else 0
    if nonzero:
        X.indices.astype(np.int32).tofile(folder / "i")
        X.indptr.astype(np.int32).tofile(folder / "p")
        X.data.tofile(folder / "x")
    else:
        X.T.tofile(folder / "X")
    problem.y.tofile(folder / "y")
    strengths = glmnet_strengths(problem)
    strengths.tofile(folder / "lambda")
    meta = f"{X.shape[0]},{X.shape[1]},{nonzero},{len(strengths)}"
    (folder / "meta.csv").write_text(meta)


for kind in [("squared_error", "l1"), ("log_loss", "l1"), ("multinomial", "l1")]:
    peer("glmnet", *kind)(Glmnet)
    peer("glmnet", *kind, "path")(Glmnet)


# celer


@peer("celer", "squared_error", "l1")
def celer_lasso(problem, tol):
    """Lasso."""
    import celer

    return celer.Lasso(problem.alpha, tol=tol, max_iter=MANY, max_epochs=MANY)


@peer("celer", "squared_error", "l1", "path")
def celer_lasso_path(problem, tol):
    """celer_path, which has no intercept."""
    from celer import celer_path

    return centred(
        lambda X, y: celer_path(
            X, y, "lasso", alphas=problem.alphas, tol=tol, max_iter=MANY, prune=True
        )[1]
    )


@peer("celer", "squared_error", "group")
def celer_group(problem, tol):
    """GroupLasso."""
    import celer

    return celer.GroupLasso(
        problem.sizes.tolist(),
        problem.alpha,
        tol=tol,
        max_iter=MANY,
        weights=np.sqrt(problem.sizes),
    )


# skglm


@peer("skglm", "squared_error", "l1")
def skglm_lasso(problem, tol):
    """Lasso."""
    import skglm

    return skglm.Lasso(problem.alpha, tol=tol, max_iter=MANY, max_epochs=MANY)


@peer("skglm", "squared_error", "l1", "path")
def skglm_lasso_path(problem, tol):
    """Lasso.path, with intercept."""
    import skglm

    model = skglm.Lasso(tol=tol, max_iter=MANY, max_epochs=MANY)

    def solve(X, y):
        coefs = model.path(X, y, problem.alphas)[1]
        return coefs[:-1], coefs[-1]

    return Function(solve)


@peer("skglm", "log_loss", "l1")
def skglm_logistic(problem, tol):
    """SparseLogisticRegression."""
    import skglm

    return skglm.SparseLogisticRegression(
        problem.alpha, tol=tol, max_iter=MANY, max_epochs=MANY
    )


@peer("skglm", "log_loss", "l1", "path")
def skglm_logistic_path(problem, tol):
    """SparseLogisticRegression, from strength to strength."""
    model = skglm_logistic(problem, tol).set_params(warm_start=True)
    return one_by_one(model, "alpha", problem.alphas)


@peer("skglm", "squared_error", "mcp")
def skglm_mcp(problem, tol):
    """MCPRegression."""
    import skglm

    return skglm.MCPRegression(
        problem.alpha, problem.gamma, tol=tol, max_iter=MANY, max_epochs=MANY
    )


@peer("skglm", "squared_error", "group")
def skglm_group(problem, tol):
    """GroupLasso."""
    import skglm

    return skglm.GroupLasso(
        problem.sizes.tolist(),
        problem.alpha,
        weights=np.sqrt(problem.sizes),
        tol=tol,
        max_iter=MANY,
        max_epochs=MANY,
    )


@peer("skglm", "log_loss", "group")
def skglm_group_logistic(problem, tol):
    """GeneralizedLinearEstimator with a group penalty."""
    from skglm import GeneralizedLinearEstimator
    from skglm.datafits import LogisticGroup
    from skglm.penalties import WeightedGroupL2
    from skglm.solvers import GroupProxNewton
    from skglm.utils.data import grp_converter

    indices, start = grp_converter(problem.sizes.tolist(), problem.X.shape[1])
    weights = np.sqrt(problem.sizes)
    return GeneralizedLinearEstimator(
        LogisticGroup(start, indices),
        WeightedGroupL2(problem.alpha, weights, start, indices),
        GroupProxNewton(tol=tol, max_iter=1000, max_pn_iter=MANY, fit_intercept=True),
    )


# scikit-learn


@peer("sklearn", "squared_error", "l1")
def sklearn_lasso(problem, tol):
    """Lasso."""
    from sklearn.linear_model import Lasso

    return Lasso(problem.alpha, tol=tol, max_iter=MANY)


@peer("sklearn gram", "squared_error", "l1")
def sklearn_lasso_gram(problem, tol):
    """Lasso with precomputed Gram matrix."""
    from sklearn.linear_model import Lasso

    only_tall(problem)
    return Lasso(problem.alpha, precompute=True, tol=tol, max_iter=MANY)


@peer("sklearn", "squared_error", "l1", "path")
def sklearn_lasso_path(problem, tol):
    """lasso_path, which has no intercept; with Gram matrix where X is tall."""
    from sklearn.linear_model import lasso_path

    n_samples, n_features = problem.X.shape
    return centred(
        lambda X, y: lasso_path(
            X,
            y,
            alphas=problem.alphas,
            precompute=n_samples > n_features,
            tol=tol,
            max_iter=MANY,
        )[1]
    )


@peer("sklearn", "squared_error", "l2")
def sklearn_ridge(problem, tol):
    """Ridge with the solver it chooses."""
    from sklearn.linear_model import Ridge

    return Ridge(problem.alpha * len(problem.y), tol=tol)


@peer("sparse_cg", "squared_error", "l2")
def sklearn_ridge_by_conjugate_gradients(problem, tol):
    """Ridge, conjugate gradients."""
    from sklearn.linear_model import Ridge

    return Ridge(problem.alpha * len(problem.y), solver="sparse_cg", tol=tol)


@peer("lsqr", "squared_error", "l2")
def sklearn_ridge_by_lsqr(problem, tol):
    """Ridge, LSQR."""
    from sklearn.linear_model import Ridge

    return Ridge(problem.alpha * len(problem.y), solver="lsqr", tol=tol)


@peer("sklearnex", "squared_error", "l2")
def sklearnex_ridge(problem, tol):
    """Ridge of the extension for Intel processors."""
    from sklearnex.linear_model import Ridge

    return Ridge(problem.alpha * len(problem.y), tol=tol)


def sklearn_logistic(problem, tol, solver, **parameters):
    """LogisticRegression."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(
        C=1.0 / (problem.alpha * len(problem.y)),
        l1_ratio=float(problem.penalty == "l1"),
        solver=solver,
        tol=tol,
        max_iter=MANY,
        **parameters,
    )


@peer("saga", "log_loss", "l1")
@peer("saga", "multinomial", "l1")
def sklearn_saga(problem, tol):
    """LogisticRegression, saga."""
    return sklearn_logistic(problem, tol, "saga", random_state=0)


@peer("saga", "log_loss", "l1", "path")
def sklearn_saga_path(problem, tol):
    """LogisticRegression, saga, from strength to strength."""
    model = sklearn_saga(problem, tol).set_params(warm_start=True)
    return one_by_one(model, "C", 1.0 / (problem.alphas * len(problem.y)))


@peer("liblinear", "log_loss", "l1")
def sklearn_liblinear(problem, tol):
    """LogisticRegression, liblinear; its penalty on the intercept made negligible."""
    return sklearn_logistic(
        problem, tol, "liblinear", random_state=0, intercept_scaling=1e5
    )


@peer("lbfgs", "log_loss", "l2")
@peer("lbfgs", "multinomial", "l2")
def sklearn_lbfgs(problem, tol):
    """LogisticRegression, lbfgs."""
    return sklearn_logistic(problem, tol, "lbfgs")


@peer("newton-cholesky", "log_loss", "l2")
def sklearn_newton(problem, tol):
    """LogisticRegression, newton-cholesky."""
    return sklearn_logistic(problem, tol, "newton-cholesky")


# adelie


def adelie_model(problem, tol):
    """grpnet, for every loss and penalty; its group weights are sqrt(size) too."""
    import adelie

    family = {"squared_error": "gaussian", "log_loss": "binomial"}[problem.loss]
    start = None
    if problem.groups is not None:
        start = np.cumsum(np.append(0, problem.sizes[:-1]))

    def solve(X, y):
        matrix = X
        if scipy.sparse.issparse(X):
            matrix = adelie.matrix.sparse(X, method="naive", n_threads=threads())
        state = adelie.grpnet(
            matrix,
            getattr(adelie.glm, family)(y=y),
            groups=start,
            lmda_path=problem.alphas,
            tol=tol,
            irls_tol=tol,
            max_iters=10**8,
            early_exit=False,
            n_threads=threads(),
            progress_bar=False,
        )
        return state.betas.toarray().T, np.asarray(state.intercepts)

    return Function(solve)


for kind in [
    ("squared_error", "l1", "fit"),
    ("squared_error", "l1", "path"),
    ("squared_error", "group", "fit"),
    ("log_loss", "l1", "fit"),
    ("log_loss", "l1", "path"),
    ("log_loss", "group", "fit"),
]:
    peer("adelie", *kind)(adelie_model)


# skein


@peer("skein", "squared_error", "l1")
def skein_lasso(problem, tol):
    """ElasticNetRegressor without l2."""
    import skein_glm

    model = skein_glm.ElasticNetRegressor(problem.alpha, 1.0, tol=tol, max_iter=MANY)
    return InLayout(model, skein_layout)


@peer("skein", "squared_error", "mcp")
def skein_mcp(problem, tol):
    """MCPRegressor."""
    import skein_glm

    model = skein_glm.MCPRegressor(problem.alpha, problem.gamma, tol=tol, max_iter=MANY)
    return InLayout(model, skein_layout)


@peer("skein", "squared_error", "group")
def skein_group(problem, tol):
    """GroupLassoRegressor."""
    import skein_glm

    model = skein_glm.GroupLassoRegressor(
        problem.groups,
        problem.alpha,
        weights=np.sqrt(problem.sizes),
        tol=tol,
        max_iter=MANY,
    )
    return InLayout(model, skein_layout)


@peer("skein", "log_loss", "l1")
def skein_logistic(problem, tol):
    """LogisticLassoRegressor."""
    import skein_glm

    model = skein_glm.LogisticLassoRegressor(
        problem.alpha, tol=tol, outer_tol=tol, max_iter=MANY, max_outer=1000
    )
    return InLayout(model, skein_layout)


@peer("skein", "log_loss", "l1", "path")
def skein_logistic_path(problem, tol):
    """LogisticLassoPathRegressor."""
    import skein_glm

    model = skein_glm.LogisticLassoPathRegressor(
        lambdas=problem.alphas, tol=tol, outer_tol=tol, max_iter=MANY, max_outer=1000
    )

    def solve(X, y):
        model.fit(X, y)
        return model.coefs_.T, model.intercepts_

    return Function(solve, skein_layout)


@peer("skein", "log_loss", "group")
def skein_group_logistic(problem, tol):
    """LogisticGroupLassoRegressor."""
    import skein_glm

    model = skein_glm.LogisticGroupLassoRegressor(
        problem.groups,
        problem.alpha,
        weights=np.sqrt(problem.sizes),
        tol=tol,
        outer_tol=tol,
        max_iter=MANY,
        max_outer=1000,
    )
    return InLayout(model, skein_layout)


def skein_layout(X):
    """Return CSC or C order."""
    return X if scipy.sparse.issparse(X) else np.ascontiguousarray(X)


# glum


@peer("glum", "log_loss", "l1")
@peer("glum", "log_loss", "l2")
def glum_logistic(problem, tol):
    """GeneralizedLinearRegressor; it keeps a matrix of features x features."""
    import glum

    if problem.X.shape[1] > 10_000:
        raise Unsuited("for up to 10 000 features")

    return glum.GeneralizedLinearRegressor(
        family="binomial",
        alpha=problem.alpha,
        l1_ratio=float(problem.penalty == "l1"),
        gradient_tol=tol,
        max_iter=MANY,
    )


# cyanure


@peer("cyanure", "log_loss", "l2")
@peer("cyanure", "multinomial", "l1")
@peer("cyanure", "multinomial", "l2")
def cyanure_logistic(problem, tol):
    """Classifier, on rows."""
    from cyanure.estimators import Classifier

    model = Classifier(
        loss="logistic" if problem.n_outputs == 1 else "multiclass-logistic",
        penalty=problem.penalty,
        lambda_1=problem.alpha,
        tol=tol,
        max_iter=MANY,
        n_threads=threads(),
        verbose=False,
    )

    def solve(X, y):
        model.fit(X, y)
        return np.asarray(model.coef_).T, np.asarray(model.intercept_)

    return Function(solve, rows_first)


# yardsticks


@peer("dsyrk", "squared_error", "l1")
@peer("dsyrk", "squared_error", "l1", "path")
@peer("dsyrk", "squared_error", "l2")
def gram_product(problem, tol):
    """One X'X by BLAS in float64, as sums are taken, which tall problems need."""
    only_tall(problem)
    double = np.asfortranarray(problem.X, dtype=np.float64)
    return Function(lambda X, y: (dsyrk(1.0, double, trans=1)[:0], y[:0]))


def only_tall(problem):
    """Refuse what is sparse or has as many columns as rows."""
    if scipy.sparse.issparse(problem.X) or problem.X.shape[0] <= problem.X.shape[1]:
        raise Unsuited("for tall dense X")
