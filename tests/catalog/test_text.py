"""Text from outside: kept literally or cleaned, never a way in."""

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haat.catalog.text import block, description, is_html, line

HOSTILE = st.text(alphabet="<>/!?&;\"'=abscriptonld lt gt amp \n\t#x3C", max_size=80)


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("  Two\u00a0 words\n", "Two words"),
        ("tab\tand\r\nline", "tab and line"),
        ("nul\x00 bell\x07 del\x7f", "nul bell del"),
        ("price \u202e99.00\u202c", "price 99.00"),
        ("e\u0301te\u0301", "été"),
        ("<b>bold</b> & {{ 7*7 }} ${x} =1+1", "<b>bold</b> & {{ 7*7 }} ${x} =1+1"),
        ("مرحبا שלום नमस्ते 👩‍👩‍👧", "مرحبا שלום नमस्ते 👩‍👩‍👧"),
    ],
)
def test_a_line_is_kept_literally_without_what_cannot_be_seen(given_text: str, kept: str) -> None:
    assert line(given_text) == kept


def test_a_block_keeps_its_lines() -> None:
    assert block("One \r\n two\n\n\n\nthree  four ") == "One\ntwo\n\nthree four"


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("plain & simple, 3 < 5", "plain & simple, 3 < 5"),
        ("<p>Good</p><script>alert(1)</script>", "<p>Good</p>"),
        ("<script>alert(1)</script>", ""),
        ("<p onclick=\"x()\" style='color:red'>Hi</p>", "<p>Hi</p>"),
        ('<a href="javascript:x()">link</a> <img src=x onerror=y> text', "link text"),
        ("<P>Caps</P><iframe src=//x></iframe>", "<p>Caps</p>"),
        ("<!-- note -->text", "text"),
        ("<div>A &lt;b&gt;</div>", "<div>A &lt;b&gt;</div>"),
        ("<x>&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<x>R&amp;D", "R&D"),
        ("<svg><p><style><!--</style><img src=x onerror=alert(1)>--></svg>", "<p>--&gt;</p>"),
    ],
)
def test_a_description_keeps_harmless_html_only(given_text: str, kept: str) -> None:
    assert description(given_text) == kept


@given(HOSTILE)
def test_a_description_that_reads_as_html_is_what_the_cleaner_leaves(text: str) -> None:
    kept = description(text)
    if is_html(kept):
        assert "<script" not in kept.lower()
        assert nh3.clean(kept, tags={"p", "b", "s", "i", "a", "small", "div", "span"}) is not None
        assert description(kept) == kept


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert line(line(text)) == line(text)
    assert block(block(text)) == block(text)
    assert description(description(text)) == description(text)
