"""scikit-learn's callbacks, where the installed version has them."""

from __future__ import annotations

import importlib.util
import threading
import time

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale

from sklreg import (
    LinearClassifierCV,
    LinearRegressorCV,
    MLPClassifier,
    MLPClassifierCV,
    MLPRegressor,
    MLPRegressorCV,
)

HAS_CALLBACKS = importlib.util.find_spec("sklearn.callback") is not None
X, Y = load_iris(return_X_y=True)
X = scale(X)


class Recorder:
    """Write down what is told, and stop after an epoch."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.begun, self.ended, self.scores, self.torn_down = [], [], [], 0

    def setup(self, estimator, context):
        self.root = context

    def teardown(self, estimator, context):
        self.torn_down += 1

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.begun.append((context.task_name, context.task_id))
        self.shapes = X.shape, y.shape

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator
    ):
        self.ended.append((context.task_name, context.task_id))
        self.scores.append(fitted_estimator and fitted_estimator.score(X, y))
        self.metadata = metadata
        return len(self.ended) == self.stop_after


@pytest.mark.parametrize("estimator", [MLPClassifier, LinearRegressorCV])
def test_callbacks_are_taken_if_scikit_learn_has_them(estimator):
    assert hasattr(estimator(), "set_callbacks") == HAS_CALLBACKS


if HAS_CALLBACKS:
    from sklearn.callback import ScoringMonitor

    @pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
    def test_callbacks_are_told_of_every_epoch(estimator):
        recorder = Recorder()
        model = estimator(max_iter=4, random_state=0).set_callbacks(recorder)
        model.fit(X, Y, np.full(150, 2.0))
        epochs = [("epoch", k) for k in range(4)]
        assert recorder.begun == [("fit", 0), *epochs]
        assert recorder.ended == [*epochs, ("fit", 0)]
        assert recorder.root.max_subtasks == 4
        assert recorder.shapes == ((150, 4), (150,))
        assert len(recorder.metadata["sample_weight"]) == 150
        assert recorder.scores[-1] == recorder.scores[-2] == model.score(X, Y)
        assert len(set(recorder.scores)) > 2
        assert recorder.torn_down == 1

    def test_callbacks_change_nothing_unless_they_stop():
        plain = MLPClassifier(max_iter=4, random_state=0).fit(X, Y)
        watched = clone(plain).set_callbacks(Recorder()).fit(X, Y)
        np.testing.assert_array_equal(watched.coefs_[0], plain.coefs_[0])
        stopped = clone(plain).set_callbacks(Recorder(stop_after=2)).fit(X, Y)
        assert stopped.n_iter_ == 2

    @pytest.mark.parametrize("refit", [False, True])
    def test_early_stopping_leaves_no_task_open(refit):
        recorder = Recorder()
        model = MLPClassifier(
            early_stopping=True, learning_rate_init=0.05, refit=refit, random_state=0
        )
        model.set_callbacks(recorder).fit(X, Y)
        assert sorted(recorder.begun) == sorted(recorder.ended)
        n_epochs = len(model.loss_curve_) + refit * model.best_epoch_
        assert len(recorder.ended) == n_epochs + 1

    def test_without_epochs_the_fit_is_a_task():
        recorder = Recorder()
        model = MLPClassifier(hidden_layer_sizes=()).set_callbacks(recorder).fit(X, Y)
        assert recorder.ended == [("fit", 0)]
        assert recorder.scores == [model.score(X, Y)]

    def test_a_failed_fit_is_torn_down():
        class Fails(Recorder):
            def on_fit_task_end(self, estimator, context):
                raise RuntimeError("enough")

        recorder = Fails()
        model = MLPClassifier(max_iter=4).set_callbacks(recorder)
        with pytest.raises(RuntimeError, match="enough"):
            model.fit(X, Y)
        assert recorder.torn_down == 1
        assert not hasattr(model, "coefs_")
        assert not hasattr(model, "_callback_fit_ctx")

    def test_scores_are_monitored_in_a_grid_search_too():
        monitor = ScoringMonitor(scoring="accuracy")
        model = MLPClassifier(max_iter=3, random_state=0).set_callbacks(monitor)
        model.fit(X, Y)
        rows = [r for r in monitor.get_logs().data if r["task_name"] == "epoch"]
        assert [row["task_id"] for row in rows] == [0, 1, 2]
        search = GridSearchCV(model, {"alpha": [0.01, 1.0]}, cv=2, refit=False)
        assert search.fit(X, Y).best_params_["alpha"] == 0.01

    # Cross-validation: folds, in threads ----------------------------------------------

    CV = [LinearClassifierCV, LinearRegressorCV]
    FOLDS = [("fold", 0), ("fold", 1), ("fold", 2)]

    @pytest.mark.parametrize("n_jobs", [1, 2])
    @pytest.mark.parametrize("estimator", CV)
    def test_callbacks_are_told_of_every_fold(estimator, n_jobs):
        recorder = Recorder()
        model = estimator(alphas=5, cv=3, n_jobs=n_jobs).set_callbacks(recorder)
        model.fit(X, Y, np.full(150, 2.0))
        assert recorder.begun[0] == recorder.ended[-1] == ("fit", 0)
        assert recorder.begun[-1] == recorder.ended[-2] == ("refit", 3)
        assert sorted(recorder.begun[1:-1]) == sorted(recorder.ended[:-2]) == FOLDS
        score = model.score(X, Y)
        assert recorder.scores == [None, None, None, score, score]
        assert recorder.root.max_subtasks == 4
        assert recorder.torn_down == 1

    def test_folds_show_the_rows_that_they_fit():
        class Rows(Recorder):
            def on_fit_task_end(self, estimator, context, *, X=None, metadata=None):
                self.ended.append((X, metadata["sample_weight"]))

        recorder, weight = Rows(), 1.0 + Y
        LinearRegressorCV(alphas=5, cv=3).set_callbacks(recorder).fit(X, Y, weight)
        for k in range(3):
            rows, weights = recorder.ended[k]
            np.testing.assert_array_equal(
                rows, np.delete(X, slice(50 * k, 50 * k + 50), 0)
            )
            assert len(weights) == 100

    @pytest.mark.parametrize("estimator", CV)
    def test_callbacks_do_not_change_what_is_chosen(estimator):
        plain = estimator(alphas=5, cv=3).fit(X, Y)
        recorder = Recorder(stop_after=1)  # there is no choice without all folds
        watched = clone(plain).set_callbacks(recorder).fit(X, Y)
        np.testing.assert_array_equal(watched.fold_losses_, plain.fold_losses_)
        np.testing.assert_array_equal(watched.coef_, plain.coef_)

    def test_folds_in_threads_tell_one_at_a_time():
        class Slow(Recorder):
            def on_fit_task_end(self, estimator, context):
                assert inside.acquire(blocking=False)
                time.sleep(0.01)
                inside.release()
                self.ended.append(context.task_name)

        inside, recorder = threading.Lock(), Slow()
        model = LinearRegressorCV(alphas=2, cv=8, n_jobs=4).set_callbacks(recorder)
        model.fit(X, Y)
        assert recorder.ended == ["fold"] * 8 + ["refit", "fit"]

    @pytest.mark.parametrize(
        "model",
        [
            LinearClassifierCV(alphas=3, cv=3, refit=False),
            MLPClassifierCV(alphas=2, cv=3, refit=False, max_iter=2),
        ],
        ids=lambda model: type(model).__name__,
    )
    def test_without_refit_there_is_no_fitted_model_to_show(model):
        recorder = Recorder()
        clone(model).set_callbacks(recorder).fit(X, Y)
        assert recorder.ended[-1] == ("fit", 0)
        assert recorder.scores[-1] is None

    # Networks that choose: sequences of strengths -------------------------------------

    NETWORK = {"hidden_layer_sizes": 3, "max_iter": 2, "cv": 3, "random_state": 0}

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_callbacks_are_told_of_every_sequence_and_strength(n_jobs):
        recorder = Recorder()
        model = MLPClassifierCV("l1", alphas=4, n_jobs=n_jobs, **NETWORK)
        model.set_callbacks(recorder).fit(X, Y, np.full(150, 2.0))
        assert recorder.begun[0] == recorder.ended[-1] == ("fit", 0)
        assert sorted(recorder.begun) == sorted(recorder.ended)
        first = [("first fold", k) for k in (4, 5, 6)] + [("first refit", 7)]
        second = [*FOLDS, ("refit", 3)]
        sequences = [task for task in recorder.begun if task[0] != "strength"]
        assert sorted(sequences[1:5]) == first
        assert sorted(sequences[5:]) == second
        strengths = [k for name, k in recorder.ended if name == "strength"]
        assert sorted(strengths) == sorted([0, 1, 2, 3] * 8)
        assert recorder.root.max_subtasks == 8
        assert recorder.scores[-1] == model.score(X, Y)
        assert recorder.torn_down == 1

    def test_sequences_show_the_rows_that_they_fit():
        class Rows(Recorder):
            def on_fit_task_end(self, estimator, context, *, X=None, metadata=None):
                self.ended.append((context.task_name, X, metadata["sample_weight"]))

        recorder, weight = Rows(), np.where(Y < 2, 2.0, 3.0)
        model = MLPRegressorCV("l2", alphas=2, **NETWORK).set_callbacks(recorder)
        model.fit(X, Y, weight)
        assert [name for name, *_ in recorder.ended[:3]] == ["strength"] * 2 + ["fold"]
        for k in range(9):
            _, rows, weights = recorder.ended[k]
            left = slice(50 * (k // 3), 50 * (k // 3) + 50)
            np.testing.assert_array_equal(rows, np.delete(X, left, 0))
            np.testing.assert_allclose(
                weights / weights[0], np.delete(weight, left) / 2.0
            )

    def test_callbacks_do_not_change_which_network_is_chosen():
        plain = MLPClassifierCV("l1", alphas=3, **NETWORK).fit(X, Y)
        watched = clone(plain).set_callbacks(Recorder(stop_after=1)).fit(X, Y)
        np.testing.assert_array_equal(watched.fold_losses_, plain.fold_losses_)
        np.testing.assert_array_equal(watched.coefs_[0], plain.coefs_[0])

    def test_closed_forms_are_fits_without_folds():
        recorder = Recorder()
        LinearRegressorCV("l2", cv="loo").set_callbacks(recorder).fit(X, Y)
        assert recorder.ended == [("refit", 0), ("fit", 0)]

    def test_a_callback_that_fails_in_a_fold_ends_the_fit():
        class Fails(Recorder):
            def on_fit_task_begin(self, estimator, context):
                if context.task_id == 1:
                    raise RuntimeError("enough")

        recorder = Fails()
        model = LinearRegressorCV(alphas=3, cv=3, n_jobs=2).set_callbacks(recorder)
        with pytest.raises(RuntimeError, match="enough"):
            model.fit(X, Y)
        assert recorder.torn_down == 1
        assert not hasattr(model, "alpha_")
        assert not hasattr(model, "_callback_fit_ctx")

    def test_folds_are_watched_in_a_grid_search_too():
        monitor = ScoringMonitor(scoring="r2")
        model = LinearRegressorCV(alphas=3, cv=3).set_callbacks(monitor)
        search = GridSearchCV(model, {"penalty": ["l1", "l2"]}, cv=2)
        search.fit(X, Y)
        names = [row["task_name"] for row in monitor.get_logs("all")[0].data]
        assert set(names) == {"refit", "fit"}
