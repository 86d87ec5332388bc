"""The CA certificate to install in browsers, and a page that tells how; open to everybody on the network."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Annotated

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from fastapi import APIRouter, Header
from fastapi.responses import HTMLResponse, Response

FILE_NAME = "thirdring-ca.crt"
_PAGES = {"zh": "ca_help.zh-CN.html", "en": "ca_help.en.html"}


def router(ca_certificate: Path) -> APIRouter:
    """GET /ca.crt, the file; GET /ca, install help in the browser's language with the file's fingerprint."""
    routes = APIRouter(tags=["ca"])

    @routes.get("/ca.crt", response_class=Response)
    def certificate() -> Response:
        """DER, which Windows, macOS, Android and Firefox all open."""
        return Response(
            _certificate(ca_certificate).public_bytes(serialization.Encoding.DER),
            media_type="application/x-x509-ca-cert",
            headers={"Content-Disposition": f'attachment; filename="{FILE_NAME}"'},
        )

    @routes.get("/ca", response_class=HTMLResponse)
    def install_help(accept_language: Annotated[str, Header(max_length=500)] = "") -> HTMLResponse:
        shown = _certificate(ca_certificate).fingerprint(hashes.SHA256()).hex(":").upper()
        page = Path(__file__).with_name(_PAGES[preferred(accept_language)])
        text = Template(page.read_text(encoding="utf-8")).substitute(fingerprint=shown, file=FILE_NAME)
        return HTMLResponse(text, headers={"Vary": "Accept-Language"})

    return routes


def preferred(accept_language: str) -> str:
    """zh or en, whichever comes first in Accept-Language (RFC 9110, 12.5.4; browsers list by preference)."""
    for part in accept_language.lower().split(","):
        language = part.split(";")[0].strip().split("-")[0]
        if language in _PAGES:
            return language
    return "en" if accept_language.strip() else "zh"


def _certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())
