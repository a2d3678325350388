import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import SourceFault
from federation.reading.text import decode, decode_by_line, refuse_html

FRENCH = "poudre et solvant, émulsion à 5 %"


def test_the_first_encoding_that_fits_whole_is_taken():
    assert decode(FRENCH.encode("cp1252"), ("utf-8", "cp1252"), "f") == FRENCH
    assert decode(FRENCH.encode("utf-8"), ("utf-8", "cp1252"), "f") == FRENCH


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert decode(b"\xef\xbb\xbfNAME", ("utf-8",), "f") == "NAME"


def test_bytes_that_fit_no_encoding_are_refused_by_name():
    with pytest.raises(SourceFault, match=r"`list.csv` is in none of the encodings utf-8, cp949"):
        decode(b"\xff\xff", ("utf-8", "cp949"), "list.csv")


@pytest.mark.parametrize("content", [b"", b" \r\n\t\n"])
def test_an_empty_file_is_refused_with_what_to_do(content):
    with pytest.raises(SourceFault, match="is empty: ask the member whether its export ran"):
        decode(content, ("utf-8",), "f")


@pytest.mark.parametrize("read", [decode, decode_by_line])
def test_nul_bytes_are_refused(read):
    with pytest.raises(SourceFault, match="`f` holds NUL bytes: have it saved as a text file"):
        read("a;b".encode("utf-16-le"), ("utf-8", "cp1252"), "f")


def test_lines_of_two_encodings_in_one_file_are_each_read_right():
    content = b"\r\n".join((FRENCH.encode("utf-8"), FRENCH.encode("cp1252"), b"plain"))
    text = decode_by_line(content, ("utf-8", "cp1252"), "f")
    assert text.split("\n") == [FRENCH, FRENCH, "plain"]


def test_lines_end_at_lf_and_crlf_and_at_nothing_else():
    content = "a\u2028b\x0bc\rd\r\ne\x85f\n".encode()
    text = decode_by_line(content, ("utf-8",), "f")
    assert text.split("\n") == ["a\u2028b\x0bc\rd", "e\x85f", ""]


@given(st.lists(st.text(st.characters(exclude_characters="\0\n\r\ufeff", codec="utf-8"))))
def test_joined_lines_come_back_as_they_were(lines):
    content = "\r\n".join([*lines, "end"]).encode()
    assert decode_by_line(content, ("utf-8", "cp1252"), "f").split("\n") == [*lines, "end"]


@given(
    st.lists(st.sampled_from([b"", b" \t", b"\r", b" \r\r", b"a", b"\xe9 ", b"\xa0", b"\xc3\xa9"])),
    st.integers(1, 12),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
)
def test_lines_are_decoded_at_once_as_they_are_one_by_one(lines, at_once, end):
    content = end.join([b"\x80 first", *lines])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("federation.reading.text._BLOCK_BYTES", at_once)
        text = decode_by_line(content, ("utf-8", "cp1252"), "f")
    assert text == "\n".join(one_by_one(content))


def one_by_one(content):
    """Read lines the slow, obvious way."""
    for line in content.split(b"\n" if b"\n" in content else b"\r"):
        bare = line.removesuffix(b"\r")
        try:
            yield "" if bare.isspace() else bare.decode("utf-8")
        except UnicodeDecodeError:
            yield bare.decode("cp1252")


@pytest.mark.parametrize(
    "page", [b"<!DOCTYPE html>", b"\xef\xbb\xbf\r\n <html lang='fr'>", b"<HEAD>", b"<body>"]
)
def test_a_web_page_in_place_of_a_file_is_refused(page):
    with pytest.raises(SourceFault, match="is a web page, not a file"):
        refuse_html(page, "f")


@pytest.mark.parametrize("content", [b"a,b\n<html>", b"<?xml version='1.0'?>", b"<response>"])
def test_text_that_only_mentions_html_is_let_through(content):
    refuse_html(content, "f")
