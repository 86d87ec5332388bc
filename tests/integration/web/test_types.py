"""The pages' types hold against the API's own OpenAPI document."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from api.app import described
from app.web_build import WEB, npm_of


def test_the_pages_are_strictly_typed(tmp_path: Path, thirdring_home: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(described()))
    npm, environment = npm_of(thirdring_home, print)
    for step in ("types", "check"):
        done = subprocess.run(
            [*npm, "run", "--silent", step], cwd=WEB, env={**environment, "THIRDRING_OPENAPI": str(document)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
