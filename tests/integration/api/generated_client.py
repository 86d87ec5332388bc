"""A Python client written from the exported OpenAPI document and nothing else: a method an operation.

openapi-python-client, the usual generator, cannot be pinned beside our lock: its dependencies conflict with it. This
one knows what the test needs: paths, queries, headers, JSON bodies, and answers held against their schemas.
"""

from __future__ import annotations

import importlib.util
import keyword
import re
from pathlib import Path
from types import ModuleType
from typing import Any

HEAD = '''"""Generated from openapi.json. Do not edit."""

import httpx
import jsonschema


class Refused(Exception):
    """A problem answer (RFC 9457)."""

    def __init__(self, problem):
        super().__init__(problem["detail"])
        self.status = problem["status"]


class Client:
    def __init__(self, base_url, token=None, origin=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=base_url, headers=headers | ({"Origin": origin} if origin else {}))

    def _ask(self, method, path, answers, query, headers, body):
        given = {name: value for name, value in query.items() if value is not None}
        sent = {} if body is None else {"json": body}
        answer = self.http.request(method, path, params=given, headers=headers, **sent)
        if str(answer.status_code) not in answers:
            raise AssertionError(f"{method} {path} answered {answer.status_code}, which the document does not know")
        told = answer.json() if answer.content else None
        if (schema := answers[str(answer.status_code)]) is not None:
            jsonschema.validate(told, schema | {"components": COMPONENTS})
        if answer.status_code >= 400:
            raise Refused(told)
        return told
'''
METHOD = '''
    def {name}(self{arguments}, *, body=None{options}):
        """{summary}"""
        query = {{{query}}}
        headers = {{name: value for name, value in {{{headers}}}.items() if value is not None}}
        return self._ask("{method}", f"{path}", {answers!r}, query, headers, body)
'''


def python_name(text: str) -> str:
    name = re.sub(r"\W", "_", text)
    return f"{name}_" if keyword.iskeyword(name) or name == "body" else name


def source(document: dict[str, Any]) -> str:
    """The client's text."""
    methods = [
        _method(path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    return HEAD + "".join(methods) + f"\n\nCOMPONENTS = {document['components']!r}\n"


def _method(path: str, method: str, operation: dict[str, Any]) -> str:
    given = {
        kind: [each["name"] for each in operation.get("parameters", []) if each["in"] == kind]
        for kind in ("path", "query", "header")
    }
    for name in given["path"]:
        path = path.replace(f"{{{name}}}", f"{{{python_name(name)}}}")
    sent = [*given["query"], *given["header"]]
    return METHOD.format(
        name=python_name(operation["operationId"]),
        arguments="".join(f", {python_name(name)}" for name in given["path"]),
        options="".join(f", {python_name(name)}=None" for name in sent),
        summary=operation["summary"].replace('"', "'"),
        query=", ".join(f'"{name}": {python_name(name)}' for name in given["query"]),
        headers=", ".join(f'"{name}": {python_name(name)}' for name in given["header"]),
        method=method.upper(),
        path=path,
        answers={status: _schema(answer) for status, answer in operation["responses"].items()},
    )


def _schema(answer: dict[str, Any]) -> dict[str, Any] | None:
    """Of what comes as JSON."""
    shapes = [shape for kind, shape in answer.get("content", {}).items() if "json" in kind]
    return shapes[0]["schema"] if shapes else None


def client_module(document: dict[str, Any], directory: Path) -> ModuleType:
    """Written to a file, and imported from there."""
    file = directory / "generated.py"
    file.write_text(source(document), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("generated", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
