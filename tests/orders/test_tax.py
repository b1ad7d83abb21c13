"""Tax inside prices, rates over time, fees and sums: one rounding rule."""

import datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from haat.orders.fees import FlatShipping, totals_of
from haat.orders.model import Line
from haat.orders.tax import INDIA_GST, MAX_BP, DatedRates, tax_inside

amounts = st.integers(0, 10**14)
rates = st.integers(0, MAX_BP)


def at(text: str) -> int:
    return round(datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Kolkata")).timestamp() * 1000)


@given(amounts, rates)
def test_tax_is_the_exact_share_with_halves_rounded_up(total_minor: int, rate_bp: int) -> None:
    exact = Decimal(total_minor) * rate_bp / (10_000 + rate_bp)
    assert tax_inside(total_minor, rate_bp) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@given(amounts, rates)
def test_tax_lies_within_the_amount_and_net_and_tax_make_it_up(total_minor: int, rate_bp: int) -> None:
    tax_minor = tax_inside(total_minor, rate_bp)
    assert 0 <= tax_minor <= total_minor
    net_minor = total_minor - tax_minor
    assert abs(net_minor * rate_bp - tax_minor * 10_000) <= 10_000 + rate_bp  # the net bears that rate, to the paisa


@given(amounts, amounts, rates)
def test_more_money_never_bears_less_tax(one: int, other: int, rate_bp: int) -> None:
    low, high = sorted((one, other))
    assert tax_inside(low, rate_bp) <= tax_inside(high, rate_bp)


def test_a_half_is_rounded_up() -> None:
    assert tax_inside(1, 10_000) == 1  # 0.5
    assert tax_inside(3, 10_000) == 2  # 1.5
    assert tax_inside(11_800, 1_800) == 1_800


def test_rates_change_with_the_law_at_midnight_in_india() -> None:
    taxes = DatedRates()
    before, after = at("2025-09-21 23:59:59"), at("2025-09-22 00:00:00")
    assert [taxes.rate_bp("gst-12", t) for t in (before, after)] == [1_200, 500]
    assert [taxes.rate_bp("gst-28", t) for t in (before, after)] == [2_800, 1_800]
    assert [taxes.rate_bp("gst-40", t) for t in (before, after)] == [2_800, 4_000]
    assert [taxes.rate_bp("gst-5", t) for t in (before, after)] == [500, 500]


@given(st.sampled_from([*INDIA_GST, "no-such-class", ""]), st.integers(0, 4 * 10**12))
def test_every_class_has_a_rate_at_every_moment(tax_class: str, at_ms: int) -> None:
    rate_bp = DatedRates().rate_bp(tax_class, at_ms)
    assert 0 <= rate_bp <= MAX_BP
    if tax_class not in INDIA_GST:
        assert rate_bp == DatedRates().rate_bp("standard", at_ms)


def line(number: int, price_minor: int, units: int, tax_bp: int) -> Line:
    total_minor = price_minor * units
    return Line(
        line=number, sku=f"a.{number}", item_id="itm_1", seller="a", title="", picture="", units=units,
        price_minor=price_minor, total_minor=total_minor, tax_class="standard", tax_bp=tax_bp,
        tax_minor=tax_inside(total_minor, tax_bp), offer_version=1,
    )  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(1, 10), rates), min_size=1, max_size=50))
def test_the_total_is_the_sum_of_its_parts(rows: list[tuple[int, int, int]]) -> None:
    lines = [line(i, *row) for i, row in enumerate(rows, 1)]
    totals = totals_of(lines, FlatShipping(), "INR")
    assert totals.items_minor == sum(price * units for price, units, _ in rows)
    assert totals.tax_minor == sum(one.tax_minor for one in lines) <= totals.items_minor
    assert totals.total_minor == totals.items_minor - totals.discount_minor + totals.shipping_minor
    assert totals.shipping_minor == (4_000 if 0 < totals.items_minor < 49_900 else 0)


def test_shipping_is_free_from_the_threshold_on() -> None:
    fees = FlatShipping()
    assert [fees.shipping_minor(x) for x in (0, 1, 49_899, 49_900)] == [0, 4_000, 4_000, 0]
