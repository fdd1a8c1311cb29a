r"""How far a point is from optimal: duality gap and violation.

With ``u_i = -grad f(eta_i)`` and ``v = X' diag(q) u`` Fenchel's dual of `F` is

.. math:: D(u) = -\sum_i q_i f_i^*(-u_i) - (\alpha P)^*(v),
    \qquad \sum_i q_i u_i = 0 \text{ if there is an intercept}

less ``sum_i q_i u_i o_i`` if there is an offset `o`, and ``F - D`` bounds the distance
to the minimum (Ndiaye et al. 2017, Gap safe screening rules for sparsity enforcing
penalties, JMLR 18, section 2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ..losses import weighted_dual
from .layout import Layout
from .problem import Array, Evaluation, Point, Problem, penalty_violations

#: Share of a sum of sizes up to which rounding alone may be the reason of it.
ROUNDING = 16 * float(np.finfo(np.float64).eps)


class Certificate(NamedTuple):
    """Objective, duality gap (nan without a dual) and violation of a point."""

    objective: float
    dual_gap: float
    violation: float


def joined(parts: Sequence[Any]) -> Certificate:
    """Return the certificate of outputs together, from what certifies each."""
    return Certificate(
        sum(part.objective for part in parts),
        sum(part.dual_gap for part in parts),
        max(part.violation for part in parts),
    )


class Certified(NamedTuple):
    """A point, the data term there, and how far from optimal both show it to be."""

    point: Point
    evaluation: Evaluation
    certificate: Certificate
    scores: Array  # n_features x n_outputs: the violation of each weight


def certify(problem: Problem, point: Point, evaluation: Evaluation) -> Certified:
    """Return the certificate of `point` beside it, and the violation of each weight."""
    layout, alphas = problem.layout(), np.array([problem.penalty.strength()])
    one = Evaluation(
        np.array([evaluation.value]),
        evaluation.slopes[None],
        layout.flat(evaluation.gradient)[None],
    )
    (certificate,), scores = _certified(
        problem, layout, alphas, layout.flat(point.w)[None], one
    )
    if certificate.dual_gap == -math.inf:
        dual = _balanced_dual_value(problem, evaluation)
        certificate = certificate._replace(
            dual_gap=max(certificate.objective - dual, 0.0)
        )
    return Certified(point, evaluation, certificate, layout.matrix(scores))


def certify_all(
    problem: Problem, alphas: Array, points: Point, evaluations: Evaluation
) -> list[Certificate]:
    """Return the certificates of several points, each for a strength of the penalty.

    Of one output, where `is_balanced` and weights of zero elsewhere are optimal.
    """
    flat = evaluations._replace(gradient=evaluations.gradient[:, :, 0])
    return _certified(problem, problem.layout(), alphas, points.w[:, :, 0], flat)[0]


class _Question(NamedTuple):
    """What certificates ask of a problem, weights block by block."""

    loss: Any
    quadratic: bool
    columns: NDArray[np.intp]  # n_weights
    norms: Array  # n_weights
    largest: float  # of the norms
    y: Array  # n_samples x n_outputs
    q: Array  # n_samples
    offset: Array  # n_samples x n_outputs
    centre: bool

    @classmethod
    def of(cls, problem: Problem, layout: Layout) -> _Question:
        """Return what is asked of `problem`, whose weights lie in this layout."""
        offset = np.zeros_like(problem.y) if problem.offset is None else problem.offset
        return cls(
            problem.loss,
            bool(problem.loss.quadratic),
            layout.columns,
            layout.spread(problem.norms),
            float(problem.norms.max(initial=0.0)),
            problem.y,
            problem.weight,
            offset,
            problem.fit_intercept,
        )


class _Scratch(NamedTuple):
    """What a certificate writes to: a dual point, and its product with X."""

    u: Array  # n_samples x n_outputs
    v: Array  # n_weights

    @classmethod
    def of(cls, question: _Question) -> _Scratch:
        """Return room for a certificate."""
        return cls(np.empty_like(question.y), np.empty_like(question.norms))


def _certified(
    problem: Problem, layout: Layout, alphas: Array, zs: Array, evaluations: Evaluation
) -> tuple[list[Certificate], Array]:
    """Return certificates of weights `zs`, and the violations at the last of them."""
    question = _Question.of(problem, layout)
    dual = [_has_dual(problem.loss, problem.penalty.at_strength(a)) for a in alphas]
    found, scores = np.empty((len(alphas), 3)), np.empty_like(zs[0])
    _certify_all(
        question,
        problem.penalty,
        np.array(dual),
        alphas,
        zs,
        evaluations.value,
        evaluations.slopes,
        evaluations.gradient,
        _Scratch.of(question),
        scores,
        found,
    )
    return [Certificate(*row) for row in found.tolist()], scores


@kernel
def _certify_all(
    question: _Question,
    penalty: Any,
    has_dual: NDArray[np.bool_],
    alphas: Array,
    zs: Array,
    values: Array,
    slopes: Array,
    gradients: Array,
    scratch: _Scratch,
    scores: Array,
    found: Array,
) -> None:
    """Write objective, duality gap and violation of each point."""
    for m in range(alphas.shape[0]):
        found[m, 0], found[m, 1], found[m, 2] = _judged(
            question,
            penalty.at_strength(alphas[m]),
            has_dual[m],
            zs[m],
            values[m],
            slopes[m],
            gradients[m],
            scratch,
            scores,
        )


@kernel
def _judged(
    question: _Question,
    penalty: Any,
    has_dual: bool,
    z: Array,
    value: float,
    r: Array,
    gradient: Array,
    scratch: _Scratch,
    scores: Array,
) -> tuple[float, float, float]:
    """Return objective, duality gap and violation of weights `z`.

    The gap is minus infinity where it takes another product with X to find a dual
    point. Writes the violation of each weight to `scores`.
    """
    y, q, u, v = question.y, question.q, scratch.u, scratch.v
    penalised, violation = penalty_violations(
        penalty, question.columns, question.norms, z, gradient, scores
    )
    objective, imbalance, size, known = value + penalised, 0.0, 0.0, 0.0
    for c in range(r.shape[1]):
        total = 0.0
        for i in range(r.shape[0]):
            total += r[i, c]
            size += abs(r[i, c])
        imbalance = max(imbalance, abs(total) if question.centre else 0.0)
        shift = total if question.centre and question.quadratic else 0.0
        for i in range(r.shape[0]):  # shifted to the nearest dual point
            u[i, c] = shift + (-r[i, c] / q[i] if q[i] > 0.0 else 0.0)
            known += q[i] * u[i, c] * question.offset[i, c]
    violation = max(violation, imbalance * question.largest)
    if not has_dual:
        return objective, np.nan, violation
    if not (imbalance <= ROUNDING * size or question.quadratic):
        return objective, -np.inf, violation
    for j in range(v.shape[0]):
        v[j] = -gradient[j]
    dual = _better_dual(question.loss, penalty, question.columns, y, u, q, v, known)
    return objective, max(objective - dual, 0.0), violation


def violations(problem: Problem, w: Array, gradient: Array) -> Array:
    """Return the distance of minus the gradient to the subdifferential, per weight."""
    return problem.violations(w, gradient)[0]


def intercept_violation(problem: Problem, r: Array) -> float:
    """Return the intercepts' largest derivative, in the units of the largest column."""
    if not problem.fit_intercept:
        return 0.0
    return float(np.abs(r.sum(axis=0)).max() * problem.norms.max(initial=0.0))


