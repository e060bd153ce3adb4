"""The scores of rows in any number of objectives: slow twins, closed forms, and the cross product of three."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from moo_inference.scores import chord_distance, cube_volume, curvature, sharpness, utopia_distance

every_width = pytest.mark.parametrize("m", range(2, 7))


def paths(columns, elements, least=3):
    """Paths of some rows with so many columns."""
    return st.integers(least, 12).flatmap(lambda n: arrays(float, (n, columns), elements=elements))


anything = st.floats(-2, 2)
sixty_fourths = st.integers(-256, 256).map(lambda count: count / 64)
"""Their differences, products and sums have no rounding error."""


def curvature_by_cross_product(N, cost_and_time_only=False):
    """Eq. 18 as NumPy has it, in three dimensions alone."""
    first = (N[2:] - N[:-2]) / 2
    second = N[2:] - 2 * N[1:-1] + N[:-2]
    if cost_and_time_only:
        cross = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
    else:
        cross = np.sqrt((np.cross(first, second) ** 2).sum(axis=1))
    speed = np.sqrt((first * first).sum(axis=1))
    kappa = np.zeros(len(N))
    moving = speed > 1e-10
    kappa[1:-1][moving] = cross[moving] / speed[moving] ** 3
    return kappa


@given(N=paths(3, anything))
def test_in_three_dimensions_the_area_is_the_cross_product_to_the_last_bit(N):
    np.testing.assert_array_equal(curvature(N), curvature_by_cross_product(N))


def test_the_cross_product_of_a_long_path_too():
    N = np.random.default_rng(1).random((500, 3))
    np.testing.assert_array_equal(curvature(N), curvature_by_cross_product(N))
    np.testing.assert_array_equal(curvature(np.asfortranarray(N)), curvature_by_cross_product(N))


@given(N=paths(3, anything))
def test_the_area_of_cost_and_time_alone(N):
    found = curvature(N, cost_and_time_only=True)
    expected = curvature_by_cross_product(N, cost_and_time_only=True)
    # the root of a square is exact but where the square underflows
    np.testing.assert_allclose(found, expected, rtol=1e-15, atol=1e-100)


def gram_curvature(before, here, after):
    """|p'|^2 |p''|^2 - (p' p'')^2 in fractions: another formula for the same area."""
    first = [(Fraction(b) - Fraction(a)) / 2 for a, b in zip(before, after, strict=True)]
    second = [Fraction(a) - 2 * Fraction(b) + Fraction(c) for a, b, c in zip(before, here, after, strict=True)]
    speed = sum(x * x for x in first)
    area = speed * sum(x * x for x in second) - sum(x * y for x, y in zip(first, second, strict=True)) ** 2
    return math.sqrt(area) / math.sqrt(speed) ** 3 if speed else 0.0


@every_width
@settings(max_examples=40)
@given(data=st.data())
def test_curvature_in_any_dimension_is_that_of_the_gram_determinant(m, data):
    N = data.draw(paths(m, sixty_fourths))
    found = curvature(N)
    assert found[0] == found[-1] == 0
    expected = [gram_curvature(*N[row - 1 : row + 2].tolist()) for row in range(1, len(N) - 1)]
    np.testing.assert_allclose(found[1:-1], expected, rtol=1e-13)


@every_width
@settings(max_examples=40)
@given(data=st.data())
def test_cost_and_time_alone_ignore_the_other_columns_in_the_area(m, data):
    N = data.draw(paths(m, sixty_fourths))
    first = (N[2:] - N[:-2]) / 2
    second = N[2:] - 2 * N[1:-1] + N[:-2]
    area = [abs(a[0] * b[1] - a[1] * b[0]) for a, b in zip(first, second, strict=True)]
    speed = [math.hypot(*a) for a in first]
    expected = [one / other**3 if other else 0.0 for one, other in zip(area, speed, strict=True)]
    np.testing.assert_allclose(curvature(N, cost_and_time_only=True)[1:-1], expected, rtol=1e-13)


def turned(path, seed=3):
    """The same path in its space, rotated."""
    m = path.shape[1]
    return path @ np.linalg.qr(np.random.default_rng(seed).normal(size=(m, m)))[0]


def test_curvature_of_a_circle_in_four_dimensions():
    """Central differences of step h give 2 / (1 + cos h) times 1 / r, which goes to 1 / r."""
    r, h = 2.5, 0.05
    t = h * np.arange(60)
    flat = np.zeros_like(t)
    circle = turned(np.column_stack([r * np.cos(t), r * np.sin(t), flat, flat + 1]))
    np.testing.assert_allclose(curvature(circle)[1:-1], 2 / (1 + math.cos(h)) / r, rtol=1e-10)
    np.testing.assert_allclose(curvature(circle)[1:-1], 1 / r, rtol=h**2)


def test_curvature_of_a_helix_in_four_dimensions():
    """r / (r^2 + c^2 + d^2); with step h, 2r (1 - cos h) over r^2 sin^2 h + h^2 (c^2 + d^2)."""
    r, c, d, h = 1.5, 0.7, -0.4, 0.05
    t = h * np.arange(60)
    helix = turned(np.column_stack([r * np.cos(t), r * np.sin(t), c * t, d * t]))
    of_step = 2 * r * (1 - math.cos(h)) / (r**2 * math.sin(h) ** 2 + h**2 * (c**2 + d**2))
    np.testing.assert_allclose(curvature(helix)[1:-1], of_step, rtol=1e-10)
    np.testing.assert_allclose(curvature(helix)[1:-1], r / (r**2 + c**2 + d**2), rtol=h**2)


def test_curvature_of_two_rotations_in_four_dimensions():
    """(a cos t, a sin t, b cos wt, b sin wt) needs all four: sqrt(a^2 + b^2 w^4) / (a^2 + b^2 w^2)."""
    a, b, w, h = 1.0, 0.6, 2.0, 0.01
    t = h * np.arange(60)
    path = turned(np.column_stack([a * np.cos(t), a * np.sin(t), b * np.cos(w * t), b * np.sin(w * t)]))
    expected = math.sqrt(a**2 + b**2 * w**4) / (a**2 + b**2 * w**2)
    np.testing.assert_allclose(curvature(path)[1:-1], expected, rtol=(w * h) ** 2)


def test_curvature_where_the_path_stands_still():
    N = np.ones((5, 4))
    assert (curvature(N) == 0).all()
    assert (curvature(np.ones((2, 4))) == 0).all()


def slow_chord_distance(N):
    """Row by row, in plain numbers: by the angle with the chord."""
    columns = list(zip(*N.tolist(), strict=True))
    width = [max(column) - min(column) or 1.0 for column in columns]
    points = [[(x - min(c)) / w for x, c, w in zip(row, columns, width, strict=True)] for row in N.tolist()]
    chord = [b - a for a, b in zip(points[0], points[-1], strict=True)]
    squared = math.fsum(x * x for x in chord)
    found = []
    for point in points:
        away = [x - a for x, a in zip(point, points[0], strict=True)]
        share = math.fsum(x * y for x, y in zip(away, chord, strict=True)) / squared
        found.append(math.hypot(*(x - share * y for x, y in zip(away, chord, strict=True))))
    return found


@every_width
@settings(max_examples=40)
@given(data=st.data())
def test_chord_distance_in_any_dimension_is_that_of_a_slow_twin(m, data):
    N = data.draw(paths(m, st.integers(-256, 256).map(lambda count: count / 64)))
    N[:, 0] = np.arange(len(N))  # as on a front, the first column rises, so that the ends are apart
    np.testing.assert_allclose(chord_distance(N), slow_chord_distance(N), rtol=0, atol=1e-14)


@every_width
def test_chord_distance_from_the_diagonal(m):
    """(x, x^2, ...) lies x - x^2 off the line in every column but the first: by hand, at x = 1/2."""
    x = np.array([0, 0.5, 1])
    N = np.column_stack([x] + [x**2] * (m - 1))
    away = [0.5] + [0.25] * (m - 1)
    expected = math.sqrt(sum(a * a for a in away) - sum(away) ** 2 / m)
    np.testing.assert_allclose(chord_distance(N), [0, expected, 0], rtol=1e-14, atol=1e-15)


@every_width
@settings(max_examples=40)
@given(data=st.data())
def test_volume_and_distance_in_any_dimension_are_those_of_slow_twins(m, data):
    N = data.draw(paths(m, st.floats(0, 1.5), least=1))
    volumes = [math.prod(max(0.0, 1 - x) for x in row) for row in N.tolist()]
    np.testing.assert_allclose(cube_volume(N), volumes, rtol=1e-14)
    np.testing.assert_allclose(utopia_distance(N), [math.hypot(*row) for row in N.tolist()], rtol=1e-14, atol=1e-150)


@every_width
@pytest.mark.parametrize("variant", ["equation", "chord", "published"])
@settings(max_examples=20)
@given(data=st.data())
def test_sharpness_knows_neither_the_order_nor_the_number_of_equal_rows(m, variant, data):
    N = data.draw(paths(m, st.integers(0, 64).map(lambda count: count / 64)))
    distinct = np.unique(N, axis=0)  # sorted as the path goes
    expected = np.full(len(distinct), np.nan)
    if len(distinct) > 2:
        only = variant == "published"
        along = chord_distance(distinct) if variant == "chord" else curvature(distinct, cost_and_time_only=only)
        if along.max() >= 1e-9:
            expected = along
    np.testing.assert_array_equal(sharpness(distinct, variant), expected)
    shuffled = data.draw(st.permutations(range(len(N))))
    rows = [int(np.flatnonzero((distinct == row).all(axis=1))[0]) for row in N[shuffled]]
    np.testing.assert_array_equal(sharpness(N[shuffled], variant), expected[rows])
