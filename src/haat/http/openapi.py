"""The OpenAPI 3.1 document: Litestar's entries for ordinary handlers, ours for hot reads, problems for all."""

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.datastructures import UploadFile
from litestar.routes import ASGIRoute, HTTPRoute

from haat.http.headers import OPT_KEY as HEADER_KEY
from haat.http.headers import RequiredHeader
from haat.http.problems import CODES, MEDIA_TYPE, ProblemDocument
from haat.http.read import OPT_KEY, QueryShape, Read

_PARAMETER: Final = re.compile(r"\{([^}:]+)(?::[^}]+)?\}")
_REF: Final = "#/components/schemas/{name}"
_API: Final = "/api/v1"
_ROLES: Final = {
    "operator": "An operator's API token (`haat token create --role operator`)",
    "seller": "A seller's API token (`haat token create --role seller:CODE`)",
}
_PREFIXES: Final = {"operator": "admin", "seller": "seller"}
_ANSWER_HEADERS: Final = {401: ("WWW-Authenticate", "Bearer"), 503: ("Retry-After", "Seconds to wait")}


def reads_of(app: Litestar) -> list[tuple[str, Read]]:
    """Every hot read of an app with its whole path, like "/api/v1/items/{id}"."""
    return [
        (_PARAMETER.sub(r"{\1}", route.path_format), route.route_handler.opt[OPT_KEY])
        for route in app.routes
        if isinstance(route, ASGIRoute) and OPT_KEY in route.route_handler.opt
    ]


def document(app: Litestar) -> dict[str, Any]:
    """The whole document as plain dictionaries, stable from run to run.

    Answers are listed by status, none is a catch-all: a status that an operation does not name breaks the contract.
    """
    whole: dict[str, Any] = app.openapi_schema.to_schema()
    components: dict[str, Any] = whole.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    (_,), problem = msgspec.json.schema_components([ProblemDocument], ref_template=_REF)
    schemas.update({name: {**schema, "additionalProperties": True} for name, schema in problem.items()})
    components["securitySchemes"] = {
        role: {"type": "http", "scheme": "bearer", "description": words} for role, words in _ROLES.items()
    }
    components["responses"] = {str(status): _problem(status, title) for status, (_, title) in CODES.items()}
    paths: dict[str, Any] = whole.setdefault("paths", {})
    for path, read in reads_of(app):
        paths.setdefault(path, {})["get"] = _operation(path, read, schemas)
    schemas.update(_bodies(app))
    headers = _required_headers(app)
    for path, item in paths.items():
        for method, operation in item.items():
            _complete(path, method, operation, headers.get((path, method)))
    whole["paths"] = {path: paths[path] for path in sorted(paths) if path.startswith((_API, "/healthz", "/readyz"))}
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"])
    components["schemas"] = dict(sorted(schemas.items()))
    return whole


def _bodies(app: Litestar) -> dict[str, Any]:
    """The schemas of JSON bodies as msgspec reads them: Litestar's leave out that unknown fields are refused."""
    shapes = {
        handler.parsed_fn_signature.parameters["data"].annotation
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if "data" in handler.parsed_fn_signature.parameters
    }
    structs = [one for one in shapes if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    json = [one for one in structs if not any(UploadFile is part.type for part in msgspec.structs.fields(one))]
    return dict(msgspec.json.schema_components(json, ref_template=_REF)[1])


def _required_headers(app: Litestar) -> dict[tuple[str, str], RequiredHeader]:
    """What ordinary handlers declare in `opt`, by path and method."""
    return {
        (_PARAMETER.sub(r"{\1}", route.path_format), method.lower()): handler.opt[HEADER_KEY]
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if HEADER_KEY in handler.opt
        for method in handler.http_methods
    }


def _complete(path: str, method: str, operation: dict[str, Any], header: RequiredHeader | None) -> None:
    """Who may call it, the header it asks for, and the problems it answers."""
    if header is not None:
        schema = {"type": "string", "pattern": header.pattern}
        words = {"description": header.description, "schema": schema}
        operation.setdefault("parameters", []).append(
            {"name": header.name, "in": "header", "required": header.required, **words}
        )
    role = next((role for role in _ROLES if path.startswith(f"{_API}/{_PREFIXES[role]}/")), None)
    if role is not None:
        operation["security"] = [{role: []}]
    responses = operation["responses"]
    responses.pop("400", None)  # Litestar's own description of it is not what we send
    for status in sorted(_statuses(path, method, operation, secured=role is not None)):
        responses[str(status)] = {"$ref": f"#/components/responses/{status}"}
    operation["responses"] = dict(sorted(responses.items()))


def _statuses(path: str, method: str, operation: Mapping[str, Any], *, secured: bool) -> set[int]:
    """The problems that an operation may answer."""
    if not path.startswith(_API):
        return set()
    found = {400, 422, 503}
    if secured:
        found |= {401, 403}
    if "{" in path:
        found.add(404)
    if method != "get":
        found |= {403, 404, 409}
    if "requestBody" in operation:
        found |= {413, 415}
    if any(one["name"] == "If-Match" for one in operation.get("parameters", ())):
        found.add(412)
    return found


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


def _problem(status: int, title: str) -> dict[str, Any]:
    answer = {"schema": {"$ref": _REF.format(name=ProblemDocument.__name__)}}
    said: dict[str, Any] = {"description": title, "content": {MEDIA_TYPE: answer}}
    if status in _ANSWER_HEADERS:
        name, words = _ANSWER_HEADERS[status]
        said["headers"] = {name: {"description": words, "required": True, "schema": {"type": "string"}}}
    return said