def is_balanced(problem: Problem, slopes: Array) -> bool:
    """Tell whether slopes make a dual point as they are: they sum to zero.

    Those of several points at once; or it does not matter.
    """
    if not problem.fit_intercept or problem.loss.quadratic:
        return True
    size = np.abs(slopes).sum(axis=-2)
    return bool((np.abs(slopes.sum(axis=-2)) <= ROUNDING * size).all())


def has_dual(problem: Problem) -> bool:
    """Tell whether the duality gap of `problem` can be computed."""
    return _has_dual(problem.loss, problem.penalty)


def _has_dual(loss: Any, penalty: Any) -> bool:
    return bool(loss.dual and penalty.convex and penalty.has_dual())


def _balanced_dual_value(problem: Problem, evaluation: Evaluation) -> float:
    """Return the better of two dual points near one that the intercept rules out.

    They are balanced, and one of them is scaled to be feasible.
    """
    q, r, layout = problem.weight, evaluation.slopes, problem.layout()
    positive = q[:, None] > 0.0
    u = np.divide(-r, q[:, None], out=np.zeros_like(r), where=positive)
    balanced = np.ascontiguousarray(problem.loss.balanced_dual(u, problem.y, q))
    v = problem.design.rmatvec(q[:, None] * (balanced - u)) - evaluation.gradient
    known = 0.0
    if problem.offset is not None:
        known = float(q @ (balanced * problem.offset).sum(axis=1))
    y, loss, penalty = problem.y, problem.loss, problem.penalty
    v, columns = layout.flat(v), layout.columns
    return float(_better_dual(loss, penalty, columns, y, balanced, q, v, known))


@kernel
def _better_dual(
    loss: Any,
    penalty: Any,
    columns: NDArray[np.intp],
    y: Array,
    u: Array,
    q: Array,
    v: Array,
    known: float,
) -> float:
    """Return the larger D of `u` as it is and scaled, in place, to be feasible.

    `known` is the product of `u` with the offset.
    """
    value = -np.inf
    conjugate = conjugate_at(penalty, columns, v)
    if conjugate < np.inf:
        value = weighted_dual(loss, y, u, q) - conjugate - known
    scale = dual_scale_at(penalty, columns, v)
    if scale < 1.0:
        for i in range(v.shape[0]):
            v[i] *= scale
        for i in range(u.shape[0]):
            for c in range(u.shape[1]):
                u[i, c] *= scale
        conjugate = conjugate_at(penalty, columns, v)
        dual = weighted_dual(loss, y, u, q) - conjugate - scale * known
        value = max(value, dual)
    return value


@kernel
def conjugate_at(penalty: Any, columns: NDArray[np.intp], v: Array) -> float:
    """Return ``(alpha P)^*(v)``."""
    total, i = 0.0, 0
    while i < v.shape[0] and total < np.inf:
        stop = penalty.block_end(columns, i)
        total += penalty.block_conjugate(v, columns, i, stop)
        i = stop
    return total


@kernel
def dual_scale_at(penalty: Any, columns: NDArray[np.intp], v: Array) -> float:
    """Return the scale, at most one, at which the penalty wants its conjugate."""
    scale, i = 1.0, 0
    while i < v.shape[0]:
        stop = penalty.block_end(columns, i)
        scale = min(scale, penalty.block_dual_scale(v, columns, i, stop))
        i = stop
    return scale
