"""Lists by time: everything that changed in the span, each once, however much changes while they are read."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.fakepay.conftest import Gateway


async def pages(gateway: Gateway, kind: str, query: str, between: Any = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = ""
    while True:
        answer = await gateway.ask("GET", f"/v1/{kind}?{query}&page={page}")
        found += answer[kind]
        page = answer["next"]
        if not page:
            return found
        if between is not None:
            await between()


async def test_a_list_has_pages_and_an_end(gateway: Gateway) -> None:
    assert await gateway.ask("GET", "/v1/intents") == {"intents": [], "next": ""}
    for number in range(7):
        await gateway.create(f"pay_{number}")
        gateway.clock.advance(1)
    found = await pages(gateway, "intents", "limit=3")
    assert [intent["reference"] for intent in found] == [f"pay_{number}" for number in range(7)]
    assert len(await pages(gateway, "intents", "limit=7")) == 7


async def test_a_span_takes_its_start_and_leaves_its_end(gateway: Gateway) -> None:
    start_ms = gateway.clock.now_ms()
    for number in range(4):
        await gateway.create(f"pay_{number}")
        gateway.clock.advance(1)
    found = await pages(gateway, "intents", f"from_ms={start_ms + 1000}&to_ms={start_ms + 3000}")
    assert [intent["reference"] for intent in found] == ["pay_1", "pay_2"]


async def test_what_changed_is_listed_where_it_changed_as_it_is_now(gateway: Gateway) -> None:
    made = await gateway.create()
    gateway.clock.advance(100)
    changed_ms = gateway.clock.now_ms()
    await gateway.act(made)
    gateway.clock.advance(100)
    await gateway.refund(made, 100)
    for span in (f"to_ms={changed_ms}", f"from_ms={changed_ms}&to_ms={changed_ms + 1}", f"from_ms={changed_ms + 1}"):
        [found] = await pages(gateway, "intents", span)
        assert (found["status"], found["refunded_minor"]) == ("captured", 100)


async def test_no_row_is_missed_or_told_twice_while_rows_change(gateway: Gateway) -> None:
    made = [await gateway.create(f"pay_{number:02}") for number in range(30)]
    end_ms = gateway.clock.now_ms() + 1
    waiting = [*reversed(made)]

    async def change() -> None:
        gateway.clock.advance(1)
        for _ in range(4):
            if waiting:
                await gateway.act(waiting.pop())

    found = await pages(gateway, "intents", f"to_ms={end_ms}&limit=3", change)
    assert sorted(intent["reference"] for intent in found) == [intent["reference"] for intent in made]


async def test_refunds_are_listed_alike(gateway: Gateway) -> None:
    paid = await gateway.paid()
    await gateway.script({"on": "refund", "do": "late_success", "times": 1, "ms": 60_000})
    for number in range(5):
        await gateway.refund(paid, 100, f"ref_{number}")
        gateway.clock.advance(1)
    found = await pages(gateway, "refunds", "limit=2")
    assert [(refund["reference"], refund["status"]) for refund in found] == [
        ("ref_0", "pending"), *((f"ref_{number}", "done") for number in range(1, 5)),
    ]  # fmt: skip
    now_ms = gateway.clock.now_ms()
    gateway.clock.advance(100)
    [late] = await pages(gateway, "refunds", f"from_ms={now_ms}")
    assert (late["reference"], late["status"]) == ("ref_0", "done")


async def test_a_wrong_question_is_refused(gateway: Gateway) -> None:
    for name, given_ in [
        ("limit", "0"), ("limit", "101"), ("limit", "x"), ("limit", ""), ("from_ms", "-1"), ("from_ms", "٣"),
        ("to_ms", "1e3"), ("page", "x"), ("page", "1-2-3"),
    ]:  # fmt: skip
        said = await gateway.ask("GET", f"/v1/intents?{name}={given_}", status=422)
        assert said["error"]["field"] == name


@given(st.text(alphabet="0123456789-", max_size=40))
def test_a_page_nobody_gave_out_breaks_nothing(page: str) -> None:
    from fakepay.books import _TOKEN

    found = _TOKEN.fullmatch(page)
    assert found is None or all(int(part) < 2**63 for part in found.groups())
