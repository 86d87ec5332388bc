"""Each protection of docs/security.md, how it is taken away, and the test that must fail then.

    python -m tests.protections              # those that need no PBX: some minutes
    python -m tests.protections --pbx        # the others, each with a house of its own
    python -m tests.protections 5 9 --pbx    # of these lines

It works on a copy of the files that git knows, so nothing here is touched. `tests/unit/test_protections.py` sees to it
that each place is still there.
"""

# ruff: noqa: E501 - a table of other files' lines
from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FAILED = 1
"""pytest's exit status for tests that failed; 2 and more: they were not even run."""


@dataclass(frozen=True, slots=True)
class Protection:
    """With `instead` in the place of `text`, which `file` has once, `test` must fail."""

    line: int
    file: str
    text: str
    instead: str
    test: str

    @property
    def needs_pbx(self) -> bool:
        return self.test.startswith("tests/integration/test_")


PJSIP, DIALPLAN, MANAGER = (f"asterisk-conf/pbx/{name}.conf.j2" for name in ("pjsip", "extensions", "manager"))
ATTACK, WRITTEN, WIRE = (
    "tests/integration/test_attack.py::",
    "tests/unit/pbx/test_written.py::",
    "tests/unit/cti/test_wire.py::",
)
DOORS, NOUNS, RIGHTS = (f"tests/unit/api/test_{name}.py::" for name in ("doors", "nouns", "rights"))
SECOND, RECORDINGS, AUDIT = (f"tests/unit/api/test_{name}.py::" for name in ("second_factor", "recordings", "audit"))
LIVE, PEOPLE = "tests/integration/api/test_live_websocket.py::", "tests/integration/store/test_people.py::"
OUTBOUND, AGI, DOOR = (
    "tests/unit/queueing/test_outbound.py::",
    "tests/unit/cti/test_agi.py::",
    "tests/unit/cti/test_audiosocket.py::",
)
FINISH, VAULT, LOGS = (
    "tests/unit/recording/test_finish.py::",
    "tests/unit/recording/test_vault.py::",
    "tests/unit/app/test_logs.py::",
)
PBX = "tests/integration/test_pbx.py::"

