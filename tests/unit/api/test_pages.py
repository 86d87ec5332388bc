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
from tests.unit.doors import ORIGIN, Doors

ROUTER = Path(__file__).parents[3] / "web/src/router.ts"


def built(dist: Path) -> None:
    """As Vite and app.web_build leave it."""
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text('<script src="/assets/index-AbC_12-x.js"></script>')
    script = dist / "assets/index-AbC_12-x.js"
    script.write_text("export {}")
    script.with_name(f"{script.name}.gz").write_bytes(gzip.compress(b"export {}"))
    (dist / "assets/icon.svg").write_text("<svg/>")


def pages_of(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)


async def test_every_page_is_the_same_document_for_everybody(tmp_path: Path) -> None:
    built(tmp_path)
    async with pages_of(Starlette(routes=open_pages(tmp_path))) as client:
        for name in PAGES:
            page = await client.get(f"/{name}")
            assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache"), name
        assert (await client.get("/nothing")).status_code == 404


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
    app = Starlette(routes=open_pages(tmp_path / "dist"))
    app.state.services = Doors(options=ApiOptions(frozenset({ORIGIN}), pages_word=word)).services()
    async with pages_of(app) as client:
        quiet = await client.get("/floor")
        assert (quiet.status_code, quiet.headers["retry-after"]) == (503, "2")
        word.write_text("npm failed: <b>no space</b>")
        told = await client.get("/floor")
        assert "npm failed: &lt;b&gt;no space&lt;/b&gt;" in told.text
