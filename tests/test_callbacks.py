"""Networks and scikit-learn's callbacks, where the installed version has them."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale

from sklreg import MLPClassifier, MLPRegressor

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
        self.scores.append(fitted_estimator.score(X, y))
        self.metadata = metadata
        return len(self.ended) == self.stop_after


def test_networks_take_callbacks_if_scikit_learn_has_them():
    assert hasattr(MLPClassifier(), "set_callbacks") == HAS_CALLBACKS


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
