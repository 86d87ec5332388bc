"""Ask a URL that an administrator typed in, without letting it reach into our own network (SSRF).

The name is resolved here, every address must be public or in `webhook_networks`, and the connection goes to the very
address that was looked at: a name that resolves differently a moment later gains nothing. No redirects are followed, no
proxies of the environment used, and only the beginning of the answer is read, as it comes: one that is packed or nested
a thousandfold is no answer.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from core.errors import PeerFault

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 10.0
MOST_BYTES = 65_536
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRANSLATED = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96")))
"""Their last 32 bits are an IPv4 address: of a translator (RFC 6052), and IPv4-compatible ones (RFC 4291, 2.5.5.1)."""
_OURS_TOO = tuple(map(ipaddress.IPv6Network, ("64:ff9b:1::/48", "fec0::/10")))
"""Local, though Python (which versions, differs) takes them for global: RFC 8215, RFC 3879."""


class NotSent(PeerFault):
    """The other side could not be reached, may not be, or refused; the text says which."""


async def post_outside(
    url: str, body: Mapping[str, Any], headers: Mapping[str, str], allowed: Sequence[Network]
) -> Any:
    """POST; the answer's JSON document, None if it is none. Raises NotSent. Cancelling is safe."""
    return await _asked("POST", url, headers, allowed, TIMEOUT_S, json.dumps(dict(body)).encode())


async def send_outside(url: str, body: bytes, headers: Mapping[str, str], allowed: Sequence[Network]) -> None:
    """POST these bytes as JSON; the answer's body is of no interest. Raises NotSent. Cancelling is safe."""
    await _asked("POST", url, headers, allowed, TIMEOUT_S, body)


async def get_outside(url: str, headers: Mapping[str, str], allowed: Sequence[Network], timeout_s: float) -> Any:
    """GET; as `post_outside`, and None too where there is nothing (404)."""
    return await _asked("GET", url, headers, allowed, timeout_s, None)


async def _asked(
    method: str, url: str, headers: Mapping[str, str], allowed: Sequence[Network], timeout_s: float, body: bytes | None
) -> Any:
    import httpx  # a tenth of a second that no start need wait for

    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError as error:
        raise NotSent(f"that is no address: {error}") from error
    named = {**headers, "Host": host if port is None else f"{host}:{port}", "Accept-Encoding": "identity"}
    if body is not None:
        named.setdefault("Content-Type", "application/json")
    try:
        async with asyncio.timeout(timeout_s), httpx.AsyncClient(trust_env=False) as client:
            address = await _checked(host, port or (443 if parts.scheme == "https" else 80), allowed)
            place = f"[{address}]" if address.version == 6 else str(address)
            pinned = urlunsplit(parts._replace(netloc=place if port is None else f"{place}:{port}"))
            extensions = {"sni_hostname": host}
            async with client.stream(method, pinned, content=body, headers=named, extensions=extensions) as answer:
                if method == "GET" and answer.status_code == httpx.codes.NOT_FOUND:
                    return None
                return await _document(answer)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, TimeoutError) as error:
        raise NotSent(f"{host}: {type(error).__name__}") from error


async def _document(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise NotSent(f"{answer.headers.get('server', 'it')} answered {answer.status_code}")
    body = b""
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


async def _checked(host: str, port: int, allowed: Sequence[Network]) -> Address:
    """The first address of the name; all of them must be allowed. Raises NotSent."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotSent(f"{host} has no address") from error
    addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
    for address in addresses:
        if not may_reach(address, allowed):
            raise NotSent(f"{host} is {address}, which is not public; allow its network in webhook_networks")
    return addresses[0]


def may_reach(address: Address, allowed: Sequence[Network]) -> bool:
    """Public addresses, and those that the settings name; an IPv4 address in IPv6's clothes is judged as IPv4."""
    judged = _undressed(address) if isinstance(address, ipaddress.IPv6Address) else address
    if any(each in network for network in allowed for each in (address, judged)):
        return True
    return judged.is_global and not judged.is_multicast and not any(judged in each for each in _OURS_TOO)


def _undressed(address: ipaddress.IPv6Address) -> Address:
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and any(address in each for each in _TRANSLATED):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address if inner is None else inner