PROTECTIONS = [
    Protection(1, "asterisk-conf/common/modules.conf.j2", "noload = {{ module }}.so", "; {{ module }}",
               f"{PBX}test_the_loaded_modules_are_the_allowed_ones"),
    Protection(1, "asterisk-conf/common/asterisk.conf.j2", "disable_remote_console_shell = yes",
               "disable_remote_console_shell = no", f"{PBX}test_its_console_gives_no_shell"),
    Protection(1, "asterisk-conf/common/asterisk.conf.j2", "live_dangerously = no", "live_dangerously = yes",
               f"{ATTACK}test_no_function_that_reaches_beyond_a_call_is_run_over_the_manager_interface"),
    Protection(2, MANAGER, "secret = {{ manager.secret | secret }}\ndeny = 0.0.0.0/0.0.0.0\n",
               "secret = {{ manager.secret | secret }}\n", f"{ATTACK}test_the_manager_interface_knows_one_address_only"),
    Protection(2, MANAGER, "write = call,agent,user,reporting,originate", "write = all",
               f"{ATTACK}test_who_holds_the_engines_manager_login_can_run_no_program"),
    Protection(2, "cti/wire.py", 'if any(header.lower() == "action" and _says_originate(value) for', "if any(False for",
               f"{WIRE}test_no_other_originate_goes_out"),
    Protection(3, "cti/wire.py", "if _CONTROL.search(value):", "if False:", f"{WIRE}test_any_text_gives_one_action_or_none"),
    Protection(3, "cti/wire.py", "if name and not _CHANNEL.fullmatch(name):", "if False:",
               f"{WIRE}test_patterns_and_prefixes_are_no_channel_names"),
    Protection(3, "cti/wire.py", "if len(line) + 2 > AMI_LINE_BYTES:", "if False:",
               f"{WIRE}test_a_long_line_is_refused_before_asterisk_drops_the_session"),
    Protection(3, "cti/wire.py", 'return value.replace("\\\\", "\\\\\\\\").replace(\'"\', \'\\\\"\')', "return value",
               f"{WIRE}test_any_text_gives_one_agi_line_with_its_quotes_closed"),
    Protection(4, "core/numbers.py", "if not _DIALLED.fullmatch(text):", "if False:",
               "tests/unit/core/test_numbers.py::test_only_dialable_text_is_dialled"),
    Protection(5, "core/calling.py", 'if not digits.startswith(house.outbound.countries or (house.country_code,)):',
               "if False:", f"{OUTBOUND}test_numbers_that_nobody_may_dial"),
    Protection(5, "core/calling.py", "if not house.outbound.services:", "if False:",
               f"{OUTBOUND}test_numbers_that_nobody_may_dial"),
    Protection(5, "core/calling.py", 'if not number.startswith("+") or not any(beginning in places for beginning in beginnings):',
               "if False:",
               "tests/unit/queueing/test_outside.py::test_a_number_that_the_house_does_not_list_is_not_dialled_whatever_a_flow_says"),
    Protection(5, "core/calling.py", 'raise Refused("Numbers that begin like this are never dialled.")', "pass",
               f"{OUTBOUND}test_what_the_house_allows_may_be_dialled"),
    Protection(5, "core/calling.py", 'raise Refused("That is a hotline of this house.")', "pass",
               f"{OUTBOUND}test_numbers_that_nobody_may_dial"),
    Protection(5, "queueing/outbound.py", "    if hour.count >= most:", "    if False:",
               f"{OUTBOUND}test_calls_an_hour_are_capped_per_agent_and_per_trunk"),
    Protection(5, "queueing/outbound.py", "if lock := night_lock(house, draft.utc_s):", "if False:",
               f"{OUTBOUND}test_at_night_agents_dial_nobody_and_promises_are_kept"),
    Protection(5, "monitor/readings.py", "float(board.get(\"spend\", {\"ended\": 0.0})[\"ended\"] + going_on)",
               "float(board.get(\"spend\", {\"ended\": 0.0})[\"ended\"])",
               "tests/unit/monitor/test_alarms.py::test_what_calls_of_ours_cost_today_counts_those_that_go_on"),
    Protection(5, "queueing/trunks.py", ".count >= floor.state.house.outbound.calls_per_trunk_hour", ".count < 0",
               f"{OUTBOUND}test_calls_an_hour_are_capped_per_agent_and_per_trunk"),
    Protection(5, PJSIP, "allow_subscribe = no\nallow_transfer = no\nidentify_by", "allow_subscribe = no\nidentify_by",
               f"{WRITTEN}test_no_phone_and_no_carrier_may_transfer_a_call"),
    Protection(5, PJSIP, "allow_transfer = no\ntrust_id_inbound = yes", "trust_id_inbound = yes",
               f"{WRITTEN}test_no_phone_and_no_carrier_may_transfer_a_call"),
    Protection(5, DIALPLAN, "exten => _[!-~].,1,Hangup(1)\n", "exten => _[!-~].,1,Dial(PJSIP/${EXTEN}@trunk-b)\n",
               f"{ATTACK}test_a_carrier_reaches_the_hotlines_and_nothing_else"),
    Protection(6, DIALPLAN, "[seat]\n", "[seat]\nexten => _[0-9+].,1,Dial(PJSIP/${EXTEN}@trunk-a)\n",
               f"{ATTACK}test_a_seats_phone_reaches_nothing"),
    Protection(6, "cti/credentials.py", 'return "s" + base64.b32encode(self._derive("sip-name", seat))[:11].decode().lower()',
               "return seat", f"{WRITTEN}test_names_do_not_show_the_seat_and_each_password_is_long_and_its_own"),
    Protection(6, "cti/credentials.py", "return base64.urlsafe_b64encode(self._derive(purpose, of))[:32].decode()",
               "return base64.urlsafe_b64encode(self._derive(purpose, of))[:12].decode()",
               f"{WRITTEN}test_names_do_not_show_the_seat_and_each_password_is_long_and_its_own"),
    Protection(6, PJSIP, "auth = {{ name }}\n{% if browser %}", "{% if browser %}",
               f"{WRITTEN}test_a_phone_is_served_for_its_password_alone"),
    Protection(6, PJSIP, "endpoint_identifier_order = auth_username,username,ip",
               "endpoint_identifier_order = auth_username,username,ip,anonymous",
               f"{WRITTEN}test_nobody_is_served_without_a_name_of_ours"),
    Protection(6, PJSIP, "acl = trunk-{{ trunk.id }}\n", "", f"{WRITTEN}test_each_trunk_takes_its_carriers_address_alone"),
    Protection(7, "app/bans.py", "LOOK_EVERY_S = 1.0", "LOOK_EVERY_S = 11.0",
               "tests/integration/test_bans.py::test_who_guesses_is_refused_by_the_pbx_and_nobody_else_is"),
    Protection(7, "app/bans.py", "            if over or any(fresh) or self._unwritten:\n                await self._apply()\n", "",
               "tests/integration/test_bans.py::test_who_guesses_is_refused_by_the_pbx_and_nobody_else_is"),
    Protection(7, "app/bans.py", "        if await asyncio.to_thread(self._is_ours, ipaddress.ip_address(address)):\n            return None\n",
               "", "tests/unit/app/test_bans.py::test_carriers_and_our_own_networks_are_never_banned"),
    Protection(7, "cti/pbx/strangers.py", 'Response="[0-9a-fA-F]*",Exp', 'Response=".*",Exp',
               "tests/unit/pbx/test_strangers.py::test_whom_a_line_names"),
    Protection(8, PJSIP, "media_encryption = dtls\n", "webrtc = yes\n",
               f"{ATTACK}test_a_browsers_name_and_password_give_nobody_a_voice_without_a_key"),
    Protection(8, "asterisk-conf/pbx/rtp.conf.j2", "strictrtp = yes", "strictrtp = no",
               f"{ATTACK}test_voice_from_elsewhere_is_not_heard_in_a_talk"),
    Protection(9, "cti/agi.py", 'headers.get("agi_network_script") != self._path', "False", f"{AGI}test_another_path_is_refused"),
    Protection(9, "cti/agi.py", "if len(self._unproven) >= UNPROVEN:", "if False:",
               f"{AGI}test_any_number_of_silent_connections_leave_room_for_a_caller"),
    Protection(9, "cti/agi.py", "async with asyncio.timeout(self._header_deadline_s):", "async with asyncio.timeout(None):",
               f"{AGI}test_a_silent_client_is_let_go"),
    Protection(9, "cti/agi.py", "port, limit=HEADER_BYTES, backlog=256", "port, limit=2**30, backlog=256",
               f"{AGI}test_endless_headers_are_cut_off"),
    Protection(9, "cti/lines.py", "return await self._known(lambda: self._legs.caller(call) is not None)", "return True",
               f"{ATTACK}test_the_agi_port_holds_against_everybody_but_our_dialplan"),
    Protection(9, "cti/audiosocket.py", "ear := self._expected.pop(token, None)", "ear := self._expected.get(token)",
               f"{DOOR}test_a_token_opens_once"),
    Protection(9, "cti/audiosocket.py", "if address not in self._peers or len", "if len", f"{DOOR}test_who_comes_from_elsewhere_is_cut_off"),
    Protection(10, "api/passwords.py", "return await self._in_thread(lambda: self._hasher.hash(password))", "return password",
               "tests/unit/api/test_people.py::test_passwords_are_kept_as_argon2id"),
    Protection(10, "api/passwords.py", 'if judged["score"] >= SAFE_SCORE:', "if True:",
               "tests/unit/api/test_people.py::test_passwords_that_are_guessed_first_are_refused"),
    Protection(10, "api/proving.py", "keys = {own: 1, address: SHARED_ADDRESS}", "keys = {address: SHARED_ADDRESS}",
               f"{DOORS}test_guessing_is_slowed_down_and_a_minute_later_allowed_again"),
    Protection(10, "api/proving.py", "keys = {own: 1, address: SHARED_ADDRESS}", "keys = {own: 1}",
               f"{DOORS}test_guessing_many_names_from_one_address_is_slowed_down_too"),
    Protection(10, "api/routes/sessions.py", "    user, _ = await proved_at_door(", "    named(login.name)\n    user, _ = await proved_at_door(",
               f"{DOORS}test_guesses_are_in_the_audit_but_for_a_flood_of_them"),
    Protection(10, "api/second_factor.py", "return step is not None and await self._kept.spend_step(user, step)",
               "return step is not None", f"{SECOND}test_a_code_is_good_once_and_so_is_every_older_one"),
    Protection(10, "api/proving.py", "if services.throttle.wait_s(key, now.timestamp()) > 0:", "if False:",
               f"{SECOND}test_codes_are_guessed_no_faster_from_many_addresses"),
    Protection(10, "api/auth.py", "return Identity(user.name, role, rights - withheld,", "return Identity(user.name, role, rights,",
               f"{SECOND}test_a_right_that_demands_it_is_withheld_until_it_is_there"),
    Protection(10, "api/auth.py", "if any(user.name != CLI_USER for user in await people.users()):", "if False:",
               f"{DOORS}test_the_first_administrator_is_made_once"),
    Protection(11, "api/routes/sessions.py", "        await services.people.close_session(asker.secret)\n", "        pass\n",
               f"{DOORS}test_signing_out_ends_the_session_on_the_server"),
    Protection(11, "store/people.py", "        await connection.execute(delete(web_sessions).where(web_sessions.c.user == name))\n",
               "        pass\n", f"{PEOPLE}test_a_change_of_the_user_ends_the_sessions"),
    Protection(11, "store/people.py", "columns.expires_utc_s > now.timestamp(), ", "", f"{PEOPLE}test_a_session_lasts_until_it_runs_out_or_is_closed"),
    Protection(11, "store/people.py", "return hashlib.sha256(token.encode()).hexdigest()", "return token",
               f"{PEOPLE}test_the_database_holds_no_token_and_old_sessions_are_cleared"),
    Protection(11, "api/routes/sessions.py", "        httponly=True,\n", "", f"{DOORS}test_signing_in_gives_a_cookie_that_scripts_cannot_read"),
    Protection(11, "api/routes/sessions.py", "        secure=options.https,\n", "", f"{DOORS}test_the_cookie_is_secure_under_https"),
    Protection(11, "api/routes/sessions.py", '        samesite="strict",\n', "", f"{DOORS}test_signing_in_gives_a_cookie_that_scripts_cannot_read"),
    Protection(11, "api/access.py", "if identity.by_cookie and connection", "if False and connection",
               f"{DOORS}test_a_session_changes_things_from_our_own_page_only"),
    Protection(11, "api/auth.py", "rights = GRANTED[role] & rights_of(scope)", "rights = GRANTED[role]",
               f"{RIGHTS}test_a_token_may_do_no_more_than_it_names"),
    Protection(12, "api/clients.py", " or (identity.by_cookie and not from_own_page(websocket))", "",
               f"{LIVE}test_another_origin_is_refused_at_the_handshake"),
    Protection(12, "api/clients.py", "if not await self._is_signed_in():", "if False:",
               f"{LIVE}test_an_ended_session_ends_the_connection"),
    Protection(12, "api/clients.py", "if len(last) == MESSAGES and clock() - last[0] < WITHIN_S:", "if False:",
               f"{LIVE}test_a_client_that_talks_without_end_is_cut_off"),
    Protection(12, "api/clients.py", "async with asyncio.timeout(self.services.options.send_timeout_s):", "async with asyncio.timeout(None):",
               f"{LIVE}test_a_client_that_stops_reading_is_cut_off_and_others_are_not"),
    Protection(12, "api/server.py", "ws_max_size=MESSAGE_LIMIT_BYTES", "ws_max_size=2**24", f"{LIVE}test_a_large_message_ends_the_connection"),
    Protection(13, "api/auth.py", "        if right not in self.rights:", "        if False:",
               f"{RIGHTS}test_a_route_is_closed_to_whoever_has_not_its_right"),
    Protection(13, "api/auth.py", "if self.team is not None and agent not in self.team:", "if False:",
               "tests/unit/api/test_teams.py::test_a_leader_acts_for_the_own_team"),
    Protection(13, "api/teams.py", "if made or entry.get(\"state\") in SPEAKING:", "if False:",
               "tests/integration/api/test_listen_websocket.py::test_of_another_teams_talk_a_leader_hears_nothing"),
    Protection(13, "api/routes/recordings.py", "if found is None or (asker.team is not None and found.row.agent not in asker.team):",
               "if found is None:",
               "tests/unit/api/test_teams.py::test_a_leader_hears_and_judges_the_own_teams_recordings_and_knows_of_no_others"),
    Protection(13, "api/routes/phones.py", "        asker.need(Right.MANAGE_PEOPLE)\n", "        asker.need(Right.EDIT_HOUSE)\n",
               "tests/unit/api/test_phones.py::test_whoever_sits_there_is_given_one_and_nobody_else"),
    Protection(13, "store/people.py", "            if user.name in names and not set(names) - {user.name, uncounted}:", "            if False:",
               f"{PEOPLE}test_two_administrators_who_demote_each_other_at_one_moment_leave_one"),
    Protection(11, "api/access.py", "return host in ours or LOOPBACK.fullmatch(host) is not None", "return True",
               "tests/unit/api/test_pages.py::test_a_strangers_name_that_leads_to_this_machine_is_given_no_word"),
    Protection(13, "api/auth.py", "(self.may(Right.SERVE) and self.person == agent)", "self.may(Right.SERVE)",
               f"{RIGHTS}test_agents_act_for_themselves_and_leaders_for_everybody"),
    Protection(13, "api/audited.py", "        if row := self._row(status):", "        if (row := self._row(status)) and False:",
               f"{AUDIT}test_every_route_that_may_change_something_leaves_a_row"),
    Protection(13, "api/audited.py", 'SECRET = re.compile(r"password|secret|token", re.IGNORECASE)', 'SECRET = re.compile(r"$^")',
               f"{AUDIT}test_no_secret_comes_into_the_audit"),
    Protection(13, "api/front.py", "upgrade|forwarded|x-forwarded-.*|", "upgrade|",
               "tests/integration/test_api_processes.py::test_the_audit_has_the_browsers_own_address_whatever_it_says"),
    Protection(13, "queueing/listening.py", "    draft.tell(ListeningBegan(record.id, wish.call, by, wish.address, record.told))\n", "",
               "tests/unit/queueing/test_listening.py::test_it_ends_with_the_call_and_is_told_only_once"),
    Protection(14, "recording/archive.py", "return b32encode(hmac.digest(key, voice", "return b32encode(hmac.digest(b'x', voice",
               f"{FINISH}test_ids_are_the_same_each_time_and_say_nothing"),
    Protection(14, "recording/archive.py", "if not _PATH.fullmatch(path):", "if False:", f"{FINISH}test_no_path_leads_out_of_the_archive"),
    Protection(14, "api/links.py", "if link is not None and link.expires <= now:", "if False:",
               f"{RECORDINGS}test_a_link_ends_with_its_time_and_with_its_makers_rights"),
    Protection(14, "api/routes/recordings.py", "or not await still_valid(services.people, found.identity, services.now())", "",
               f"{RECORDINGS}test_a_link_ends_with_its_time_and_with_its_makers_rights"),
    Protection(14, "api/erasing.py", "if found is not None and found.held:", "if False:", f"{RECORDINGS}test_a_legal_hold_forbids_erasing"),
    Protection(14, "app/retention_clock.py", "if abs(wall_utc_s - due_utc_s) <= TOLERANCE_S:", "if True:",
               "tests/unit/app/test_retention_clock.py::test_a_recording_is_not_erased_by_a_clock_that_jumped"),
    Protection(14, "store/recordings.py", ", recordings.c.recording.not_in(held))", ")",
               "tests/integration/store/test_recordings.py::test_a_legal_hold_beats_retention"),
    Protection(14, "recording/vault.py", "cipher, start, left = AESGCM(key), os.urandom(NONCE_BYTES),", "cipher, start, left = AESGCM(key), bytes(NONCE_BYTES),",
               f"{VAULT}test_the_same_is_never_locked_alike"),
    Protection(14, "recording/seal.py", "        public.verify(bytes.fromhex(line.signature), bytes.fromhex(line.hash))\n", "        pass\n",
               "tests/unit/recording/test_seal.py::test_another_key_signs_nothing_of_ours"),
    Protection(15, "ivr/flow.py", 'entry: str = field(default="", repr=False)', 'entry: str = ""',
               "tests/unit/ivr/test_kinds.py::test_typed_digits_are_no_part_of_a_states_text"),
    Protection(15, "queueing/pauses.py", "floor.due(pause, draft.now_s + rules.pause_s)", "floor.due(pause, draft.now_s + 1e9)",
               "tests/unit/queueing/test_pauses.py::test_it_ends_by_itself_after_the_limit"),
    Protection(16, "core/numbers.py", 'return "*" * max(0, len(number) - DIGITS_SHOWN) + number[-DIGITS_SHOWN:]', "return number",
               f"{NOUNS}test_calls_come_newest_first_in_pages_and_masked"),
    Protection(16, "api/live_client.py", "return shown if self._client.identity.may(Right.LEAD) else without_notes(shown)", "return shown",
               f"{LIVE}test_what_was_written_about_a_call_comes_to_those_who_lead"),
    Protection(16, "api/routes/live.py", "seen = snapshot if asker.may(Right.LEAD) else without_notes(snapshot)", "seen = snapshot",
               f"{NOUNS}test_what_agents_wrote_about_a_call_of_now_is_for_those_who_lead_and_for_its_own_agent"),
    Protection(16, "api/routes/work.py", "row.number if asker.may(Right.SEE_NUMBERS) else masked(row.number)", "row.number",
               "tests/unit/api/test_work.py::test_the_list_masks_numbers_and_one_item_shows_it_to_whoever_may_see_numbers"),
    Protection(16, "api/routes/recordings.py", "    if len(caller) > DIGITS_SHOWN:", "    if False:",
               f"{RECORDINGS}test_a_number_is_not_found_out_digit_by_digit"),
    Protection(16, "api/routes/house.py", "return document if asker.may(Right.EDIT_HOUSE) else for_everybody(document)", "return document",
               "tests/unit/api/test_house_edit.py::test_numbers_and_other_systems_addresses_are_for_those_who_edit_the_house"),
    Protection(16, "api/routes/webhooks.py", '({} if whole else {"body": ""})', "{}",
               "tests/unit/api/test_webhooks.py::test_a_letters_body_is_for_those_who_may_see_numbers"),
    Protection(16, "monitor/sheets.py", 'return f"\'{text}" if text.lstrip(" ").startswith(BEGINS_FORMULA) else text', "return text",
               "tests/unit/monitor/test_tables.py::test_no_name_becomes_a_formula"),
    Protection(16, "app/logs.py", 'hidden(super().format(record)).translate(_CONTROLS).split("\\n")', 'hidden(super().format(record)).split("\\n")',
               f"{LOGS}test_no_name_makes_a_line_of_its_own_or_moves_the_cursor"),
    Protection(16, "app/logs.py", '_PASSWORD_IN_URL.sub(r"\\1:****@", text))', "text)",
               f"{LOGS}test_passwords_in_urls_are_hidden_in_texts_and_traces"),
    Protection(17, "recording/finish.py", '"-protocol_whitelist", "file,pipe",\n        "-threads"', '"-threads"',
               f"{FINISH}test_ffmpeg_opens_files_and_pipes_and_asks_no_network"),
    Protection(17, "recording/finish.py", "    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))\n", "",
               f"{FINISH}test_a_worker_has_a_bound_of_memory"),
    Protection(17, "recording/finish.py", "subprocess.Popen(command, stdin", "subprocess.Popen(command, shell=True, stdin",
               "tests/unit/test_layout.py::test_no_command_is_read_by_a_shell"),
    Protection(18, "api/routes/customers.py", "Query(max_length=40, description=\"whoever has this number\")", "Query()",
               "tests/unit/api/test_document.py::test_everything_that_is_sent_in_an_address_or_header_has_a_cap"),
    Protection(18, "api/once.py", "    asker = await required(request)  # before anything is noted: whoever may not ask, or not so often, leaves no row\n",
               "    asker = type(\"Anybody\", (), {\"person\": \"admin\"})\n", "tests/unit/api/test_once.py::test_a_key_opens_no_door"),
    Protection(18, "api/shell.py", "return self._read > self._limit and not self._started", "return False",
               f"{NOUNS}test_a_large_body_is_refused_whether_it_says_so_or_not"),
    Protection(18, "api/shell.py", "async with asyncio.timeout_at(self._began_s + BODY_WITHIN_S):", "async with asyncio.timeout_at(None):",
               "tests/integration/api/test_connections.py::test_a_body_that_never_ends_is_refused"),
    Protection(18, "api/access.py", "if (wait_s := services_of(connection).rate.wait_s(identity.person, monotonic())) > 0:", "if (wait_s := 0.0):",
               f"{DOORS}test_whoever_asks_without_end_is_told_to_wait_and_others_are_not"),
    Protection(18, "api/audited.py", "except (ValueError, RecursionError):", "except ValueError:",
               "tests/unit/api/test_hostile_input.py::test_deeply_nested_bodies_are_refused_and_noted"),
    Protection(18, "store/audit.py", "return value.encode(\"utf-8\", \"replace\").decode().replace(\"\\x00\", \"?\") if isinstance(value, str) else value",
               "return value", "tests/integration/store/test_audit.py::test_whatever_is_asked_can_be_noted_and_stops_nobodys_row_after_it"),
    Protection(18, "app/outside.py", "    except (ValueError, RecursionError):", "    except ValueError:",
               "tests/unit/app/test_outside.py::test_what_is_no_json_is_no_answer"),
    Protection(19, "api/shell.py", "script-src 'self'; ", "script-src 'self' 'unsafe-inline'; ", f"{DOORS}test_every_answer_has_the_security_headers"),
    Protection(19, "app/environment.py", "        \"--require-hashes\",\n", "",
               "tests/integration/test_environment.py::test_a_package_that_the_lock_names_without_its_content_is_refused"),
    Protection(19, "app/back_office.py", "os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)", "os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)",
               "tests/integration/test_attack_traces.py::test_nothing_in_the_home_is_open_to_other_users"),
    Protection(19, "app/house_secrets.py", "    if wrong:\n", "    if False:\n",
               "tests/unit/app/test_house_secrets.py::test_a_house_that_names_one_of_ours_is_refused_with_the_place"),
]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """How many protections could be taken away without a test that failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", nargs="*", type=int, help="lines of docs/security.md; none: all")
    parser.add_argument("--pbx", action="store_true", help="those whose test needs a PBX, instead of the others")
    asked = parser.parse_args(arguments)
    chosen = [each for each in PROTECTIONS if each.needs_pbx is asked.pbx and each.line in (asked.lines or [each.line])]
    with tempfile.TemporaryDirectory(prefix="thirdring-unprotected-") as place:
        copy = Path(place) / "checkout"
        copied(copy)
        return sum(not failed(each, copy) for each in chosen)


def copied(copy: Path) -> None:
    """Every file that git knows, as it is now."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (source := ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy / name)


def failed(protection: Protection, copy: Path) -> bool:
    """Take it away, run its test, put it back, and say what came of it."""
    file = copy / protection.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace(protection.text, protection.instead), encoding="utf-8")
    order = [sys.executable, "-m", "pytest", "-x", "-n0", "-p", "no:cacheprovider", protection.test]
    try:
        found = subprocess.run(order, cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True)
    finally:
        file.write_text(whole, encoding="utf-8")
    said = {0: "STILL PASSES", FAILED: "fails"}.get(found.returncode, f"COULD NOT RUN ({found.returncode})")
    print(f"{protection.line:2} {said:13} {protection.test.rpartition('::')[2]}  ({protection.file})", flush=True)
    return found.returncode == FAILED


if __name__ == "__main__":
    sys.exit(main())
