"""fail2ban's filter for us, read as fail2ban reads it."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

FILTER = Path(__file__).resolve().parents[1] / "deploy/fail2ban/filter.d/thirdring.conf"
FORGED = 'x",LocalAddress="IPV4/UDP/1.1.1.1/1",RemoteAddress="IPV4/UDP/198.51.100.1/5060'
"""In a name of the attacker's: somebody else is to be banned."""


def addresses(line: str) -> list[str]:
    """Whom fail2ban's filter finds in this line, by its rules: the date is cut out first, <HOST> is an address."""
    parser = configparser.ConfigParser()
    parser.read(FILTER, encoding="utf-8")
    rest = re.sub(r"^\[[^]]+\]", "", line)
    host = r"(?P<host>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F:]{2,39})"
    rules = [rule.strip().replace("<HOST>", host) for rule in parser["Definition"]["failregex"].splitlines()]
    return [found["host"] for rule in rules if (found := re.search(rule, rest))]
