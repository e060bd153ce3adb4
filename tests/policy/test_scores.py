"""The scores of rows in any number of objectives: slow twins, closed forms, and the cross product of three."""

import math
from fractions import Fraction

import moocore
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from moo_inference.policy.scores import (
    best_rows,
    chord_distance,
    cube_volume,
    curvature,
    levelled,
    sharpness,
    utopia_distance,
)

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
    """Row by row, in fractions: the foot on the chord of the direction to the ideal, by Gram-Schmidt."""
    rows = [[Fraction(x) for x in row] for row in N.tolist()]
    columns = list(zip(*rows, strict=True))
    width = [max(column) - min(column) for column in columns]
    points = [
        [(x - min(c)) / w if w else Fraction(0) for x, c, w in zip(row, columns, width, strict=True)] for row in rows
    ]
    price = [sum(point[:-1]) for point in points]
    error = [point[-1] for point in points]
    everyone = range(len(points))
    first = min(everyone, key=lambda row: (price[row], error[row], points[row][:-1]))
    last = min(everyone, key=lambda row: (error[row], price[row], points[row][:-1]))
    if error[first] <= 0 or price[last] <= price[first]:
        return None
    points = [[*point[:-1], point[-1] / error[first]] for point in points]
    chord = [b - a for a, b in zip(points[first], points[last], strict=True)]
    share = sum(chord) / sum(x * x for x in chord)
    towards = [1 - share * x if w else Fraction(0) for x, w in zip(chord, width, strict=True)]
    assert all(x > 0 for x, w in zip(towards, width, strict=True) if w)
    length = math.sqrt(sum(x * x for x in towards))
    return [
        float(sum((a - x) * y for a, x, y in zip(points[first], point, towards, strict=True))) / length
        for point in points
    ]


@every_width
@settings(max_examples=40)
@given(data=st.data())
def test_chord_distance_in_any_dimension_is_that_of_a_slow_twin(m, data):
    N = data.draw(paths(m, st.integers(-256, 256).map(lambda count: count / 64)))
    expected = slow_chord_distance(N)
    if expected is None:
        assert np.isnan(chord_distance(N)).all()
    else:
        np.testing.assert_allclose(chord_distance(N), expected, rtol=0, atol=1e-11)


@every_width
def test_chord_distance_from_the_diagonal(m):
    """All prices x and an error (1 - x)^2: the chord's length is that of the prices together, sqrt(m - 1), and of 1.

    In the plane of both, (sqrt(m - 1) x, e) lies (1 - x - e) sqrt((m - 1) / m) off the line; by hand 1/4 at x = 1/2.
    """
    x = np.array([0, 0.5, 1])
    N = np.column_stack([x] * (m - 1) + [(1 - x) ** 2])
    np.testing.assert_allclose(chord_distance(N), [0, 0.25 * math.sqrt((m - 1) / m), 0], rtol=1e-14, atol=1e-15)


def test_where_prices_rise_together_the_chord_is_the_euclidean_distance():
    """On a smooth convex front the signed distance is the plain one in all dimensions."""
    k = np.arange(1.0, 40)
    for m in (2, 3, 5):
        N = np.column_stack([3 * k] * (m - 1) + [1 / k])
        S = (N - N.min(axis=0)) / np.ptp(N, axis=0)
        along = (S[-1] - S[0]) / np.linalg.norm(S[-1] - S[0])
        away = S - S[0] - np.outer((S - S[0]) @ along, along)
        np.testing.assert_allclose(chord_distance(N), np.linalg.norm(away, axis=1), atol=1e-12)


def test_more_than_ten_objectives_keep_every_weight_positive():
    """Where one price alone tells the ends apart from many halfway, the tilt would turn its weight around."""
    first, last = np.zeros(21), np.append(1.0, np.full(20, 0.5))
    first[-1], last[-1] = 1.0, 0.0
    far = np.append(np.ones(20), 0.9)
    worse = np.append([0.9], [*np.full(19, 0.25), 0.5])
    N = np.vstack([first, last, far, worse, worse + np.eye(21)[0] * 0.05])
    away = chord_distance(N)
    assert away[3] > away[4]
    np.testing.assert_allclose(away[:2], 0, atol=1e-15)


