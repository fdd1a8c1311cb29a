"""How long a mini-batch of a network takes, beside the libraries that are installed.

    python benchmarks/neural.py [--cases 50-64-1/32,784-64-10/64] [--rounds 5]
        [--seconds 0.5] [--ways sklreg,l1]

Microseconds per mini-batch in steady state: what a training of twice as many epochs
takes longer, over the mini-batches in the difference, so that validation, the start and
compiling do not count. float32, Adam, relu, one thread, 8192 rows. All take turns in
every round, first with few epochs and then with twice as many, and the least processor
time of each of the two counts: on a busy machine a difference of two times, and so the
least of several differences, may be much too small. There are as many epochs as take
--seconds, or one. "products" are the five matrix products of a step alone, by NumPy's
BLAS.

The last table is the prediction of one row, beside scikit-learn's validation of it and
its network's prediction.

sklreg runs as it is, with l1 (exact zeros), with dropout of half the hidden units, and
with batch normalisation; scikit-learn, torch (eager, fused Adam) and Keras without any,
Keras with the backend that KERAS_BACKEND names.
"""

import argparse
import functools
import importlib.util
import os
import time
import warnings

import numpy as np
from sklearn import neural_network
from sklearn.utils.validation import validate_data
from threadpoolctl import threadpool_limits

import sklreg

CASES = "50-64-1/32", "64-100-10/200", "50-256-1/256", "784-64-10/64"
ROWS = 8192
FLOATS = [np.float32, np.float64]
WAYS = {
    "sklreg": {"penalty": None},
    "l1": {"penalty": "l1", "alpha": 1e-4},
    "dropout": {"penalty": None, "dropout": 0.5},
    "batch norm": {"penalty": None, "batch_norm": True},
}


def drawn(n_features, n_outputs):
    """Return features, and numbers or labels."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((ROWS, n_features), dtype=np.float32)
    if n_outputs == 1:
        return X, X[:, 0] + rng.standard_normal(ROWS, dtype=np.float32)
    return X, rng.integers(0, n_outputs, ROWS)


def with_sklreg(parameters):
    """Return what trains for some epochs."""

    def train(X, y, hidden, size, epochs):
        kind = sklreg.MLPRegressor if y.dtype.kind == "f" else sklreg.MLPClassifier
        model = kind(hidden_layer_sizes=(hidden,), batch_size=size, random_state=0)
        model.set_params(max_iter=epochs, tol=0.0, n_iter_no_change=10**6)
        model.set_params(polish=False, **parameters).fit(X, y)

    return train


def with_sklearn(X, y, hidden, size, epochs):
    """Train scikit-learn's."""
    numbers = y.dtype.kind == "f"
    kind = neural_network.MLPRegressor if numbers else neural_network.MLPClassifier
    model = kind(hidden_layer_sizes=(hidden,), batch_size=size, alpha=0.0)
    model.set_params(random_state=0, tol=0.0, n_iter_no_change=10**6)
    model.set_params(max_iter=epochs).fit(X, y)


def with_torch(X, y, hidden, size, epochs):
    """Train a torch module in the usual loop, without a data loader."""
    import torch

    torch.set_num_threads(1)
    outputs = 1 if y.dtype.kind == "f" else int(y.max()) + 1
    layers = torch.nn.Linear(X.shape[1], hidden), torch.nn.Linear(hidden, outputs)
    model = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1])
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    loss = torch.nn.MSELoss() if outputs == 1 else torch.nn.CrossEntropyLoss()
    rows = torch.from_numpy(X)
    targets = torch.from_numpy(y.reshape(-1, 1) if outputs == 1 else y)
    for _ in range(epochs):
        order = torch.randperm(len(X))
        for chosen in order.split(size):
            optimizer.zero_grad(set_to_none=True)
            loss(model(rows[chosen]), targets[chosen]).backward()
            optimizer.step()


@functools.cache
def keras_model(n_features, hidden, outputs):
    """Return a Keras model, which compiles once."""
    import keras

    layers = keras.layers.Dense(hidden, "relu"), keras.layers.Dense(outputs)
    model = keras.Sequential([keras.Input((n_features,)), *layers])
    labels = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", "mse" if outputs == 1 else labels)
    return model


def with_keras(X, y, hidden, size, epochs):
    """Train a Keras model by its own ``fit``, going on where the last one ended."""
    outputs = 1 if y.dtype.kind == "f" else int(y.max()) + 1
    model = keras_model(X.shape[1], hidden, outputs)
    model.fit(X, y, batch_size=size, epochs=epochs, verbose=0)


