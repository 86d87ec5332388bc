"""A file of customers: what it does depends on what its lines say, not on their order."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.customers import Customer
from store.customer_files import groups, planned

COLUMNS = ("name", "numbers")


def there(name: str, *numbers: str, reference: str = "") -> Customer:
    return Customer(name, numbers, reference=reference, id=f"c-{name}", version=1)


A, B, C = there("a", "1", reference="ra"), there("b", "2", reference="rb"), there("c", "3", reference="rc")


def outcomes(*rows: Customer, known: tuple[Customer, ...] = (A, B, C)) -> list[str]:
    return [line.taken.outcome for line in planned(rows, COLUMNS, known)]


def test_a_number_passes_to_a_line_before_or_behind_the_one_that_gives_it_up() -> None:
    gives, takes = Customer("a", ("9",), reference="ra"), Customer("b", ("1",), reference="rb")
    assert outcomes(gives, takes) == outcomes(takes, gives) == ["changed", "changed"]
    assert outcomes(takes) == ["refused"]
    (together,) = groups(planned([takes, gives], COLUMNS, (A, B)))
    assert len(together) == 2


def test_two_exchange_their_numbers_and_a_third_is_written_by_itself() -> None:
    rows = [Customer("a", ("2",), reference="ra"), Customer("b", ("1",), reference="rb"), Customer("new", ("7",))]
    assert outcomes(*rows) == ["changed", "changed", "added"]
    assert [len(group) for group in groups(planned(rows, COLUMNS, (A, B)))] == [2, 1]


def test_who_wanted_a_number_of_a_line_that_is_refused_is_refused_too() -> None:
    first, second = Customer("a", ("2",), reference="ra"), Customer("c", ("1",), reference="rc")
    assert outcomes(second, first) == outcomes(first, second) == ["refused", "refused"], "b keeps number 2"


def test_a_line_by_number_does_not_take_the_customer_of_a_line_by_reference() -> None:
    """In another order the customer was given both lines' words, and the second ones stayed."""
    by_number, by_reference = Customer("new", ("1",)), Customer("a", ("9",), reference="ra")
    assert outcomes(by_number, by_reference) == ["added", "changed"]
    assert outcomes(by_reference, by_number) == ["changed", "added"]


def test_two_customers_of_whom_the_table_made_one_are_two_again() -> None:
    both = there("both", "1", "2")
    rows = [Customer("x", ("1",), reference="rx"), Customer("y", ("2",), reference="ry")]
    assert outcomes(*rows, known=(both,)) == ["changed", "added"]
    assert len(groups(planned(rows, COLUMNS, [both]))) == 1


@given(
    numbers=st.permutations([str(number) for number in range(8)]),
    left_out=st.sets(st.integers(0, 7)),
    order=st.permutations(range(8)),
)
def test_the_order_of_lines_changes_nothing(numbers: list[str], left_out: set[int], order: list[int]) -> None:
    known = [there(f"n{place}", str(place), reference=f"r{place}") for place in range(8)]
    rows = {
        place: Customer(f"n{place}", (numbers[place],), reference=f"r{place}")
        for place in range(8)
        if place not in left_out
    }
    once = dict(zip(rows, outcomes(*rows.values(), known=tuple(known)), strict=True))
    places = [place for place in order if place in rows]
    again = dict(zip(places, outcomes(*(rows[place] for place in places), known=tuple(known)), strict=True))
    assert once == again
    kept = {str(place) for place in range(8) if once.get(place, "refused") == "refused"}
    new = [numbers[place] for place, outcome in once.items() if outcome != "refused"]
    assert len({*kept, *new}) == len(kept) + len(new), "a number is one customer's"


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Customer], list[Customer], list[int]]:
    """Customers that there are, the lines of a file, some of either without a reference, and an order of the lines."""
    known = [there(f"c{place}", *numbers) for place, numbers in enumerate(draw(dealt(4)))]
    known = [replace(each, reference=draw(st.sampled_from(["", f"r-{each.name}"]))) for each in known]
    references = draw(st.permutations(["", "", "r-c0", "r-c1", "r-other"]))
    rows = [Customer(f"l{place}", numbers, reference=references[place]) for place, numbers in enumerate(draw(dealt(5)))]
    return known, rows, draw(st.permutations(range(len(rows))))


@st.composite
def dealt(draw: st.DrawFn, most: int) -> list[tuple[str, ...]]:
    """Each number is at most one's."""
    to = [draw(st.integers(0, most)) for _ in range(8)]
    return [tuple(str(number) for number, whose in enumerate(to) if whose == each) for each in range(most)]


@given(tables())
def test_the_order_of_lines_changes_nothing_where_some_have_no_reference(
    table: tuple[list[Customer], list[Customer], list[int]],
) -> None:
    known, rows, order = table
    columns = (*COLUMNS, "reference")
    once, again = (
        [replace(line.taken, problem="") for line in planned(lines, columns, known)]  # which of its numbers, is open
        for lines in (rows, [rows[place] for place in order])
    )
    assert again == [once[place] for place in order]


def test_two_lines_that_one_customer_would_be_are_settled_by_their_numbers() -> None:
    one, other = there("one", "1", "3"), there("two", "2")
    many, few = Customer("a", ("1", "2")), Customer("b", ("3",))
    assert outcomes(many, few, known=(one, other)) == outcomes(few, many, known=(one, other)) == ["changed", "changed"]
