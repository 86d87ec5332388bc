"""What tests on a real Asterisk share: the fetched installation, short directories, free ports, a running PBX."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio

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


@contextmanager
def _short_dir() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="tr-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A directory whose path leaves room for unix sockets below it."""
    with _short_dir() as directory:
        yield directory


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


@pytest.fixture(scope="module")
def running_stage(installation: Installation) -> Iterator[PbxStage]:
    """That of `pbx`."""
    with _short_dir() as directory, own_ports() as base:
        stage = PbxStage(installation, directory, base)
        stage.render(small_house())
        yield stage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(running_stage: PbxStage) -> AsyncIterator[PbxProcess]:
    """A running PBX with the product's own configuration, for the tests of a module that leave it as it is.
    The module says `pytestmark = pytest.mark.asyncio(loop_scope="module")`."""
    process = PbxProcess(running_stage.layout)
    await process.start()
    yield process
    await process.stop()
