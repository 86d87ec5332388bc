"""The CA's certificate and the install help reach every browser, in its language."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from fastapi import FastAPI

from api.routes.ca import preferred, router
from app.certificates import fingerprint
from app.small_ca import SmallCa

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def ca(tmp_path: Path) -> SmallCa:
    return SmallCa.open(tmp_path, "calls.office.test", ipaddress.IPv4Address("10.0.0.1"), NOW)


async def get(ca: SmallCa, path: str, **headers: str) -> httpx.Response:
    application = FastAPI()
    application.include_router(router(ca.file))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="https://x") as client:
        return await client.get(path, headers=headers)


async def test_the_file_is_the_certificate_alone(ca: SmallCa) -> None:
    answer = await get(ca, "/ca.crt")
    assert x509.load_der_x509_certificate(answer.content) == ca.certificate
    assert answer.headers["content-type"] == "application/x-x509-ca-cert"
    assert "thirdring-ca.crt" in answer.headers["content-disposition"]


@pytest.mark.parametrize(("language", "word"), [("zh-CN,zh;q=0.9,en;q=0.8", "始终信任"), ("en-GB", "Always Trust")])
async def test_the_help_names_fingerprint_and_systems(ca: SmallCa, language: str, word: str) -> None:
    page = (await get(ca, "/ca", **{"Accept-Language": language})).text
    assert fingerprint(ca.certificate) in page
    assert word in page
    assert all(system in page for system in ("Windows", "macOS", "Android", "Firefox"))


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "zh"), ("zh-TW", "zh"), ("en;q=0.8", "en"), ("fr-FR,fr;q=0.9,zh;q=0.5", "zh"), ("fr", "en")],
)
def test_the_first_known_language_wins(header: str, language: str) -> None:
    assert preferred(header) == language
