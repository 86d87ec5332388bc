"""Every fault that can be seeded into a flow is found, and told where it was written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import ConfigurationWrong
from ivr.checks import Known
from ivr.parts import Enqueue
from ivr.patience import first_choice, quickest, silent
from ivr.script import read_file, read_flow
from tests.unit.ivr.test_script import KNOWN

BIG = """\
languages: [zh-CN, en]
start: opening
person: person
nodes:
  opening:
    kind: hours
    rows:
      - {days: mon-fri, start: 08:00, end: 20:00, go: hello}
      - {days: "sat, sun", start: 08:00, go: hello}
      - {days: holiday, go: closed}
    otherwise: closed
  hello:
    kind: say
    say: [welcome-presales]
    then: main
  main:
    kind: menu
    say: [menu-services]
    keys: {1: who, 2: pin, 3: part, 4: again}
  again:
    kind: set
    priority: 3
    then: main
  who:
    kind: branch
    on: list
    of: vip
    cases: {yes: vip, no: busy}
  vip:
    kind: queue
    queue: complaints
    priority: 9
  busy:
    kind: branch
    on: queue
    cases: {free: person, busy: person, empty: number}
  number:
    kind: digits
    say: [type-number]
    into: phone
    least: 5
    then: note
  note:
    kind: message
    topic: busy
    number: phone
    then: bye
  pin:
    kind: digits
    say: [type-case]
    into: pin
    confirm: false
    secret: true
    then: account
  account:
    kind: look-up
    look_up: repair-progress
    send: [pin]
    into: [balance]
    cases: {ok: balance}
    otherwise: person
  balance:
    kind: say
    say: [you-typed, {money: balance}]
    then: bye
  part:
    kind: flow
    flow: part
    then: main
  closed:
    kind: goodbye
    say: [nobody-there]
  bye:
    kind: goodbye
    say: [goodbye]
  person:
    kind: queue
    say: [please-hold]
"""
PART = """\
languages: [zh-CN, en]
start: choices
nodes:
  choices:
    kind: menu
    say: [menu-others]
    keys: {1: return, 2: person, 3: more}
  more:
    kind: menu
    say: [menu-others]
    keys: {1: choices, 2: return}
