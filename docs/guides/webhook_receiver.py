"""A receiver of Thirdring's webhooks: python webhook_receiver.py PORT KEY_FILE

It checks the signature, takes each letter once, and prints it. The standard library is enough.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

OLDEST_S = 300
SEEN: set[str] = set()
"""In earnest, a unique column of the table into which the letters go."""


def is_genuine(key: bytes, signature: str, body: bytes, now_utc_s: float) -> bool:
    """Thirdring-Signature is t=<seconds since 1970>,v1=<hex of HMAC-SHA256 over "<t>." and the body>."""
    fields = dict(field.partition("=")[::2] for field in signature.split(","))
    sent_utc_s = fields.get("t", "")
    if not sent_utc_s.isdecimal() or abs(now_utc_s - int(sent_utc_s)) > OLDEST_S:
        return False
    expected = hmac.new(key, f"{sent_utc_s}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, fields.get("v1", ""))


class Receiver(BaseHTTPRequestHandler):
    key = b""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if not is_genuine(self.key, self.headers.get("Thirdring-Signature", ""), body, time.time()):
            self.send_error(401)
            return
        letter = json.loads(body)
        if letter["id"] not in SEEN:
            SEEN.add(letter["id"])
            print(letter["type"], letter["about"], json.dumps(letter["data"], ensure_ascii=False), flush=True)
        self.send_response(204)  # whatever is not 2xx comes again
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing but the letters."""


if __name__ == "__main__":
    Receiver.key = Path(sys.argv[2]).read_bytes().strip()
    server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
    print("port", server.server_port, flush=True)
    server.serve_forever()
