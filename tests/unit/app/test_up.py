"""What `up` refuses before it starts anything."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from app.settings import Settings
from app.up import Wanted, leaves, up
from core.errors import Refused


async def test_a_port_that_somebody_else_holds_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        said: list[str] = []
        settings = Settings(home=tmp_path, port_base=stranger.getsockname()[1] - 1)
        with pytest.raises(Refused, match=r"(?s)held by somebody else: .*THIRDRING_PORT_BASE"):
            await up(settings, Wanted(), said.append)
    assert said == [] and not (tmp_path / "pbx").exists() and not (tmp_path / "sounds").exists()


def test_nested_errors_are_told_one_by_one() -> None:
    first, second = ValueError("1"), ValueError("2")
    assert leaves(BaseExceptionGroup("", [ExceptionGroup("", [first]), second])) == [first, second]
