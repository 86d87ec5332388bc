"""A running instance, as this machine's command line reaches it: its REST API and the local token.

`up` writes the token to secrets/cli.token and, when it listens elsewhere than the settings say (another
port base, HTTPS), its address to run/api.url.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import Refused

if TYPE_CHECKING:
    import httpx

    from app.settings import Settings

TIMEOUT_S = 10.0
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_START = "Start it with: ./thirdring up"


class Instance:
    """Speaks to the API; every failure is a Refused that says what to do."""

    def __init__(self, settings: Settings) -> None:
        self.url = api_url(settings)
        self._token_file = settings.home / "secrets/cli.token"

    def get(self, path: str) -> Any:
        return self.ask("GET", path).json()

    def post(self, path: str, body: dict[str, object]) -> Any:
        """The answer's document; None when it has none."""
        answer = self.ask("POST", path, body)
        return answer.json() if answer.content else None

    def ask(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """One request. Raises Refused: not running, not allowed, or the API's own reason."""
        import httpx

        given = {"Authorization": f"Bearer {self._token()}", **(headers or {})}
        try:
            answer = httpx.request(
                method, f"{self.url}/api/v1{path}", json=body, headers=given, timeout=TIMEOUT_S, trust_env=False
            )
        except httpx.TimeoutException as error:
            raise Refused(f"{self.url} does not answer within {TIMEOUT_S:g} s. Look at: ./thirdring doctor") from error
        except httpx.HTTPError as error:
            raise Refused(f"Nothing answers at {self.url} ({error}). {_START}") from error
        if answer.is_error:
            raise Refused(_reason(answer))
        return answer

    def _token(self) -> str:
        try:
            return self._token_file.read_text(encoding="ascii").strip()
        except FileNotFoundError as error:
            raise Refused(f"Thirdring is not running here: there is no {self._token_file}. {_START}") from error
        except OSError as error:
            raise Refused(f"{self._token_file} cannot be read: {error.strerror}. Run this as its owner.") from error


def api_url(settings: Settings) -> str:
    """Where the instance listens: run/api.url if it wrote one, else what the settings say."""
    written = _text(settings.home / "run/api.url")
    host = _EVERY_ADDRESS.get(settings.bind, settings.bind)
    return written or f"http://{f'[{host}]' if ':' in host else host}:{settings.ports.api}"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _reason(answer: httpx.Response) -> str:
    """The `detail` of a problem document (RFC 9457), or the bare status."""
    status = f"{answer.status_code} {answer.reason_phrase}"
    try:
        problem = answer.json()
    except ValueError:
        return f"The API answered {status}."
    detail = problem.get("detail") or problem.get("title") if isinstance(problem, dict) else None
    return detail if isinstance(detail, str) else f"The API answered {status}."
