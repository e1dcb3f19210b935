"""Fronts of points by several costs, of which less is better: non-dominated sorting and hypervolume.

A point dominates another one that it equals or beats in every cost, and beats in one. Those that none dominates are the
first front; without them, those that none dominates are the second, and so on (Deb et al. 2002).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import partial

Point = tuple[float, ...]


def dominates(one: Point, other: Point) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def front_numbers(points: Sequence[Point]) -> list[int]:
    """On which front each point is, 0 for the first; by the search of Zhang et al. 2015 (ENS-BS).

    In the order of their first costs a point is dominated by none that comes later, and where one of a front dominates
    it, so does one of each front before.
    """
    fronts: list[list[Point]] = []
    found: dict[Point, int] = {}
    for point in sorted(set(points)):
        number = bisect_left(fronts, True, key=partial(_lets, point))
        if number == len(fronts):
            fronts.append([])
        fronts[number].append(point)
        found[point] = number
    return [found[point] for point in points]


def _lets(point: Point, front: Sequence[Point]) -> bool:
    """Whether none of a front dominates the point, which comes after all of them; the latest are the likeliest to.

    Of two costs the second falls along a front, so that the last has the least.
    """
    nearest = front[-1:] if len(point) == 2 else reversed(front)
    return not any(dominates(other, point) for other in nearest)


def first_front(points: Sequence[Point]) -> list[int]:
    """The indices of the points that none dominates."""
    return [index for index, number in enumerate(front_numbers(points)) if number == 0]


def by_spread(front: Sequence[Point]) -> list[Point]:
    """The points of a front, each the farthest from those before it, so that the first few stand for all of them.

    The first is the best by the first cost; distances are in shares of the range that the front has of each cost. What
    Schmucker et al. 2021 call an epsilon-net.
    """
    left = sorted(set(front))
    spans = [(max(costs) - min(costs)) or 1.0 for costs in zip(*left, strict=True)]
    order = [left.pop(0)] if left else []
    near = [_distance(point, order[0], spans) for point in left]
    while left:
        index = max(range(len(left)), key=near.__getitem__)
        order.append(left.pop(index))
        near.pop(index)
        near = [min(d, _distance(p, order[-1], spans)) for d, p in zip(near, left, strict=True)]
    return order


def place_among(point: Point, points: Sequence[Point]) -> int:
    """How many of the points go before one, which may be among them: those of the fronts before, then `by_spread`."""
    there = points if point in points else [*points, point]
    numbers = dict(zip(there, front_numbers(there), strict=True))
    before = sum(numbers[other] < numbers[point] for other in points)
    return before + by_spread([other for other, number in numbers.items() if number == numbers[point]]).index(point)


def _distance(one: Point, other: Point, spans: Sequence[float]) -> float:
    return math.hypot(*((a - b) / span for a, b, span in zip(one, other, spans, strict=True)))


def hypervolume(points: Sequence[Point], reference: Point) -> float:
    """The volume that the points dominate, up to the reference point; one that is no better than it there adds none.

    Exact: by a sweep over two costs, over more by slices along the first, as HSO of While et al. 2006.
    """
    inside = {point for point in points if all(a < b for a, b in zip(point, reference, strict=True))}
    return _volume(sorted(inside), reference)


def _volume(points: Sequence[Point], reference: Point) -> float:
    """Of points inside, ascending."""
    if len(reference) == 1:
        return reference[0] - points[0][0] if points else 0.0
    if len(reference) == 2:
        return _area(points, reference)
    ends = [*(point[0] for point in points[1:]), reference[0]]
    slices = (
        (end - point[0], points[: index + 1]) for index, (point, end) in enumerate(zip(points, ends, strict=True))
    )
    return sum(depth * _volume(sorted(p[1:] for p in there), reference[1:]) for depth, there in slices if depth > 0)


def _area(points: Sequence[Point], reference: Point) -> float:
    area, lowest = 0.0, reference[1]
    for first, second in points:
        if second < lowest:
            area += (reference[0] - first) * (lowest - second)
            lowest = second
    return area
