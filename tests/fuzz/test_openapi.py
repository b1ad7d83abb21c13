"""The API fuzzed from its own document: no 5xx, no answer that the document does not promise.

HAAT_TEST_FUZZ_CASES says how many cases in all (default 2,000); they are spread over the operations. The same number
draws the same cases, so that the gate does not fail by luck; to explore, ask for another number.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import CheckContext, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.cli.process import Running, haat, serving

CASES = int(os.environ.get("HAAT_TEST_FUZZ_CASES", "2000"))
ITEMS = 100


def wrong_data_is_refused(context: CheckContext, response: Any, case: schemathesis.Case[Any]) -> bool | None:
    """Schemathesis' check, but for `?name=` of a public read: there an empty parameter is the same as none.

    HTML forms send every field, so it must be. The document says so in words: its `allowEmptyValue` would be
    understood, but makes schemathesis take `ids=false`, a good text, for a wrong type.
    """
    sent = parse_qsl(urlsplit(response.request.url).query, keep_blank_values=True)
    if "security" not in case.operation.definition.raw and any(not value for _, value in sent):
        return None
    return negative_data_rejection(context, response, case)


# Not among them: positive_data_acceptance, since what a shop refuses (a sku it does not have, a category that is not
# there, a code already taken) is more than JSON Schema can say; unsupported_method works in schemathesis' own phases
# only and is a test of its own (tests/api/test_documents.py); missing_required_header likewise: `fuzz` sends one case
# without the header instead.
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    ignored_auth,
    wrong_data_is_refused,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz") / "var"
    done = haat(folder, "demo", "--size", str(ITEMS), "--no-pictures")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def tokens(folder: Path) -> dict[str, str]:
    sellers = {}
    for role in ("operator", "seller:sahyadri-outfitters", "user"):
        done = haat(folder, "token", "create", "--role", role)
        assert done.returncode == 0, done.stderr
        sellers[role.partition(":")[0]] = done.stdout.strip()
    return sellers


@pytest.fixture(scope="module")
def server(folder: Path, tokens: dict[str, str]) -> Iterator[Running]:
    assert tokens
    with serving(folder) as running:
        yield running


def _ok(result: Any) -> Any:
    """The operation; a broken document fails here."""
    return result.ok()


@pytest.fixture(scope="module")
def known(server: Running, tokens: dict[str, str]) -> dict[str, str]:
    """Names and ids that exist, by the name of the parameter or field that takes them."""

    def ask(path: str, body: dict[str, Any] | None = None, role: str = "operator") -> Any:
        headers = {"Authorization": f"Bearer {tokens[role]}"}
        method = "GET" if body is None else "POST"
        answer = requests.request(method, f"{server.url}/api/v1/{path}", json=body, headers=headers, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    offer = ask("seller/offers?limit=1", role="seller")["offers"][0]
    item = ask(f"seller/items/{offer['item_id']}", role="seller")
    hub = ask("admin/hubs?limit=1")["hubs"][0]["code"]
    warehouse = offer["stock"][0]["warehouse"]
    day = ask("admin/holidays", {"region": "all", "day": "2027-03-03", "off": True})["day"]
    ask("admin/lanes", {"origin": warehouse, "hub": hub, "transit_days": 3})
    lines = requests.post(
        f"{server.url}/api/v1/seller/feeds",
        data=b"{}\n",
        headers={"Authorization": f"Bearer {tokens['seller']}", "Content-Type": "application/x-ndjson"},
        timeout=30,
    )
    return {
        "item_id": item["id"],
        "id": item["id"],
        "category": item["category"],
        "category_id": item["category"],
        "sku": offer["sku"],
        "warehouse": warehouse,
        "origin": warehouse,
        "hub": hub,
        "pincode": "560034",
        "region": "all",
        "day": day,
        "feed_id": lines.json()["id"],
    }


def placed(case: schemathesis.Case[Any], known: dict[str, str], etag: str) -> schemathesis.Case[Any]:
    """The case aimed at what exists: its ids in path, query and body, and the current version."""
    for values in (case.path_parameters, case.query, case.body):
        lines = values.get("lines") if isinstance(values, dict) else None  # of a quote
        for one in [values, *(lines if isinstance(lines, list) else ())]:
            if isinstance(one, dict):
                one.update({name: known[name] for name in one if name in known})
    if etag and "If-Match" in case.headers:
        case.headers["If-Match"] = etag
    return case


def fuzz(
    url: str, operation: Any, mode: GenerationMode, headers: dict[str, str], cases: int, known: dict[str, str]
) -> int:
    """Send generated cases of one operation; how many were sent. Raises: what a check found.

    Every other case with right data names what exists, so that it gets past "there is nothing here".
    """
    done = 0
    parameters = operation.definition.raw.get("parameters", ())
    required = next((p["name"] for p in parameters if p["in"] == "header" and p.get("required")), None)

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def attempt(case: schemathesis.Case[Any]) -> None:
        nonlocal done
        done += 1
        if mode is GenerationMode.POSITIVE and done % 2:
            etag = ""
            if required == "If-Match":
                path = operation.path.format(**{name: quote(value, safe="") for name, value in known.items()})
                there = requests.get(url + path, headers=headers, timeout=30)
                etag = there.headers.get("ETag", '"v1"')
            case = placed(case, known, etag)
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=30)
        if required is not None and mode is GenerationMode.POSITIVE and done == 1:
            case.headers.pop(required, None)
            without = case.call(headers=headers, timeout=30)
            assert without.status_code == 400, f"without {required}: {without.status_code} {without.text}"

    try:
        attempt()
    except Unsatisfiable:  # its parameters are free text: nothing can be wrong with them
        assert mode is GenerationMode.NEGATIVE
    return done


@pytest.mark.fuzz
@pytest.mark.timeout(1800)
def test_no_5xx_and_no_broken_promise(server: Running, tokens: dict[str, str], known: dict[str, str]) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/api/openapi.json")
    schema.config.checks.negative_data_rejection.expected_statuses = ["4xx"]
    operations = [operation for result in schema.get_all_operations() if (operation := _ok(result)) is not None]
    assert len(operations) > 30
    asked = [one for one in operations if one.definition.raw.get("parameters") or "requestBody" in one.definition.raw]
    each = -(-CASES // (2 * len(asked)))  # rounded up
    broken: dict[str, str] = {}
    done = 0
    for operation in operations:
        prefix = operation.path.removeprefix("/api/v1/").partition("/")[0]
        role = {"admin": "operator", "cart": "user", "orders": "user", "wishlist": "user"}.get(prefix, "seller")
        token = tokens[role]
        headers = {"Authorization": f"Bearer {token}"}
        for mode in GenerationMode if operation in asked else [GenerationMode.POSITIVE]:
            try:
                done += fuzz(server.url, operation, mode, headers, each, known)
            except (
                Exception,
                BaseExceptionGroup,
            ) as error:  # every operation is tried; what broke is told together at the end
                words = "".join(str(e) for e in getattr(error, "exceptions", [error]))
                broken[f"{operation.label} ({mode.value})"] = words[:1500]
    print(f"{done} cases over {len(operations)} operations")
    assert not broken, "\n\n".join(f"{label}\n{why}" for label, why in broken.items())
    assert done >= CASES * 0.9