@pytest.mark.parametrize(
    ("rows", "knee"),
    [
        ([[0, 1], [0.2, 0.6], [0.4, 0.4], [0.6, 0.2], [1, 0]], 1),
        ([[0, 1], [0.1, 0.5], [0.5, 0.1], [1, 0]], 1),
        ([[5, 1], [5.2, 0.6], [5.4, 0.4], [5.6, 0.2], [6, 0]], 1),
        ([[1e6, 1], [1e6 + 0.2, 0.6], [1e6 + 0.4, 0.4], [1e6 + 0.6, 0.2], [1e6 + 1, 0]], 1),
    ],
)
def test_of_rows_as_far_from_the_chord_the_cheapest_is_taken(rows, knee):
    N = np.array(rows, dtype=float)
    assert best_rows(N, sharpness(N, "chord"), higher_is_better=True)[0] == knee


def test_an_objective_that_varies_by_rounding_alone_does_not_count():
    N = np.array([[0, 0.3, 1], [0.2, 0.3, 0.5], [0.4, 0.3, 0.4], [0.6, 0.1 + 0.2, 0.1], [1, 0.3, 0]])
    plain = N[:, [0, 2]]
    np.testing.assert_allclose(chord_distance(N), chord_distance(plain), atol=1e-15)
    N[:, 1] += [0, 0, 0.3e-7, 0, 0]  # more than rounding: it counts in full, but this row alone is slower
    assert chord_distance(N)[2] < chord_distance(plain)[2] - 0.1


def test_scores_are_equal_where_rounding_alone_tells_them_apart():
    N = np.array([[3.0, 1], [1.0, 2], [2.0, 3]])
    up = np.array([0.1 + 0.2, 0.3, 0.3 - 1e-9])
    assert best_rows(N, up, higher_is_better=True).tolist() == [1, 0]
    assert best_rows(N, -up, higher_is_better=False).tolist() == [1, 0]
    # near zero the largest score tells what rounding is
    assert best_rows(N, np.array([1e-17, 2e-17, 1.0]), higher_is_better=False).tolist() == [1, 0]
    assert best_rows(N, np.array([1e-17, 2e-17, 3e-17]), higher_is_better=False).tolist() == [0]
    assert best_rows(N, np.full(3, np.nan), higher_is_better=True).tolist() == []


def test_of_equal_cost_the_faster_then_the_more_accurate_comes_first():
    N = np.array([[0.3, 5, 1, 0.2], [0.1 + 0.2, 4, 1, 0.3], [0.3, 4, 9, 0.2], [0.3, 4, 1, 0.2]])
    assert best_rows(N, np.zeros(4), higher_is_better=False).tolist() == [3, 2, 1, 0]


def test_what_is_within_rounding_of_its_budget_leaves_nothing():
    assert cube_volume(np.array([[1 - 1e-16, 0.5], [0.1 * 3 / 0.3, 0.1], [0.5, 0.5]])).tolist() == [0, 0, 0.25]


def test_values_are_level_where_rounding_alone_tells_them_apart():
    N = np.array([[0.1 + 0.2, 1.0], [0.3, 1.0 + 1e-9], [0.7, 1.0]])
    assert levelled(N).tolist() == [[0.3, 1.0], [0.3, 1.0 + 1e-9], [0.7, 1.0]]
    assert levelled(N, absolute=np.array([0, 1e-8]))[:, 1].tolist() == [1, 1, 1]
    apart = np.array([[1.0, 2.0], [3.0, 1.0]])
    assert levelled(apart) is apart


