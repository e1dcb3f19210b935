"""Non-dominated sorting and hypervolume, against what counting gives."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.fronts import (
    Point,
    by_spread,
    dominates,
    first_front,
    front_numbers,
    hypervolume,
    place_among,
)

EDGE = 5  # points have whole coordinates below it, so that a volume is a number of cubes


def points(most: int = 12) -> st.SearchStrategy[list[Point]]:
    coordinate = st.integers(0, EDGE - 1).map(float)
    return st.integers(1, 4).flatmap(lambda m: st.lists(st.tuples(*[coordinate] * m), min_size=1, max_size=most))


def peeled(left: list[Point]) -> dict[Point, int]:
    """The fronts as they are defined: one taken off after the other."""
    found: dict[Point, int] = {}
    number = 0
    while left:
        front = [p for p in left if not any(dominates(o, p) for o in left)]
        found |= dict.fromkeys(front, number)
        left, number = [p for p in left if p not in front], number + 1
    return found


@given(points())
def test_fronts_are_those_that_are_taken_off_one_after_the_other(some: list[Point]) -> None:
    assert front_numbers(some) == [peeled(some)[point] for point in some]
    assert {some[index] for index in first_front(some)} == {point for point, n in peeled(some).items() if n == 0}


@given(points(8))
def test_a_hypervolume_is_the_cubes_that_some_point_dominates(some: list[Point]) -> None:
    m = len(some[0])
    cubes = product(range(EDGE), repeat=m)
    counted = sum(any(all(c >= a for c, a in zip(cube, p, strict=True)) for p in some) for cube in cubes)
    assert hypervolume(some, (float(EDGE),) * m) == pytest.approx(counted)


def test_a_hypervolume_worked_out_by_hand() -> None:
    front = [(1.0, 3.0), (2.0, 1.0), (4.0, 0.5)]
    assert hypervolume(front, (5.0, 4.0)) == 1 * 1 + 2 * 3 + 1 * 3.5
    assert hypervolume([*front, (3.0, 2.0), (6.0, 0.0)], (5.0, 4.0)) == hypervolume(front, (5.0, 4.0))
    assert hypervolume([], (5.0, 4.0)) == 0.0


@given(points())
def test_the_first_few_of_a_front_are_far_from_each_other(some: list[Point]) -> None:
    front = [some[index] for index in first_front(some)]
    order = by_spread(front)
    assert sorted(order) == sorted(set(front))
    assert order[0] == min(front)
    assert by_spread([tuple(4 * cost for cost in point) for point in front]) == [
        tuple(4 * cost for cost in point) for point in order
    ]  # whatever the unit


@given(points(), points())
def test_a_place_counts_what_goes_before(some: list[Point], others: list[Point]) -> None:
    point = others[0]
    if len(point) != len(some[0]):
        return
    place = place_among(point, some)
    before = sum(dominates(other, point) for other in some)
    assert before <= place <= len(some)
    if not before and all(dominates(point, other) for other in some):
        assert place == 0