def products(X, y, hidden, size, epochs):
    """Multiply what a step multiplies."""
    outputs = 1 if y.dtype.kind == "f" else int(y.max()) + 1
    w, v = np.ones((X.shape[1], hidden), "f"), np.ones((hidden, outputs), "f")
    a, eta = np.empty((size, hidden), "f"), np.empty((size, outputs), "f")
    g, h = np.empty_like(w), np.empty_like(v)
    for _ in range(epochs * -(-ROWS // size)):
        np.dot(X[:size], w, out=a)
        np.dot(a, v, out=eta)
        np.dot(a.T, eta, out=h)
        np.dot(eta, v.T, out=a)
        np.dot(X[:size].T, a, out=g)


def taken(train, case, epochs):
    """Return the processor time of a training."""
    start = time.process_time()
    train(*case, epochs)
    return time.process_time() - start


def epochs_that_last(seconds, train, case):
    """Return how many epochs a difference has to have, after compiling."""
    taken(train, case, 1)
    more = taken(train, case, 3) - taken(train, case, 1)
    return max(1, round(2 * seconds / max(more, 1e-3)))


def microseconds(ways, case, rounds, seconds):
    """Return the time of a mini-batch for each way, from trainings of two lengths."""
    epochs = [epochs_that_last(seconds, train, case) for train in ways]
    plan = [*zip(epochs, ways, strict=True)]
    least = np.min(
        [
            [[taken(train, case, k * own) for own, train in plan] for k in (1, 2)]
            for _ in range(rounds)
        ],
        axis=0,
    )
    batches = np.array(epochs) * -(-ROWS // case[-1])
    return 1e6 * (least[1] - least[0]) / batches


def least_call(function, *arguments):
    """Return the least microseconds of a call, of two thousand."""
    clock, times = time.perf_counter_ns, []
    for _ in range(2000):
        start = clock()
        function(*arguments)
        times.append(clock() - start)
    return min(times) / 1e3


def print_one_row(names):
    """Measure and print predictions of one row."""
    heads = "sklreg", "validation", "scikit-learn"
    print(f"\n{'one row':<16}", *(f"{head:>13}" for head in heads), sep="")
    for name in names:
        n_features, hidden, n_outputs = map(int, name.partition("/")[0].split("-"))
        X, y = drawn(n_features, n_outputs)
        numbers, own = y.dtype.kind == "f", {"hidden_layer_sizes": (hidden,)}
        kinds = (
            (sklreg.MLPRegressor, neural_network.MLPRegressor)
            if numbers
            else (sklreg.MLPClassifier, neural_network.MLPClassifier)
        )
        ours, theirs = (
            kind(**own, max_iter=1, random_state=0).fit(X[:500], y[:500])
            for kind in kinds
        )
        check = functools.partial(validate_data, ours, reset=False, dtype=FLOATS)
        found = [least_call(f, X[:1]) for f in (ours.predict, check, theirs.predict)]
        print(f"{name:<16}", *(f"{value:>13.1f}" for value in found), sep="")


def arguments():
    """Return the options of the command line, and what is to be timed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", default=",".join(CASES), help="layers/batch,...")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="of a difference")
    parser.add_argument("--ways", help="those to time, such as sklreg,l1,torch")
    options = parser.parse_args()
    ways = {name: with_sklreg(parameters) for name, parameters in WAYS.items()}
    ways["scikit-learn"] = with_sklearn
    for name, way in {"torch": with_torch, "keras": with_keras}.items():
        if importlib.util.find_spec(name):
            ways[name] = way
        else:
            print(f"{name} is not installed")
    ways["products"] = products
    if options.ways:
        ways = {name: ways[name] for name in options.ways.split(",")}
    return options, ways


def main():
    """Measure and print the table."""
    options, ways = arguments()
    warnings.simplefilter("ignore")
    if "keras" in ways:
        import keras

        print(f"keras {keras.__version__} on {keras.backend.backend()}")
    print(f"{'microseconds':<16}", *(f"{name:>13}" for name in ways), sep="")
    first = f"  / {next(iter(ways))}"
    for name in options.cases.split(","):
        layers, _, size = name.partition("/")
        n_features, hidden, n_outputs = map(int, layers.split("-"))
        case = *drawn(n_features, n_outputs), hidden, int(size)
        least = microseconds([*ways.values()], case, options.rounds, options.seconds)
        print(f"{name:<16}", *(f"{value:>13.1f}" for value in least), sep="")
        print(f"{first:<16}", *(f"{v / least[0]:>13.2f}" for v in least), sep="")
    print_one_row(options.cases.split(","))


if __name__ == "__main__":
    # torch and the backends of Keras read these when they are imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    with threadpool_limits(1):
        main()
