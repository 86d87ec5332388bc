"""A running instance, as this machine's command line reaches it: its REST API and the local token.

`up` writes the token to secrets/cli.token and, since it may listen elsewhere than the settings say (another
port base, `--lan`), its addresses to run/api.url and run/sip.host.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.errors import Refused

if TYPE_CHECKING:
    import httpx
    from websockets.sync.client import ClientConnection

    from app.settings import Settings

TIMEOUT_S = 10.0
LOOPBACK = "127.0.0.1"
_EVERY_ADDRESS = {"0.0.0.0": LOOPBACK, "::": "::1"}
_START = "Start it with: ./thirdring up"


class NotRunning(Refused):
    """Nothing listens, or nothing ever wrote a token here."""


class Instance:
    """Speaks to the API; every failure is a Refused that says what to do."""

    def __init__(self, settings: Settings) -> None:
        self.url = api_url(settings)
        self._token_file = settings.home / "secrets/cli.token"
        self._own_ca = settings.home / "secrets/lan/ca.crt"

    def is_running(self) -> bool:
        """Whether something answers, however it does."""
        try:
            self.ask("GET", "/health/live")
        except NotRunning:
            return False
        except Refused:
            return True
        return True

    def get(self, path: str, *, even: int = 200, timeout_s: float = TIMEOUT_S) -> Any:
        """The answer's document; `even` is a status whose document is an answer, too."""
        return self.ask("GET", path, even=even, timeout_s=timeout_s).json()

    def post(self, path: str, body: dict[str, object]) -> Any:
        """The answer's document; None when it has none."""
        answer = self.ask("POST", path, body)
        return answer.json() if answer.content else None

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        *,
        content: bytes | None = None,
        even: int = 200,
        timeout_s: float = TIMEOUT_S,
    ) -> httpx.Response:
        """One request; `content` is a body that is no JSON.

        Raises:
            NotRunning: nothing answers.
            Refused: not allowed, or the API's own reason.
        """
        import httpx

        given = {"Authorization": f"Bearer {self._token()}", **(headers or {})}
        try:
            with httpx.Client(timeout=timeout_s, trust_env=False, verify=self._trust()) as client:
                answer = client.request(method, f"{self.url}/api/v1{path}", json=body, content=content, headers=given)
        except httpx.TimeoutException as error:
            raise Refused(f"{self.url} does not answer within {timeout_s:g} s. Look at: ./thirdring doctor") from error
        except httpx.HTTPError as error:
            raise NotRunning(f"Nothing answers at {self.url} ({error}). {_START}") from error
        if answer.is_error and answer.status_code != even:
            raise Refused(_reason(answer))
        return answer

    def open_live(self) -> ClientConnection:
        """The WebSocket of the live floor; close it. Raises NotRunning, Refused."""
        from websockets.exceptions import InvalidHandshake
        from websockets.sync.client import connect

        headers = {"Authorization": f"Bearer {self._token()}"}
        address = f"ws{self.url.removeprefix('http')}/api/v1/live"
        context = trust if isinstance(trust := self._trust(), ssl.SSLContext) else None
        try:
            return connect(address, additional_headers=headers, ssl=context, proxy=None, open_timeout=TIMEOUT_S)
        except (OSError, TimeoutError) as error:
            raise NotRunning(f"Nothing answers at {self.url} ({error}). {_START}") from error
        except InvalidHandshake as error:
            raise Refused(f"{self.url} refused the live connection: {error}") from error

    def _trust(self) -> ssl.SSLContext | bool:
        """This instance's own CA beside the machine's; reading those takes 20 ms, so only for HTTPS."""
        if not self.url.startswith("https:"):
            return False
        context = ssl.create_default_context()
        if self._own_ca.exists():
            context.load_verify_locations(self._own_ca)
        return context

    def _token(self) -> str:
        try:
            return self._token_file.read_text(encoding="ascii").strip()
        except FileNotFoundError as error:
            raise NotRunning(f"Thirdring is not running here: there is no {self._token_file}. {_START}") from error
        except OSError as error:
            raise Refused(f"{self._token_file} cannot be read: {error.strerror}. Run this as its owner.") from error


def api_url(settings: Settings) -> str:
    """Where the instance listens: run/api.url if it wrote one, else what the settings say."""
    written = _text(settings.home / "run/api.url")
    host = _EVERY_ADDRESS.get(settings.bind, settings.bind)
    return written or f"http://{f'[{host}]' if ':' in host else host}:{settings.ports.api}"


def as_running(settings: Settings) -> Settings:
    """With the ports of the instance that runs from this home, whatever this command line was told of them.

    Its API has the first of them (app.settings.Ports), so what `up` wrote to run/api.url names them all.
    """
    first = urlsplit(_text(settings.home / "run/api.url")).port
    return settings.model_copy(update={"port_base": first}) if first else settings


def sip_host(settings: Settings) -> str:
    """The address at which the running instance takes SIP: the office network's, or this machine alone."""
    return _text(settings.home / "run/sip.host") or LOOPBACK


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _reason(answer: httpx.Response) -> str:
    """The `detail` of a problem document (RFC 9457) and its list of wrong fields, or the bare status."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    known = problem if isinstance(problem, dict) else {}
    detail = known.get("detail") or known.get("title") or f"the API answered {answer.status_code}"
    fields = [f"{each['field']}: {each['problem']}" for each in known.get("errors", [])]
    return "\n".join([str(detail), *(f"  {field}" for field in fields if field not in str(detail))])
