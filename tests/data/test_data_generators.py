"""The made-up data: points in classes, curves and surfaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tensorgraph import data
from tensorgraph.errors import ArgumentError, DTypeError
from tensorgraph.random import generator, seed
from tensorgraph.typing import Array

CLASSES = {"spiral": 3, "vertical": 3, "blobs": 3, "moons": 2, "circles": 2, "xor": 2}
CURVES = ["sine", "plane", "surface"]
EVERY = [*CLASSES, "wave", *CURVES]


def make(name: str, *args: Any, **kwargs: Any) -> tuple[Array, Array]:
    function: Callable[..., tuple[Array, Array]] = getattr(data, name)
    return function(*args, **kwargs)


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    state = generator().bit_generator.state
    yield
    generator().bit_generator.state = state


# ---- what all have in common ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "args", "x_shape", "y_shape"),
    [
        ("spiral", (), (300, 2), (300,)),
        ("spiral", (7, 4), (28, 2), (28,)),
        ("spiral", (1, 256), (256, 2), (256,)),
        ("vertical", (), (300, 2), (300,)),
        ("vertical", (7, 4), (28, 2), (28,)),
        ("blobs", (), (300, 2), (300,)),
        ("blobs", (7, 1), (7, 2), (7,)),
        ("moons", (), (200, 2), (200,)),
        ("moons", (1,), (2, 2), (2,)),
        ("circles", (), (200, 2), (200,)),
        ("circles", (7,), (14, 2), (14,)),
        ("xor", (), (200, 2), (200,)),
        ("xor", (7,), (14, 2), (14,)),
        ("wave", (), (1000, 2), (1000,)),
        ("wave", (7,), (7, 2), (7,)),
        ("sine", (), (1000, 1), (1000, 1)),
        ("sine", (7, 0.1), (7, 1), (7, 1)),
        ("plane", (), (2500, 2), (2500, 1)),
        ("plane", (7, 0.1), (49, 2), (49, 1)),
        ("surface", (), (2501, 2), (2501, 1)),
        ("surface", (7, 0.1), (50, 2), (50, 1)),
    ],
)
def test_shapes(
    name: str, args: tuple[Any, ...], x_shape: tuple[int, ...], y_shape: tuple[int, ...]
) -> None:
    X, y = make(name, *args, seed=0)
    assert (X.shape, y.shape) == (x_shape, y_shape)


@pytest.mark.parametrize("name", EVERY)
def test_features_are_float32_and_labels_uint8(name: str) -> None:
    X, y = make(name, 5)
    assert [X.dtype.name, y.dtype.name] == ["float32", "float32" if name in CURVES else "uint8"]


@pytest.mark.parametrize("name", EVERY)
def test_dtype_chooses_that_of_features_and_targets(name: str) -> None:
    X, y = make(name, 5, dtype=np.float64)
    assert [X.dtype.name, y.dtype.name] == ["float64", "float64" if name in CURVES else "uint8"]


@pytest.mark.parametrize("name", EVERY)
def test_float32_is_float64_rounded(name: str) -> None:
    X, y = make(name, 5, seed=0)
    X64, y64 = make(name, 5, seed=0, dtype=np.float64)
    assert np.array_equal(X, X64.astype(np.float32))
    assert np.array_equal(y, y64.astype(y.dtype))


@pytest.mark.parametrize("name", CLASSES)
def test_classes_come_in_blocks_of_equal_size(name: str) -> None:
    _, y = make(name, 4, seed=0)
    assert y.tolist() == [c for c in range(CLASSES[name]) for _ in range(4)]


@pytest.mark.parametrize("name", [*CLASSES, "wave"])
def test_same_seed_same_points(name: str) -> None:
    assert np.array_equal(make(name, 20, seed=3)[0], make(name, 20, seed=3)[0])


@pytest.mark.parametrize("name", [*CLASSES, "wave"])
def test_other_seed_other_points(name: str) -> None:
    assert not np.array_equal(make(name, 20, seed=3)[0], make(name, 20, seed=4)[0])


@pytest.mark.parametrize("name", CURVES)
def test_same_seed_same_noise(name: str) -> None:
    assert np.array_equal(make(name, 5, 0.1, seed=3)[1], make(name, 5, 0.1, seed=3)[1])


@pytest.mark.parametrize("name", [*CLASSES, "wave"])
def test_a_generator_moves_on(name: str) -> None:
    rng = np.random.default_rng(3)
    first, second = make(name, 20, seed=rng)[0], make(name, 20, seed=rng)[0]
    assert np.array_equal(first, make(name, 20, seed=3)[0])
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("name", [*CLASSES, "wave"])
def test_without_a_seed_the_default_generator_draws(name: str) -> None:
    seed(3)
    assert np.array_equal(make(name, 20)[0], make(name, 20, seed=3)[0])


@pytest.mark.parametrize("name", CURVES)
def test_exact_data_draws_nothing(name: str) -> None:
    before = generator().bit_generator.state
    make(name, 5)
    assert generator().bit_generator.state == before


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("sigma", [0.05, 2])
def test_sigma_is_the_standard_deviation_of_the_targets(name: str, sigma: float) -> None:
    samples = 10_000 if name == "sine" else 100
    noise = make(name, samples, sigma, seed=0)[1] - make(name, samples)[1]
    assert_allclose(noise.std(), sigma, rtol=0.05)
    assert abs(noise.mean()) < 0.05 * sigma


@pytest.mark.parametrize("name", ["vertical", "moons", "circles", "xor"])
def test_noise_is_the_standard_deviation_of_each_coordinate(name: str) -> None:
    # xor draws its points first, so only the others repeat their noise-free points exactly.
    rough, exact = make(name, 20_000, noise=5, seed=0)[0], make(name, 20_000, noise=0, seed=0)[0]
    assert_allclose(np.sqrt(rough.var(axis=0) - exact.var(axis=0)), 5, rtol=0.05)


# ---- the formulas, at points worked out by hand --------------------------------------------------


def test_spiral_without_noise() -> None:
    X, _ = data.spiral(3, 2, noise=0, dtype=np.float64)
    expected = [
        [0.0, 0.0],
        [-0.4794621, 0.1418311],  # (sin 5, cos 5) / 2
        [-0.5440211, -0.8390715],  # sin 10, cos 10
        [0.0, 0.0],
        [0.3251439, -0.3798440],  # (sin 15, cos 15) / 2
        [0.9129453, 0.4080821],  # sin 20, cos 20
    ]
    assert_allclose(X, expected, atol=1e-7)


def test_spiral_draws_one_run_of_normals_per_arm() -> None:
    rough, exact = (data.spiral(50, 3, noise=noise, seed=8)[0] for noise in (0.2, 0))
    turn = np.arctan2(rough[:, 0], rough[:, 1]) - np.arctan2(exact[:, 0], exact[:, 1])
    drawn = np.random.default_rng(8).standard_normal(150)
    # Each arm begins at radius 0, where there is no angle to read the draw from.
    arms = np.arange(150) % 50 > 0
    wrapped = np.angle(np.exp(1j * (turn - 2.5 * 0.2 * drawn)))
    assert_allclose(wrapped[arms], 0, atol=1e-5)


def test_vertical_without_noise_is_its_centres() -> None:
    X, _ = data.vertical(2, 3, noise=0)
    assert_allclose(X, [[0.0, 0.5]] * 2 + [[1 / 3, 0.5]] * 2 + [[2 / 3, 0.5]] * 2, rtol=1e-6)


def test_vertical_draws_first_coordinates_first() -> None:
    X, _ = data.vertical(4, 2, noise=1, seed=8, dtype=np.float64)
    drawn = np.random.default_rng(8).standard_normal((2, 2, 4))
    assert_allclose(X[:4, 0], drawn[0, 0])
    assert_allclose(X[:4, 1], drawn[0, 1] + 0.5)
    assert_allclose(X[4:, 0], drawn[1, 0] + 1 / 3)
    assert_allclose(X[4:, 1], drawn[1, 1] + 0.5)


def test_blobs_without_spread_are_their_centres() -> None:
    X, _ = data.blobs(1, 3, spread=0)
    assert_allclose(X, [[1.0, 0.0], [-0.5, 0.8660254], [-0.5, -0.8660254]], atol=1e-7)


def test_blobs_spread_is_the_standard_deviation() -> None:
    X, y = data.blobs(20_000, 2, spread=0.4, seed=0)
    assert_allclose([X[y == c].std(axis=0) for c in (0, 1)], 0.4, rtol=0.05)


def test_moons_without_noise() -> None:
    X, _ = data.moons(3, noise=0)
    expected = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, 0.5], [1.0, -0.5], [2.0, 0.5]]
    assert_allclose(X, expected, atol=1e-7)


def test_circles_without_noise() -> None:
    X, _ = data.circles(4, noise=0, factor=0.25)
    outer = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
    assert_allclose(X, np.concatenate([outer, outer / 4]), atol=1e-7)


def test_xor_tells_its_classes_apart_by_sign() -> None:
    X, y = data.xor(1000, noise=0, seed=0)
    assert np.array_equal(X[:, 0] * X[:, 1] < 0, y == 1)


def test_xor_fills_all_four_quarters_of_the_square() -> None:
    X, _ = data.xor(1000, noise=0, seed=0)
    quarters = np.histogram2d(X[:, 0], X[:, 1], bins=2, range=[[-1, 1], [-1, 1]])[0]
    assert quarters.sum() == 2000
    assert quarters.min() > 400


def test_wave_fills_its_square() -> None:
    X, _ = data.wave(5000, seed=0)
    counts = np.histogram2d(X[:, 0], X[:, 1], bins=4, range=[[-4, 4], [-4, 4]])[0]
    assert counts.sum() == 5000
    assert counts.min() > 200


@pytest.mark.parametrize(
    ("low", "high", "share"), [(-1.5, -1, 0), (-0.1, 0.1, 0.5), (0.4, 0.6, 0.75), (1, 1.5, 1)]
)
def test_wave_chance_of_class_one(low: float, high: float, share: float) -> None:
    X, y = data.wave(50_000, seed=0, dtype=np.float64)
    lead = np.cos(X.prod(axis=1)) - np.sin(X.prod(axis=1))
    assert_allclose(y[(low < lead) & (lead < high)].mean(), share, atol=0.03)


def test_sine_is_one_period_without_its_end() -> None:
    X, y = data.sine(4)
    assert_allclose(X, [[0.0], [0.25], [0.5], [0.75]])
    assert_allclose(y, [[0], [1], [0], [-1]], atol=1e-7)


def test_plane_is_the_difference_over_the_unit_square() -> None:
    X, y = data.plane(2)
    assert_allclose(X, [[0, 0], [0, 1], [1, 0], [1, 1]])
    assert_allclose(y, [[0], [-1], [1], [0]])


def test_surface_starts_at_the_origin_and_goes_round() -> None:
    X, y = data.surface(8)
    assert_allclose(X[0], 0)
    assert_allclose(X[57:60], [[1.0, 0.0], [0.7071068, 0.7071068], [0.0, 1.0]], atol=1e-7)
    assert_allclose(y[57:60], [[0.0], [0.4794255], [0.0]], atol=1e-7)  # sin(1 / 2)
    assert_allclose(np.hypot(X[1:, 0], X[1:, 1]).reshape(8, 8)[:, 0], np.arange(8) / 7, rtol=1e-6)


# ---- bad arguments -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("bad", [0, -3, 2.0, "5", True, None])
def test_bad_samples(name: str, bad: Any) -> None:
    with pytest.raises(
        ArgumentError, match=f"{name}: samples must be an integer >= 1, got {bad!r}"
    ):
        make(name, bad)


@pytest.mark.parametrize("name", ["spiral", "vertical", "blobs"])
@pytest.mark.parametrize("bad", [0, -1, 257, 2.5])
def test_bad_classes(name: str, bad: Any) -> None:
    expected = f"{name}: classes must be an integer between 1 and 256, got {bad!r}"
    with pytest.raises(ArgumentError, match=expected):
        make(name, 5, bad)


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("spiral", "noise"),
        ("vertical", "noise"),
        ("blobs", "spread"),
        ("moons", "noise"),
        ("circles", "noise"),
        ("circles", "factor"),
        ("xor", "noise"),
        ("sine", "sigma"),
        ("plane", "sigma"),
        ("surface", "sigma"),
    ],
)
@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf, "0.1", None, True, 1j])
def test_bad_deviation(name: str, argument: str, bad: Any) -> None:
    with pytest.raises(ArgumentError, match=f"{name}: {argument} must be a finite number >= 0"):
        make(name, 5, **{argument: bad})


def test_circles_need_one_inside_the_other() -> None:
    with pytest.raises(ArgumentError, match=r"circles: factor must be below 1.*got 1\.0"):
        data.circles(5, factor=1.0)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("bad", [np.int32, "complex64", None, "no dtype", (np.float32, -1)])
def test_bad_dtype(name: str, bad: Any) -> None:
    with pytest.raises(DTypeError, match=f"{name}: "):
        make(name, 5, dtype=bad)


@pytest.mark.parametrize("name", EVERY)
def test_bad_seed(name: str) -> None:
    with pytest.raises(ArgumentError, match="a seed must be an integer >= 0"):
        make(name, 5, seed=-1)


@pytest.mark.parametrize("name", EVERY)
def test_a_refused_call_draws_nothing(name: str) -> None:
    before = generator().bit_generator.state
    with pytest.raises(DTypeError):
        make(name, 5, dtype=np.int32)
    assert generator().bit_generator.state == before
