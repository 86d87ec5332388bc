"""Who bangs at the PBX's SIP door, as its security log tells: whom a line names, and when it has been too often. Pure.

Names, call ids and answers in these lines are the stranger's own words, and could be made to look like another's
address. So each form is tied to the end of the line, where the address is followed by nothing of theirs but the digest,
and that must be hexadecimal (deploy/fail2ban/ has the same forms; tests/ban_filter.py holds both to one table).
"""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict, deque
from dataclasses import dataclass, field

MOST_WATCHED = 10_000
_EVENT = r'SECURITY\[\d+\] res_security_log\.c: SecurityEvent="(?:{})",.*'
_FROM = r',RemoteAddress="IPV[46]/(?:UDP|TCP|TLS|WS|WSS)/(?P<host>[0-9A-Fa-f.:]{2,45})/\d+"'
_MORE = r'(?:,(?:ACLName|Transport|RequestType)="[^"]*")*$'
_DIGEST = r',Challenge="[^"]*",Response="[0-9a-fA-F]*",ExpectedResponse="[^"]*"$'
_FORMS = (
    re.compile(_EVENT.format("InvalidAccountID|InvalidTransport|RequestBadFormat") + _FROM + _MORE),
    re.compile(_EVENT.format("ChallengeResponseFailed|InvalidPassword") + _FROM + _DIGEST),
)


def stranger(line: str) -> str:
    """The address that this line of the log tells of; "" for a line of another kind."""
    found = next(filter(None, (form.search(line) for form in _FORMS)), None)
    try:
        return str(ipaddress.ip_address(found["host"])) if found else ""
    except ValueError:
        return ""


@dataclass(slots=True)
class Attempts:
    """Counts by address. `after` within `within_s` are too many; 0: nothing ever is."""

    after: int
    within_s: float = 60.0
    _seen_s: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def note(self, address: str, now_s: float) -> bool:
        """Whether this one was one too many; then counting begins anew."""
        if not self.after:
            return False
        seen = self._seen_s.setdefault(address, deque(maxlen=self.after))
        self._seen_s.move_to_end(address)
        seen.append(now_s)
        if len(seen) == self.after and seen[0] > now_s - self.within_s:
            del self._seen_s[address]
            return True
        if len(self._seen_s) > MOST_WATCHED:
            self._seen_s.popitem(last=False)
        return False

    def forget(self, address: str) -> None:
        """Whatever it tried counts no more."""
        self._seen_s.pop(address, None)