def stepped_front(random):
    """A front of some models whose time goes in waves: steps, as a user's own models have them."""
    tables = []
    for _ in range(random.integers(1, 4)):
        k = np.arange(1, random.integers(5, 40))
        wave = random.integers(2, 9)
        p = random.beta(0.6, 0.6, 30)
        spent = np.exp(random.normal(size=2))
        error = [((1 - p) ** each).mean() for each in k]
        tables.append(np.column_stack([k * spent[0], -(-k // wave) * spent[1] + 0.01 * k, error]))
    F = np.vstack(tables)
    return F[moocore.is_nondominated(F)]


def lines_of(F):
    """What the definition calls the ends, and the scaled rows, anew."""
    S = (F - F.min(axis=0)) / np.ptp(F, axis=0)
    return S, int(S[:, :-1].sum(axis=1).argmin()), int(S[:, -1].argmin())


def test_a_knee_is_never_on_the_worse_side_whatever_the_steps():
    """It is better in the scaled sum than the same share of the way between the ends, and on the lower hull."""
    random = np.random.default_rng(1)
    found = 0
    for _ in range(1000):
        F = stepped_front(random)
        if len(F) < 4:
            continue
        away = sharpness(F, "chord")
        if np.isnan(away).all():
            continue
        found += 1
        row = int(best_rows(F, away, higher_is_better=True)[0])
        S, first, last = lines_of(F)
        # some mix of both ends is no better in the sum over all objectives, and no mix of two rows is as good in all
        mix = np.linspace(0, 1, 201)[:, None]
        between = (1 - mix) * S[first] + mix * S[last]
        assert ((between - S[row]).sum(axis=1) > 0).any()
        others = np.delete(S, row, axis=0)
        pairs = (0.5 * others[:, None] + 0.5 * others[None]).reshape(-1, S.shape[1])
        assert not ((pairs <= S[row] - 1e-9).all(axis=1)).any()
    assert found > 700


def test_rows_on_the_worse_side_never_move_the_knee():
    random = np.random.default_rng(2)
    added = 0
    for _ in range(300):
        F = stepped_front(random)
        away = sharpness(F, "chord") if len(F) > 3 else np.full(1, np.nan)
        if np.isnan(away).all():
            continue
        low, high = F.min(axis=0), F.max(axis=0)
        points = random.uniform(low + 0.01 * (high - low), high, (30, 3))
        worse = [point for point in points if chord_distance(np.vstack([F, point]))[-1] < 0]
        more = np.vstack([F, *worse])
        added += len(worse)
        order = random.permutation(len(more))
        knees = [
            table[best_rows(table, sharpness(table, "chord"), higher_is_better=True)[0]] for table in (F, more[order])
        ]
        np.testing.assert_array_equal(*knees)
    assert added > 2000


@pytest.mark.parametrize("m", [2, 3, 4, 6])
def test_neither_units_nor_the_order_nor_repetition_move_the_knee(m):
    random = np.random.default_rng(m)
    for _ in range(200):
        n = random.integers(3, 30)
        F = np.sort(random.random((n, m)) ** 2, axis=0)
        F[:, -1] = F[::-1, -1]
        F[:, 1 : m - 1] = random.permuted(F[:, 1 : m - 1], axis=0)
        unit = np.exp(random.normal(0, 5, m))
        again = np.repeat(F, 2, axis=0)[random.permutation(2 * n)] * unit
        scores, others = sharpness(F, "chord"), sharpness(again, "chord")
        knee, other = (best_rows(t, s, higher_is_better=True)[:1] for t, s in ((F, scores), (again, others)))
        assert knee.size == other.size
        if knee.size:
            np.testing.assert_allclose(again[other[0]] / unit, F[knee[0]], rtol=1e-12)


def knee_under(F, column, most):
    """The knee's row of what is within a budget."""
    F = F[F[:, column] <= most]
    rows = best_rows(F, sharpness(F, "chord"), higher_is_better=True) if len(F) else np.empty(0, dtype=int)
    return F[rows[0]] if rows.size else None


def test_on_a_convex_front_a_tighter_budget_never_gives_a_costlier_knee():
    """The chord's slope is a mean of the slopes below it, which rise, so it falls as the end comes nearer."""
    random = np.random.default_rng(4)
    for _ in range(200):
        steps = random.exponential(size=(25, 2))
        slopes = np.sort(steps[:, 1])[::-1]
        cost = np.cumsum(steps[:, 0])
        error = 1 - np.cumsum(slopes * steps[:, 0]) / (slopes * steps[:, 0]).sum()
        F = np.column_stack([cost, 2 * cost, error])
        chosen = [knee_under(F, 1, most) for most in F[::-1, 1]]
        costs = [row[0] for row in chosen if row is not None]
        assert costs == sorted(costs, reverse=True)


def test_where_a_front_bends_back_no_knee_by_the_chord_can_be_monotone():
    """Five rows: both fronts of four are convex, so their knees are the chord's; the fifth is on the worse side."""
    F = np.array([[0, 1], [1, 0.5], [3, 0.34], [9, 0.3], [10, 0.0]])
    without = np.delete(F, 3, axis=0)
    assert sharpness(without, "chord").argmax() == sharpness(F, "chord").argmax() == 1
    assert chord_distance(F)[3] < 0
    assert sharpness(F[:4], "chord").argmax() == 2


@every_width
@settings(max_examples=40)
@given(data=st.data())
def test_volume_and_distance_in_any_dimension_are_those_of_slow_twins(m, data):
    N = data.draw(paths(m, st.floats(0, 1.5), least=1))
    volumes = [math.prod(max(0.0, 1 - x) for x in row) for row in N.tolist()]
    np.testing.assert_allclose(cube_volume(N), volumes, rtol=1e-14, atol=1e-12)
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
