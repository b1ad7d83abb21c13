"""Real files of shops and suppliers: every row accounted for, counted by a parser of our own here."""

import csv
import gzip
import io
import re
from pathlib import Path

import msgspec
import pytest

from haat.inbound.mapping import read_mapping
from haat.inbound.report import view
from tests.inbound.shop import ANY, MAPPINGS, Shop

pytestmark = [pytest.mark.data, pytest.mark.long]

CSVS = {
    "shopify/product-data.csv": ("shopify", 21, 0),
    "magento2/products.csv.gz": ("magento", 1994, 0),
    "spree/products.csv": ("spree", 211, 87),  # a second price in euro for each of 87 skus
    "woocommerce-GPL/sample_products.csv": ("woocommerce", 24, 1),  # an external product
    "woocommerce-GPL/importer-sample.csv": ("woocommerce", 7, 2),  # an external one, and one without SKU and ID
}
XMLS = {
    "google-merchant/apparel-variants.xml": ("google-xml", "item", 0),
    "google-merchant/dpa_product_catalog_sample_feed_atom.xml": ("google-xml", "entry", 0),
    "google-merchant/dpa_product_catalog_sample_feed_rss.xml": ("google-xml", "item", 0),
    "other-xml/xml_criteo_feed_sample.xml": ("google-xml", "item", 0),
    "bmecat/bmecat12-new_catalog.golden.xml": ("bmecat", "ARTICLE", 0),
    "bmecat/bmecat12-new_catalog_with_blank_classification_system.golden.xml": ("bmecat", "ARTICLE", 0),
    "bmecat/bmecat12-update_products.golden.xml": ("bmecat", "ARTICLE", 1),  # deletes what was never sent
    "bmecat/bmecat12-update_prices.golden.xml": ("bmecat", "ARTICLE", 1),  # of a product never sent
    "bmecat/bmecat2005-new_catalog.golden.xml": ("bmecat", "PRODUCT", 0),
    "bmecat/bmecat2005-new_catalog_with_blank_classification_system.golden.xml": ("bmecat", "PRODUCT", 0),
}
OTHERS = {"other-xml/skroutz.xml"}


def content_of(data_dir: Path, name: str) -> bytes:
    return (data_dir / "supplier-feeds" / name).read_bytes()


def test_no_file_is_forgotten(data_dir: Path) -> None:
    folder = data_dir / "supplier-feeds"
    found = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.suffix in (".csv", ".gz", ".xml")}
    assert found == CSVS.keys() | XMLS.keys() | OTHERS


@pytest.mark.parametrize("name", CSVS)
@pytest.mark.parametrize("named", [True, False], ids=["named", "found out"])
async def test_a_csv_file_is_read_by_its_format(shop: Shop, data_dir: Path, name: str, named: bool) -> None:
    fmt, expected, refused = CSVS[name]
    raw = content_of(data_dir, name)
    text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode("utf-8-sig")
    rows = sum(1 for cells in csv.reader(io.StringIO(text, newline="")) if cells) - 1
    feed = await shop.send(raw, fmt if named else "")
    assert (feed.state, feed.counts.rows, feed.counts.refused) == ("done", rows, refused)
    assert rows == expected
    again = await shop.send(raw, fmt)
    assert (again.counts.unchanged, again.counts.refused) == (rows - refused, refused)


@pytest.mark.parametrize("name", XMLS)
async def test_an_xml_file_is_read_by_its_format(shop: Shop, data_dir: Path, name: str) -> None:
    fmt, tag, refused = XMLS[name]
    raw = content_of(data_dir, name)
    rows = len(re.findall(rf"<{tag}[ >]", raw.decode()))
    feed = await shop.send(raw)
    assert (feed.state, feed.counts.rows, feed.counts.refused) == ("done", rows, refused), await shop.refusals(feed)
    again = await shop.send(raw, fmt)
    assert again.counts.unchanged == rows - refused


async def test_skroutz_by_a_mapping_refuses_the_template_of_a_row(shop: Shop, data_dir: Path) -> None:
    raw = content_of(data_dir, "other-xml/skroutz.xml")
    feed = await shop.send(raw, mapping=read_mapping((MAPPINGS / "skroutz.toml").read_bytes()))
    assert (feed.counts.rows, feed.counts.refused) == (raw.count(b"<product id"), 1)
    assert {r.field for r in await shop.refusals(feed)} >= {"price_with_vat", "UniqueID"}


