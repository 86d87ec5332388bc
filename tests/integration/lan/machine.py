"""The office's machine, run inside its network: finds the office out as `up --lan` does and serves the page.

First line on standard output: what the PBX needs of the office, as JSON; the second one comes when
the page is served. Arguments: home, name, bind, port, the browser phone's script.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response

from api.routes import ca
from app.lan import Office, open_office
from app.settings import Settings

PAGE = "<!doctype html><meta charset=utf-8><title>phone</title><script src=/phone.js></script>"


def main(home: Path, name: str, bind: str, port: int, script: Path) -> None:
    office = open_office(Settings(home=home, lan_bind=bind), name, datetime.now(UTC))
    print(json.dumps(dataclasses.asdict(office.reach), default=str), flush=True)
    config = uvicorn.Config(
        _pages(office, script.read_text(encoding="utf-8")),
        host=str(office.address),
        port=port,
        ssl_certfile=office.certificate.chain,
        ssl_keyfile=office.certificate.key,
        log_level="warning",
    )
    _Announcing(config).run()


class _Announcing(uvicorn.Server):
    """Says when its sockets listen."""

    async def startup(self, sockets: object = None) -> None:
        await super().startup()
        print("serving", flush=True)


def _pages(office: Office, script: str) -> FastAPI:
    pages = FastAPI()
    assert office.ca
    pages.include_router(ca.router(office.ca))
    pages.add_api_route("/", lambda: HTMLResponse(PAGE))
    pages.add_api_route("/phone.js", lambda: Response(script, media_type="text/javascript"))
    return pages


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), Path(sys.argv[5]))
