"""The textbook on images: what its table says, and its pictures."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from sklearn.metrics import log_loss

from sklreg.textbook import digits, images, measure, mnist, recipes, table
from sklreg.textbook.__main__ import main
from sklreg.textbook.pictures import draw_curves, draw_weights, largest_units

NAMES = [
    "no penalty",
    "l1",
    "l2",
    "l1 + l2",
    "dropout",
    "batch normalisation",
    "augmentation",
    "early stopping",
    "all of them",
]


@pytest.fixture(scope="module")
def trained():
    """The networks of the digits, and their rows."""
    networks = recipes(digits())
    rows = {
        name: measure(name, network, digits()) for name, network in networks.items()
    }
    return networks, rows


def test_the_networks_differ_in_what_their_names_say():
    networks = recipes(digits())
    assert list(networks) == NAMES
    plain = networks["no penalty"].get_params()
    for name, network in networks.items():
        changed = {k for k, v in network.get_params().items() if v != plain.get(k)}
        assert (name == "no penalty") == (not changed)
        assert not changed & {"hidden_layer_sizes", "max_iter", "learning_rate_init"}


def test_the_table_shows_what_regularisation_does(trained):
    _, rows = trained
    plain, best = rows["no penalty"], rows["all of them"]
    assert best.accuracy > plain.accuracy + 0.005 > 0.945
    assert best.log_loss < 0.6 * plain.log_loss
    for name, row in rows.items():
        smaller = name not in {"no penalty", "batch normalisation"}
        assert not smaller or row.gap < plain.gap
    assert rows["l1"].zeros > rows["l1 + l2"].zeros > 0.5 > plain.zeros == 0.0
    assert rows["l1"].features < plain.features == 64
    assert rows["early stopping"].epochs < plain.epochs == 200
    assert all(row.seconds > 0 for row in rows.values())


def test_rows_say_what_the_networks_do(trained):
    networks, rows = trained
    X, y = digits().test
    for name, network in networks.items():
        assert rows[name].accuracy == network.score(X, y)
        loss = log_loss(y, network.predict_proba(X))
        assert rows[name].log_loss == pytest.approx(loss)
    lines = list(table(rows.values()))
    assert [line[:20].rstrip() for line in lines] == ["network", *NAMES]
    assert len({len(line) for line in lines}) == 1


def test_the_command_prints_the_table(capsys):
    assert main(["--epochs", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("digits: 64-64-10, 400 images")
    assert len(lines) == 2 + len(NAMES)


def test_mnist_from_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "_MNIST_TO_WATCH", 20)
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (100, 784)).astype(np.uint8)
    y, is_test = np.arange(100) % 10, np.arange(100) >= 60
    np.savez(tmp_path / "mnist.npz", X=X, y=y, is_test=is_test)
    found = mnist(str(tmp_path / "mnist.npz"))
    assert [len(part.y) for part in found[2:]] == [40, 20, 40]
    np.testing.assert_array_equal(found.test.X, X[60:] / np.float32(255))
    assert found.shape == (28, 28)
    assert list(recipes(found)) == NAMES


def test_the_largest_units_come_first():
    weights = np.array([[1.0, 0.0, 3.0], [1.0, 0.5, 0.0]])
    np.testing.assert_array_equal(largest_units(weights, 2), [[3.0, 0.0], [1.0, 1.0]])


if importlib.util.find_spec("matplotlib"):

    @pytest.mark.parametrize("draw", [draw_curves, draw_weights])
    def test_pictures_are_drawn(trained, draw, tmp_path):
        from matplotlib.image import imread

        draw(trained[0], digits(), tmp_path / "picture.png")
        picture = imread(tmp_path / "picture.png")
        assert min(picture.shape[:2]) > 500
        assert picture.std() > 0.05
