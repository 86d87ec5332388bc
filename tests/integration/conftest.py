"""What tests on a real Asterisk share: the fetched installation, short directories, free ports, a running PBX."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from core.house import House
from cti.pbx import packages
from cti.pbx.installation import ROOT_VARIABLE, Installation, find_installation, unpacked_root
from cti.pbx.process import PbxProcess
from cti.pbx.values import CONF
from tests.integration.pbx_stage import PbxStage, small_house
from tests.integration.ports import own_ports


@pytest.fixture(scope="session")
def thirdring_home() -> Path:
    """Where the launcher keeps what it fetched: THIRDRING_HOME, or a cache under the temporary directory."""
    home = Path(os.environ.get("THIRDRING_HOME") or Path(tempfile.gettempdir()) / f"thirdring-tests-{os.getuid()}")
    home.mkdir(mode=0o750, parents=True, exist_ok=True)
    return home


@pytest.fixture(scope="session", autouse=True)
def shared_tree(thirdring_home: Path) -> None:
    """One unpacked Asterisk for all tests and for every process they start, whose homes are their own."""
    if not os.environ.get(ROOT_VARIABLE):
        tree = unpacked_root(thirdring_home, os.environ)
        packages.ensure_asterisk(tree, CONF / "packages.lock", os.environ, lambda text: print(text, file=sys.stderr))
        os.environ[ROOT_VARIABLE] = str(tree)


@pytest.fixture(scope="session")
def installation(thirdring_home: Path, shared_tree: None) -> Installation:
    """The embedded Asterisk, fetched if it is not there."""
    return find_installation(thirdring_home, "embedded", os.environ)


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A directory whose path leaves room for unix sockets below it."""
    directory = Path(tempfile.mkdtemp(prefix="tr-"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def port_base() -> Iterator[int]:
    """First of 2,000 ports that nobody else uses."""
    with own_ports() as base:
        yield base


@pytest.fixture
def house() -> House:
    return small_house()


@pytest.fixture
def stage(installation: Installation, short_dir: Path, port_base: int, house: House) -> PbxStage:
    """A rendered PBX that is not started."""
    stage = PbxStage(installation, short_dir, port_base)
    stage.render(house)
    return stage


@pytest.fixture
async def pbx(stage: PbxStage) -> AsyncIterator[PbxProcess]:
    """A running PBX with the product's own configuration."""
    process = PbxProcess(stage.layout)
    await process.start()
    yield process
    await process.stop()
