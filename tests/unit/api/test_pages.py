"""The pages' door: open to everybody, lasting where a name carries a hash, and honest while nothing is built."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from api.routes.pages import PAGES, open_pages
from api.services import ApiOptions
from tests.unit.doors import ORIGIN, Doors, client_of

ROUTER = Path(__file__).parents[3] / "web/src/router.ts"


def built(dist: Path) -> None:
    """As Vite and app.web_build leave it."""
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text('<script src="/assets/index-AbC_12-x.js"></script>')
    script = dist / "assets/index-AbC_12-x.js"
    script.write_text("export {}")
    script.with_name(f"{script.name}.gz").write_bytes(gzip.compress(b"export {}"))
    (dist / "assets/icon.svg").write_text("<svg/>")


def app_of(dist: Path, options: ApiOptions) -> Starlette:
    app = Starlette(routes=open_pages(dist))
    app.state.services = Doors(options=options).services()
    return app


def pages_of(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)


async def test_every_page_is_the_same_document_for_everybody(tmp_path: Path) -> None:
    built(tmp_path)
    async with pages_of(app_of(tmp_path, ApiOptions(frozenset({ORIGIN})))) as client:
        for name in PAGES:
            page = await client.get(f"/{name}")
            assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache"), name
        assert (await client.get("/nothing")).status_code == 404


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize(
    "name", ["%00", "a%00.js", "n" * 300, "..%2f..%2fetc%2fpasswd", "%2e%2e/index.html", "%ff%fe", "a/" * 500, "~root"]
)
async def test_what_is_no_files_name_is_not_there(name: str, encoding: str, tmp_path: Path) -> None:
    built(tmp_path)
    async with pages_of(Starlette(routes=open_pages(tmp_path))) as client:
        answer = await client.get(f"{ORIGIN}/assets/{name}", headers={"Accept-Encoding": encoding})
    assert answer.status_code == 404


def test_the_pages_served_are_those_that_the_router_knows() -> None:
    assert {"", *re.findall(r'path: "/(\w+)"', ROUTER.read_text())} == set(PAGES)


async def test_what_carries_a_hash_lasts_and_comes_compressed(tmp_path: Path) -> None:
    built(tmp_path)
    async with pages_of(Starlette(routes=open_pages(tmp_path))) as client:
        script = await client.get("/assets/index-AbC_12-x.js", headers={"Accept-Encoding": "gzip"})
        assert (script.text, script.headers["content-encoding"]) == ("export {}", "gzip")
        assert script.headers["content-type"].startswith("text/javascript")
        assert "immutable" in script.headers["cache-control"]
        plain = await client.get("/assets/index-AbC_12-x.js", headers={"Accept-Encoding": "identity"})
        assert (plain.text, plain.headers.get("content-encoding")) == ("export {}", None)
        icon = await client.get("/assets/icon.svg", headers={"Accept-Encoding": "gzip"})
        assert (icon.status_code, icon.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize("path", ["/assets/../index.html", "/assets/%2e%2e/index.html", "/assets/nothing.js"])
async def test_nothing_else_is_served(tmp_path: Path, path: str) -> None:
    built(tmp_path)
    async with pages_of(Starlette(routes=open_pages(tmp_path))) as client:
        assert (await client.get(path)).status_code == 404


async def test_what_is_said_while_the_pages_are_built_stands_there_escaped(tmp_path: Path) -> None:
    word = tmp_path / "pages.txt"
    async with pages_of(app_of(tmp_path / "dist", ApiOptions(frozenset({ORIGIN}), pages_word=word))) as client:
        quiet = await client.get("/floor")
        assert (quiet.status_code, quiet.headers["retry-after"]) == (503, "2")
        word.write_text("npm failed: <b>no space</b>")
        told = await client.get("/floor")
        assert "npm failed: &lt;b&gt;no space&lt;/b&gt;" in told.text
        assert (await client.get("/assets/index.js")).status_code == 404


async def test_only_the_demos_page_may_speak_to_the_demos_carrier(tmp_path: Path) -> None:
    built(tmp_path)
    word = tmp_path / "visitor.json"
    options = ApiOptions(frozenset({ORIGIN}), visitor=word)
    async with pages_of(app_of(tmp_path, options)) as client:
        assert "content-security-policy" not in (await client.get("/demo")).headers
        word.write_text('{"uri": "sip:visitor@127.0.0.1", "password": "x", "socket": "ws://127.0.0.1:20009/ws"}')
        policy = (await client.get("/demo")).headers["content-security-policy"]
        assert "connect-src 'self' ws://127.0.0.1:20009/ws;" in policy
        assert "content-security-policy" not in (await client.get("/floor")).headers


async def test_a_caller_in_the_browser_needs_the_demo(tmp_path: Path) -> None:
    word = tmp_path / "visitor.json"
    doors = Doors(options=ApiOptions(frozenset({ORIGIN}), visitor=word))
    async with client_of(doors, admin=False) as client:
        assert (await client.get("/demo")).status_code == 404
        word.write_text("{")  # being written
        assert (await client.get("/demo")).status_code == 404
        word.write_text('{"uri": "sip:visitor@127.0.0.1", "password": "x", "socket": "ws://127.0.0.1:20009/ws"}')
        told = (await client.get("/demo")).json()
        assert told["socket"] == "ws://127.0.0.1:20009/ws"
        assert [hotline["number"] for hotline in told["hotlines"]]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("floor.test", 200),
        ("127.0.0.1:20000", 200),
        ("localhost", 200),
        ("[::1]:20000", 200),
        ("evil.example:20000", 403),
        ("127.0.0.1.evil.example", 403),
        ("", 403),
    ],
)
async def test_a_strangers_name_that_leads_to_this_machine_is_given_no_word(
    tmp_path: Path, host: str, status: int
) -> None:
    """DNS rebinding: its page would be of our origin, and call at our expense."""
    word = tmp_path / "visitor.json"
    word.write_text('{"uri": "sip:visitor@127.0.0.1", "password": "x", "socket": "ws://127.0.0.1:20009/ws"}')
    async with client_of(Doors(options=ApiOptions(frozenset({ORIGIN}), visitor=word)), admin=False) as client:
        assert (await client.get("/demo", headers={"Host": host})).status_code == status
