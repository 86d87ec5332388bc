"""The OpenAPI document: FastAPI's, with our problem answers instead of its validation errors, and how to sign in."""

from __future__ import annotations

import json
import threading
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from api.problems import FieldProblem, ProblemDocument, documented

OPEN = {"/api/v1/health/live", "/api/v1/sessions", "/api/v1/demo"}


class Application(FastAPI):
    """FastAPI with a truthful OpenAPI document."""

    _turn = threading.Lock()
    _text = b""

    def openapi_text(self) -> bytes:
        """The document as JSON. Made once, with seconds of work: in a thread, for the engine's loop must beat."""
        with self._turn:
            self._text = self._text or json.dumps(self.openapi()).encode()
        return self._text

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = _amended(super().openapi(), self.state.services.options.cookie)
        return self.openapi_schema


def _amended(document: dict[str, Any], cookie: str) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= _problem_schemas()
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie},
    }
    for path, item in document["paths"].items():
        for operation in item.values():
            if "422" in operation["responses"]:
                operation["responses"]["422"] = documented(422)[422]
            operation["security"] = [] if path in OPEN else [{"token": []}, {"session": []}]
    return document


def _problem_schemas() -> dict[str, Any]:
    modes: list[Any] = [(ProblemDocument, "serialization"), (FieldProblem, "serialization")]
    _, schema = models_json_schema(modes, ref_template="#/components/schemas/{model}")
    definitions: dict[str, Any] = schema["$defs"]
    return definitions
