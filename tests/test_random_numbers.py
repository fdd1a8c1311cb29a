"""Random numbers by key and counter: what they are, and that they look random."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import scipy.stats

from sklreg._compile import kernel
from sklreg._random_numbers import (
    child_key,
    new_key,
    normal,
    normal_quantile,
    random_bits,
    uniform,
)

N = 100_000
#: Small numbers, neighbours and a drawn one: no key is special.
KEYS = [0, 1, 2, 3, 2**63, 2**64 - 1, int(new_key(np.random.RandomState(0)))]


@kernel
def draw(key, out, normals):
    for k in range(out.shape[0]):
        if normals[k]:
            out[k] = normal(key, k)
        else:
            out[k] = uniform(key, k)


def sequence(key, n=N, normals=False):
    out = np.empty(n)
    draw(np.uint64(key), out, np.full(n, normals))
    return out


def naive_bits(key, counter):
    """SplitMix64 in whole numbers of any size."""
    mask = 2**64 - 1
    z = (key + counter * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


@pytest.mark.parametrize("key", KEYS)
def test_bits_are_those_of_plain_python(key):
    for counter in [0, 1, 2, 1000, 2**31, 2**62]:
        bits = random_bits(np.uint64(key), counter)
        assert bits == naive_bits(key, counter)
        assert uniform(np.uint64(key), counter) == (bits >> 11) / 2**53
        child = child_key(np.uint64(key), counter)
        assert child == naive_bits(key ^ (2**64 - 1), counter)


def test_bits_are_those_of_the_reference_implementation():
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert [random_bits(np.uint64(1234567), k) for k in range(1, 6)] == expected


@pytest.mark.parametrize("key", KEYS)
def test_uniform_numbers_fill_the_interval_and_the_square(key):
    u = sequence(key)
    assert 0.0 <= u.min() < u.max() < 1.0
    line = np.histogram(u, 256, (0, 1))[0]
    assert scipy.stats.chisquare(line).pvalue > 1e-4
    square = np.histogram2d(u[:-1], u[1:], 16, [(0, 1), (0, 1)])[0]
    assert scipy.stats.chisquare(square.ravel()).pvalue > 1e-4


@pytest.mark.parametrize("bit", [0, 1, 20, 31, 32, 63])
def test_every_bit_is_a_fair_coin(bit):
    coins = [(random_bits(np.uint64(5), k) >> bit) & 1 for k in range(20_000)]
    assert abs(np.mean(coins) - 0.5) < 4 * 0.5 / np.sqrt(20_000)


@pytest.mark.parametrize("derive", [lambda k: k, lambda k: child_key(np.uint64(7), k)])
def test_neighbouring_keys_give_independent_sequences(derive):
    table = np.array([sequence(derive(k), 5000) for k in range(20)])
    correlation = np.corrcoef(table)[np.triu_indices(20, 1)]
    assert np.abs(correlation).max() < 5 / np.sqrt(5000)
    assert scipy.stats.kstest(correlation * np.sqrt(5000), "norm").pvalue > 1e-4
    first = np.array([sequence(derive(k), 1)[0] for k in range(2000)])
    assert scipy.stats.kstest(first, "uniform").pvalue > 1e-4


def test_keys_of_a_tree_are_different():
    root = new_key(np.random.RandomState(0))
    keys = {
        child_key(np.uint64(child_key(root, epoch)), layer)
        for epoch in range(200)
        for layer in range(50)
    }
    assert len(keys) == 200 * 50
    assert (
        new_key(np.random.RandomState(0)) == root != new_key(np.random.RandomState(1))
    )


@pytest.mark.parametrize("key", KEYS)
def test_normal_numbers_are_normal(key):
    assert scipy.stats.kstest(sequence(key, normals=True), "norm").pvalue > 1e-4


def test_normal_quantile_has_seven_digits():
    p = np.concatenate([np.linspace(1e-3, 0.999, 999), 10.0 ** -np.arange(3, 17)])
    found = [normal_quantile(x) for x in p]
    np.testing.assert_allclose(found, scipy.special.ndtri(p), rtol=2e-7, atol=1e-12)
