"""The API fuzzed from its own document: no 5xx, no answer that the document does not promise.

HAAT_TEST_FUZZ_CASES says how many cases in all (default 2,000); they are spread over the operations.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
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
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    ignored_auth,
    negative_data_rejection,
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
    for role in ("operator", "seller:sahyadri-outfitters"):
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


def fuzz(operation: Any, mode: GenerationMode, headers: dict[str, str], cases: int) -> int:
    """Send generated cases of one operation; how many were sent. Raises: what a check found."""
    done = 0
    required = next((p["name"] for p in operation.definition.raw.get("parameters", ()) if p["in"] == "header"), None)

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def attempt(case: schemathesis.Case[Any]) -> None:
        nonlocal done
        done += 1
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=30)
        if required is not None and mode is GenerationMode.POSITIVE and done == 1:
            case.headers.pop(required, None)
            without = case.call(headers=headers, timeout=30)
            assert without.status_code in (400, 404), f"without {required}: {without.status_code} {without.text}"

    attempt()
    return done


@pytest.mark.fuzz
@pytest.mark.timeout(1800)
def test_no_5xx_and_no_broken_promise(server: Running, tokens: dict[str, str]) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/api/openapi.json")
    schema.config.checks.negative_data_rejection.expected_statuses = ["4xx"]
    operations = [operation for result in schema.get_all_operations() if (operation := _ok(result)) is not None]
    assert len(operations) > 30
    asked = [one for one in operations if one.definition.raw.get("parameters") or "requestBody" in one.definition.raw]
    each = -(-CASES // (2 * len(asked)))  # rounded up
    broken: dict[str, str] = {}
    done = 0
    for operation in operations:
        token = tokens["operator" if "/admin/" in operation.path else "seller"]
        headers = {"Authorization": f"Bearer {token}"}
        for mode in GenerationMode if operation in asked else [GenerationMode.POSITIVE]:
            try:
                done += fuzz(operation, mode, headers, each)
            except (Exception, BaseExceptionGroup) as error:  # every operation is tried; what broke is told together at the end
                words = "".join(str(e) for e in getattr(error, "exceptions", [error]))
                broken[f"{operation.label} ({mode.value})"] = words[:1500]
    print(f"{done} cases over {len(operations)} operations")
    assert not broken, "\n\n".join(f"{label}\n{why}" for label, why in broken.items())
    assert done >= CASES * 0.9