"""


def known(part: str = PART, **changes: object) -> Known:
    return replace(KNOWN, flows={"part": part}, **changes)  # type: ignore[arg-type]


def problems(text: str, given: Known | None = None) -> list[str]:
    with pytest.raises(ConfigurationWrong) as wrong:
        read_flow(text, "flow.yaml", given or known())
    return wrong.value.problems


OUTSIDE = "  person:\n    kind: queue\n", "  person:\n    kind: outside\n    number: 13700000002\n"


def barred(number: str) -> str:
    return "" if number == "13700000002" else "Callers are not given to that number."


def test_a_number_outside_is_an_end_of_a_flow_and_nobodys_key_0() -> None:
    """Its callers may find nobody there, and then wait: so it is no person by itself."""
    choice = BIG.replace(
        "    kind: queue\n    queue: complaints\n    priority: 9\n", "    kind: outside\n    number: 13700000002\n"
    )
    flow = read_flow(choice, "flow.yaml", known(unreachable=barred))
    assert flow.nodes["vip"] == Enqueue((), None, outside="13700000002")
    other = choice.replace("13700000002", "13700000003")
    assert problems(other, known(unreachable=barred)) == [
        "flow.yaml:31: nodes.vip.number: Callers are not given to that number."
    ]
    assert any("'person' must be a queue node" in problem for problem in problems(BIG.replace(*OUTSIDE)))


def test_the_flow_that_faults_are_seeded_into_is_right() -> None:
    flow = read_flow(BIG, "flow.yaml", known())
    assert {"part", "part/choices", "part/more"} <= set(flow.nodes)
    assert isinstance(flow.nodes["vip"], Enqueue) and flow.nodes["vip"].priority == 9


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("keys: {1: who,", "keys: {1: where,", "flow.yaml:19: nodes.main.keys.1: no such node 'where'; this flow has"),
        ("go: closed", "go: shut", "flow.yaml:10: nodes.opening.rows.2.go: no such node 'shut'"),
        ("empty: number", "empty: numbers", "flow.yaml:36: nodes.busy.cases.empty: no such node 'numbers'"),
        ("    otherwise: closed\n", "", "flow.yaml:7: nodes.opening.rows: nothing holds on mon 00:00-08:00, and"),
        ("sat, sun", "sat, sum", "flow.yaml:9: nodes.opening.rows.1.days: must be days such as mon-fri"),
        ("mon-fri", "fri-mon", "flow.yaml:8: nodes.opening.rows.0.days: must go forward in the week"),
        ("end: 20:00", "end: 07:00", "flow.yaml:8: nodes.opening.rows.0.end: must be after start"),
        ("{yes: vip, no: busy}", "{yes: vip}", "flow.yaml:28: nodes.who.cases: no case for no, and no otherwise"),
        ("list\n    of: vip\n    cases: {yes: vip, no: busy}",
         "shift\n    cases: {night: vip, day: busy}\n    otherwise: busy",
         "flow.yaml:27: nodes.who.cases.night: no such shift; the house has none"),
        ("list\n    of: vip\n    cases: {yes: vip, no: busy}", "shift\n    cases: {night: vip, day: busy}",
         "flow.yaml:24: nodes.who: otherwise is required here"),
        ("no: busy}", "no: busy, x: vip}", "flow.yaml:28: nodes.who.cases.x: is never the answer"),
        ("free: person, ", "", "flow.yaml:36: nodes.busy.cases: no case for free"),
        ("on: list\n    of: vip", "on: value\n    of: phone", "flow.yaml:24: nodes.who: otherwise is required here"),
        ("of: vip", "of: friends", "flow.yaml:27: nodes.who.of: no such list of callers 'friends'; the house has vip"),
        ("queue: complaints", "queue: complains", "flow.yaml:31: nodes.vip.queue: no such queue 'complains'"),
        ("look_up: repair-progress", "look_up: bank", "flow.yaml:57: nodes.account.look_up: no such look-up 'bank'"),
        ("number: phone", "number: fax", "flow.yaml:46: nodes.note.number: no node fills 'fax'; there are balance"),
        ("    priority: 9\n", "    case: order\n", "flow.yaml:32: nodes.vip.case: no node fills 'order'"),
        ("    priority: 9\n", "    case: pin\n", "flow.yaml:32: nodes.vip.case: 'pin' is a secret"),
        ("send: [pin]", "send: [pun]", "flow.yaml:58: nodes.account.send.0: no node fills 'pun'"),
        ("{money: balance}", "{money: pin}", "flow.yaml:64: nodes.balance.say.1: 'pin' is a secret"),
        ("{money: balance}", "{cash: balance}", "flow.yaml:64: nodes.balance.say.1"),
        ("confirm: false\n    secret", "secret", "flow.yaml:52: nodes.pin.secret: a secret cannot be read back"),
        ("least: 5", "least: 21", "flow.yaml:41: nodes.number.least: must be at most 20"),
        ("least: 5", "least: 9\n    most: 8", "flow.yaml:41: nodes.number.least: must be at most `most`, which is 8"),
        ("flow: part", "flow: pert", "flow.yaml:68: nodes.part.flow: no such flow 'pert'; there are part"),
        ("then: main\n  main", "then: opening\n  main", "flow.yaml:7: nodes.opening.rows: leads round to itself"),
        ("    then: bye\n  pin",
         "    then: mark\n  mark:\n    kind: rate\n    say: [rate-service]\n    question: service\n"
         "    then: again-mark\n  again-mark:\n    kind: say\n    say: [welcome-presales]\n    then: mark\n  pin",
         "flow.yaml:52: nodes.mark.then: leads round to itself without a key"),
        ("[nobody-there]", "[nobody]", "flow.yaml:72: nodes.closed.say.0: no such prompt 'nobody'"),
        ("[nobody-there]", "[]", "flow.yaml:72: nodes.closed.say: must have at least 1 item(s)"),
        ("person: person\n", "", "flow.yaml:1: person: required in a flow of a hotline"),
        ("then: bye\n  pin", "then: main\n  pin", ""),
    ],
)  # fmt: skip
def test_every_seeded_fault_is_found(old: str, new: str, told: str) -> None:
    assert old in BIG
    if told:
        found = problems(BIG.replace(old, new, 1))
        assert any(problem.startswith(told) for problem in found), found
    else:
        read_flow(BIG.replace(old, new, 1), "flow.yaml", known())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("1: return", "1: retrun", "part.yaml:7: nodes.choices.keys.1: no such node 'retrun'; this flow has"),
        ("[menu-others]", "[menu-other]", "part.yaml:6: nodes.choices.say.0: no such prompt 'menu-other'"),
        ("languages: [zh-CN, en]", "languages: [en]", "flow.yaml:68: nodes.part.flow: the part 'part' does not speak"),
        ("start: choices", "start: choices\nperson: more", "flow.yaml:68: nodes.part.flow: 'part' is a hotline's flow"),
        ("kind: menu", "kind: men", "part.yaml:5: nodes.choices.kind: must be one of"),
        (", 3: more", "", "part.yaml:8: nodes.more: no other node leads here"),
        ("3: more}", "3: more, 4: self}\n  self:\n    kind: flow\n    flow: part\n    then: choices", "part.yaml:"),
    ],
)
def test_a_fault_in_a_part_is_told_where_it_was_written(old: str, new: str, told: str) -> None:
    assert old in PART
    found = problems(BIG, known(PART.replace(old, new, 1)))
    assert any(problem.startswith(told) for problem in found), found


def test_a_node_from_which_no_end_can_be_come_to_is_a_dead_end() -> None:
    text = BIG.replace("  bye:\n", "  trap:\n    kind: menu\n    say: [menu-more]\n    keys: {1: trap}\n  bye:\n")
    found = problems(text.replace("4: again", "4: trap"), known())
    assert any("nodes.again: no other node leads here" in problem for problem in found)
    found = problems(text.replace("    priority: 3\n    then: main", "    priority: 3\n    then: trap"))
    assert any(
        problem.endswith("nodes.trap: leads nowhere: no queue and no goodbye can be come to from here")
        for problem in found
    )


def test_a_fourth_level_is_too_deep() -> None:
    deeper = PART.replace("2: return}", "2: return, 3: deepest}") + (
        "  deepest:\n    kind: menu\n    say: [menu-more]\n    keys: {1: return}\n"
    )
    assert problems(BIG, known(deeper)) == [
        "part.yaml:12: nodes.deepest: is the menu on level 4; a caller goes through 3 at most"
    ]


def spoken(**seconds: float) -> Known:
    """The same prompts, of which these last so long in Chinese."""
    return known(speech={("zh-CN", name.replace("_", "-")): lasts for name, lasts in seconds.items()})


def test_too_much_speech_before_the_first_choice_is_told_with_its_way() -> None:
    assert problems(BIG, spoken(welcome_presales=12.0, menu_services=9.0)) == [
        "flow.yaml:2: start: 21.0 s of speech to the first choice in zh-CN, at most 20: opening -> hello -> main"
    ]


def test_too_much_speech_before_a_person_is_told_for_each_way() -> None:
    found = problems(BIG, spoken(welcome_presales=10.0, menu_services=9.0, please_hold=30.0))
    assert [problem.split(":")[1] for problem in found] == ["3", "76"]
    assert "49.0 s of speech to a person in zh-CN, at most 45: opening -> hello -> main -> " in found[1]
    found = problems(BIG, spoken(welcome_presales=10.0, menu_services=9.0, please_hold=12.0, no_key=8.0))
    assert found == [
        "flow.yaml:3: person: 48.0 s of speech to a person without a key in zh-CN, at most 45: "
        "opening -> hello -> main -> main -> person"
    ]


def test_speech_is_added_up_along_the_way() -> None:
    given = spoken(welcome_presales=1.0, menu_services=2.0, please_hold=4.0, no_key=8.0, to_a_person=16.0)
    file = read_file(BIG, "flow.yaml", given)
    assert first_choice(file, given.speech, "zh-CN")[0] == 3.0
    assert {queue: way[0] for queue, way in quickest(file, given.speech, "zh-CN").items()} == {
        "vip": 3.0,
        "person": 7.0,
    }
    assert silent(file, given.speech, "zh-CN")[0] == 3.0 + 8.0 + 2.0 + 16.0 + 4.0
