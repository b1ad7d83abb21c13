"""The OpenAPI 3.1 document: Litestar's entries for ordinary handlers, ours for hot reads, problems for all."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.routes import ASGIRoute

from haat.http.problems import MEDIA_TYPE, ProblemDocument
from haat.http.read import OPT_KEY, QueryShape, Read

_PARAMETER: Final = re.compile(r"\{([^}:]+)(?::[^}]+)?\}")
_REF: Final = "#/components/schemas/{name}"


def reads_of(app: Litestar) -> list[tuple[str, Read]]:
    """Every hot read of an app with its whole path, like "/api/v1/items/{id}"."""
    return [
        (_PARAMETER.sub(r"{\1}", route.path_format), route.route_handler.opt[OPT_KEY])
        for route in app.routes
        if isinstance(route, ASGIRoute) and OPT_KEY in route.route_handler.opt
    ]


def document(app: Litestar) -> dict[str, Any]:
    """The whole document as plain dictionaries, stable from run to run."""
    whole: dict[str, Any] = app.openapi_schema.to_schema()
    schemas: dict[str, Any] = whole.setdefault("components", {}).setdefault("schemas", {})
    (_,), problem = msgspec.json.schema_components([ProblemDocument], ref_template=_REF)
    schemas.update({name: {**schema, "additionalProperties": True} for name, schema in problem.items()})
    paths: dict[str, Any] = whole.setdefault("paths", {})
    for path, read in reads_of(app):
        paths.setdefault(path, {})["get"] = _operation(path, read, schemas)
    for item in paths.values():
        for operation in item.values():
            _answers_problems(operation)
    whole["paths"] = {
        path: paths[path] for path in sorted(paths) if path.startswith(("/api/v1", "/healthz", "/readyz"))
    }
    return whole


def _operation(path: str, read: Read, schemas: dict[str, Any]) -> dict[str, Any]:
    (answer,), components = msgspec.json.schema_components([read.answer], ref_template=_REF)
    schemas.update(components)
    parts = re.sub(r"[{}]", "", path.removeprefix("/api/v1/")).split("/")
    return {
        "operationId": "Get" + "".join(word.title() for part in parts for word in part.split("-")),
        "summary": read.summary,
        "tags": list(read.tags) or [parts[0]],
        "parameters": list(_parameters(path, read)),
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": answer}}},
            "304": {"description": "The copy named by If-None-Match is the current one"},
        },
    }


def _parameters(path: str, read: Read) -> Iterable[dict[str, Any]]:
    shape = QueryShape(read.query)
    in_path = set(_PARAMETER.findall(path))
    (root,), components = msgspec.json.schema_components([read.query])
    properties: Mapping[str, Any] = components[read.query.__name__]["properties"]
    required = set(components[read.query.__name__].get("required", ()))
    del root
    for name, schema in properties.items():
        described = {"description": schema["description"]} if "description" in schema else {}
        if name in in_path:
            pattern = {"pattern": read.patterns[name]} if name in read.patterns else {}
            yield {"name": name, "in": "path", "required": True, "schema": {**schema, **pattern}, **described}
        elif name in shape.groups:
            example = {"name": f"{name}.colour", "schema": {"type": "array", "items": {"type": "string"}}}
            words = f"Any `{name}.<attribute>` works the same; give it again for another value (either matches)."
            yield {"in": "query", "required": False, "description": words, **example}
        else:
            yield {"name": name, "in": "query", "required": name in required, "schema": schema, **described}


def _answers_problems(operation: dict[str, Any]) -> None:
    """Every operation answers problems; Litestar's own description of its 400 is not what we send."""
    responses = operation["responses"]
    responses.pop("400", None)
    problem = {"schema": {"$ref": _REF.format(name=ProblemDocument.__name__)}}
    responses["default"] = {"description": "A problem (RFC 9457)", "content": {MEDIA_TYPE: problem}}
