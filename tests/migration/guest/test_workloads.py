"""Which pages a workload writes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.guest.workloads import (
    DIRTY_PAGES,
    Idle,
    Workload,
    Writes,
    parse_workload,
)


def random() -> np.random.Generator:
    return np.random.default_rng(0)


def fitted(text: str, pages: int, cpus: int = 1) -> Workload:
    workload = parse_workload(text)
    workload.fit(pages, cpus)
    return workload


def steps(workload: Workload, *budgets: int, cpu: int = 0) -> list[list[int]]:
    rng = random()
    return [workload.step(cpu, budget, rng).tolist() for budget in budgets]


# --- reading ---


def test_idle() -> None:
    workload = fitted("idle", 1)
    assert isinstance(workload, Idle)
    assert workload.rate == 0
    assert steps(workload, 0, 5) == [[], []]


def test_all_keys() -> None:
    workload = parse_workload("seed=7,pattern=hotcold,hot=12,rate=1000")
    assert isinstance(workload, Writes)
    found = workload.rate, workload.hot, workload.pattern, workload.seed
    assert found == (1000, 12, "hotcold", 7)


def test_only_the_rate() -> None:
    workload = parse_workload("rate=0")
    assert isinstance(workload, Writes)
    found = workload.rate, workload.hot, workload.pattern, workload.seed
    assert found == (0, None, "sequential", 0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' is neither idle nor dirty nor KEY=VALUE"),
        ("busy", "'busy' is neither"),
        ("Idle", "neither"),
        ("idle,rate=1", "'idle' is neither"),
        ("rate=1,", "'' is neither"),
        ("rate=1,speed=2", "'speed' is none of rate, hot, pattern, seed"),
        ("rate=1, hot=2", "' hot' is none of"),
        ("rate=1,rate=2", "rate is given twice"),
        ("hot=5", "rate is missing"),
        ("rate=", "rate= is no whole number"),
        ("rate=-1", "rate=-1 is no whole number"),
        ("rate=+1", "no whole number"),
        ("rate=1.5", "no whole number"),
        ("rate=1_000", "no whole number"),
        ("rate=\u0663", "no whole number"),
        ("rate=" + "9" * 5000, "999... is no whole number"),
        ("x" * 5000, "xxx...' is neither"),
        ("x" * 5000 + "=1", "xxx...' is none of"),
        ("rate=1,pattern=" + "x" * 5000, "xxx... is none of"),
        ("rate=1000000001", "from 0 to 1000000000"),
        ("rate=1,hot=0", "hot=0 is no whole number from 1"),
        ("rate=1,seed=x", "seed=x is no whole number"),
        ("rate=1,seed=9223372036854775808", "no whole number from 0 to 9223372036854775807"),
        ("rate=1,pattern=spiral", "pattern=spiral is none of sequential, random, hotcold"),
        ("rate=1,pattern=", "pattern= is none of"),
    ],
)
def test_texts_that_name_none(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_workload(text)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 300


@given(st.text(st.sampled_from("ratehosdp=,0123456789-idly")))
def test_any_text(text: str) -> None:
    try:
        workload = parse_workload(text)
    except ValueError:
        return
    assert workload.rate >= 0


# --- the size of memory ---


def test_too_many_hot_pages() -> None:
    with pytest.raises(ValueError, match="11 hot pages does not fit into 10 pages"):
        fitted("rate=1,hot=11", 10)
    fitted("rate=1,hot=10", 10)


@pytest.mark.parametrize("pages", [1, 100, DIRTY_PAGES, 1000])
def test_dirty_fits_anywhere(pages: int) -> None:
    (found,) = steps(fitted("dirty", pages), DIRTY_PAGES)
    assert found == [page % pages for page in range(DIRTY_PAGES)]


def test_dirty_writes_all_its_pages_each_millisecond() -> None:
    assert parse_workload("dirty").rate == 1000 * DIRTY_PAGES


# --- patterns ---


def test_sequential() -> None:
    found = steps(fitted("rate=1,hot=5", 10), 2, 0, 5, 1)
    assert found == [[0, 1], [], [2, 3, 4, 0, 1], [2]]


def test_sequential_is_shared_by_the_cpus() -> None:
    workload = fitted("rate=1", 10, cpus=3)
    assert [steps(workload, 2, cpu=cpu) for cpu in range(3)] == [[[0, 1]], [[3, 4]], [[6, 7]]]
    assert steps(workload, 2, cpu=1) == [[5, 6]]


def test_random() -> None:
    (found,) = steps(fitted("rate=1,hot=5,pattern=random", 10), 1000)
    assert len(found) == 1000
    assert {*found} == {0, 1, 2, 3, 4}


def test_random_depends_on_the_generator_alone() -> None:
    one, other = (steps(fitted("rate=1,pattern=random", 100), 5, 5) for _ in range(2))
    assert one == other


def test_hotcold() -> None:
    (found,) = steps(fitted("rate=1,pattern=hotcold", 100), 10_000)
    hot = sum(page < 10 for page in found)
    assert 8800 < hot < 9200
    assert {*found} == {*range(100)}


@pytest.mark.parametrize("pages", [1, 5, 10])
def test_hotcold_where_all_is_hot(pages: int) -> None:
    (found,) = steps(fitted(f"rate=1,hot={pages},pattern=hotcold", pages), 1000)
    assert {*found} == {*range(pages)}


@pytest.mark.parametrize("pages", [1, 9])
def test_hotcold_of_a_small_memory(pages: int) -> None:
    (found,) = steps(fitted("rate=1,pattern=hotcold", pages), 1000)
    assert {*found} == {*range(pages)}


@given(
    st.sampled_from(["sequential", "random", "hotcold"]),
    st.integers(1, 50),
    st.integers(1, 50),
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100)), max_size=10),
)
def test_always_the_budget_and_inside(
    pattern: str, pages: int, hot: int, cpus: int, calls: list[tuple[int, int]]
) -> None:
    workload = fitted(f"rate=1,hot={min(hot, pages)},pattern={pattern}", pages, cpus)
    rng = random()
    for cpu, budget in calls:
        found = workload.step(cpu % cpus, budget, rng)
        assert len(found) == budget
        assert found.dtype == np.int64
        assert ((found >= 0) & (found < pages)).all()
