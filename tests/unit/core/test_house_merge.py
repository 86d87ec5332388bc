"""Two people change one house from the same version."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.house import House
from core.house_merge import Clash, merged
from core.ids import QueueId
from tests.unit.floor import AGENT, OTHER_AGENT, SALES, SERVICE, small_house

BASE = small_house()
FIELDS = ("wrap_up_s", "service_level_s", "announce_every_s")


def queue(house: House, name: str, **parts: Any) -> House:
    queues = tuple(each.model_copy(update=parts) if each.id == name else each for each in house.queues)
    return house.model_copy(update={"queues": queues})


def both(mine: House, theirs: House, base: House = BASE) -> tuple[House, tuple[Clash, ...]]:
    found = merged(base, mine, theirs)
    return House.model_validate(found.document), found.clashes


def test_two_fields_of_one_queue_are_both_changed() -> None:
    mine, theirs = queue(BASE, SALES, wrap_up_s=42.0), queue(BASE, SALES, service_level_s=9.0)
    house, clashes = both(mine, theirs)
    assert clashes == ()
    assert house == queue(mine, SALES, service_level_s=9.0)


def test_one_field_that_both_changed_is_mine_and_theirs_is_told() -> None:
    house, clashes = both(queue(BASE, SALES, wrap_up_s=42.0), queue(BASE, SALES, wrap_up_s=7.0))
    was = str(BASE.queues[0].wrap_up_s)
    assert clashes == (Clash("queues.presales.wrap_up_s", was, "42.0", "7.0"),)
    assert house.queues[0].wrap_up_s == 42.0


def test_the_same_change_is_one() -> None:
    changed = queue(BASE, SALES, wrap_up_s=42.0)
    assert both(changed, changed) == (changed, ())


def test_what_came_on_both_sides_is_there_and_what_went_is_gone() -> None:
    first, second = BASE.agents
    mine = BASE.model_copy(update={"agents": (first, second, first.model_copy(update={"id": "agent-03"}))})
    theirs = BASE.model_copy(update={"agents": (second.model_copy(update={"id": "agent-04"}), second)})
    house, clashes = both(mine, theirs)
    assert ([each.id for each in house.agents], clashes) == (["agent-04", OTHER_AGENT, "agent-03"], ())


def test_one_that_i_changed_and_they_took_away_is_told() -> None:
    first, second = BASE.agents
    mine = BASE.model_copy(update={"agents": (first.model_copy(update={"name": "小王"}), second)})
    theirs = BASE.model_copy(update={"agents": (second,)})
    house, (clash,) = both(mine, theirs)
    assert (clash.key, clash.theirs, [each.id for each in house.agents]) == (
        f"agents.{AGENT}",
        None,
        [OTHER_AGENT, AGENT],
    )
    gone, (clash,) = both(theirs, mine)
    assert (clash.key, clash.mine, [each.id for each in gone.agents]) == (f"agents.{AGENT}", None, [OTHER_AGENT])


def test_a_text_and_a_list_without_names_are_one_place_each() -> None:
    base = BASE.model_copy(update={"skills": ("general", "repair"), "flows": {"own": "a\nb"}})
    mine = base.model_copy(update={"skills": ("general", "repair", "sales"), "flows": {"own": "a\nc"}})
    theirs = base.model_copy(update={"skills": ("general",), "flows": {"own": "b\nb"}})
    house, clashes = both(mine, theirs, base)
    assert [each.key for each in clashes] == ["skills", "flows.own"]
    assert (house.skills, house.flows) == (mine.skills, mine.flows)


Edits = dict[tuple[QueueId, str], float]
edit = st.dictionaries(
    st.tuples(st.sampled_from((SALES, SERVICE)), st.sampled_from(FIELDS)), st.floats(10, 19), max_size=6
)


@given(edit, edit)
def test_every_change_is_there_unless_both_changed_the_place(mine: Edits, theirs: Edits) -> None:
    def edited(changes: Edits) -> House:
        house = BASE
        for (name, field), value in changes.items():
            house = queue(house, name, **{field: value})
        return house

    was = {(each.id, field): getattr(each, field) for each in BASE.queues for field in FIELDS}
    mine = {place: value for place, value in mine.items() if value != was[place]}  # else I have changed nothing there
    house, clashes = both(edited(mine), edited(theirs))
    assert house == edited(theirs | mine)
    told = {
        f"queues.{'.'.join(place)}"
        for place in mine.keys() & theirs.keys()
        if theirs[place] not in (mine[place], was[place])
    }
    assert {each.key for each in clashes} == told