async def test_bmecat_updates_change_prices_and_retire_what_was_sent_before(shop: Shop, data_dir: Path) -> None:
    new = content_of(data_dir, "bmecat/bmecat12-new_catalog.golden.xml")
    await shop.send(new)
    await shop.send(new.replace(b">1000<", b">2000<"))
    prices = content_of(data_dir, "bmecat/bmecat12-update_prices.golden.xml").replace(b"1499.5", b"1399.5")
    priced = await shop.send(prices)
    assert priced.counts.accepted == 1
    topic, offer = (await shop.events())[-1]
    assert (topic, offer["sku"], offer["price_minor"], offer["stock"]) == (
        "offers.inbound",
        "acme.1000",
        13_309_245,
        [],
    )
    update = content_of(data_dir, "bmecat/bmecat12-update_products.golden.xml")
    feed = await shop.send(update)
    assert (feed.counts.accepted, feed.counts.refused) == (2, 0)
    last = {e["code"]: e["status"] for topic, e in await shop.events() if topic == "items.inbound"}
    assert last == {"1000": "active", "2000": "retired"}
    ended = [e for topic, e in await shop.events() if topic == "offers.inbound" and e["sku"] == "acme.2000"][-1]
    assert ended["active"] is False
    again = await shop.send(update)
    assert again.counts.unchanged == 2


async def test_variants_keep_their_own_options_prices_and_pictures(shop: Shop, data_dir: Path) -> None:
    await shop.send(content_of(data_dir, "magento2/products.csv.gz"))
    items = {e["code"]: e for topic, e in await shop.events() if topic == "items.inbound"}
    hoodie = items["MH01"]
    assert len(items) == 147
    assert len(hoodie["variants"]) == 15
    assert hoodie["variants"][0]["attributes"] == {"size": "XS", "color": "Black", "weight": 1}
    assert hoodie["attributes"]["climate"] == ["All-weather", "Cool", "Indoor", "Spring", "Windy"]
    assert hoodie["category"] == ["Men", "Tops", "Hoodies & Sweatshirts"]


async def test_relative_pictures_are_left_out_and_counted_or_joined_to_a_root(shop: Shop, data_dir: Path) -> None:
    raw = content_of(data_dir, "magento2/products.csv.gz")
    feed = await shop.send(raw)
    assert view(feed, 0).pictures_left_out > 1_000
    columns = msgspec.structs.replace(ANY.columns, picture_root="https://shop.example/media")
    rooted = await shop.send(raw, mapping=msgspec.structs.replace(ANY, columns=columns))
    assert rooted.counts.pictures_left_out == 0
    last = [e for topic, e in await shop.events() if topic == "items.inbound"][-1]
    assert last["pictures"][0].startswith("https://shop.example/media/")


async def test_foreign_currency_without_a_rate_is_refused_and_counted(shop: Shop, data_dir: Path) -> None:
    raw = content_of(data_dir, "google-merchant/apparel-variants.xml")
    feed = await shop.send(raw, mapping=msgspec.structs.replace(ANY, price=type(ANY.price)()))
    assert (feed.counts.refused, feed.counts.currency_refused) == (2, 2)
    assert {r.field for r in await shop.refusals(feed)} == {"price"}


async def test_woocommerce_variations_find_their_parents_and_downloads_stay_products(
    shop: Shop, data_dir: Path
) -> None:
    await shop.send(content_of(data_dir, "woocommerce-GPL/sample_products.csv"))
    items = {e["code"]: e for topic, e in await shop.events() if topic == "items.inbound"}
    assert {v["code"] for v in items["cc-tee"]["variants"]} >= {"cc-t-shirt-blue"}
    assert len(items["cc-hoodie"]["variants"]) == 6
    assert items["cc-album"]["attributes"]["downloadable"] is True
    assert items["cc-logo-collection"]["attributes"]["grouped_products"] == [
        "cc-hoodie-with-logo", "cc-beanie-logo", "cc-tshirt-logo",
    ]  # fmt: skip
