"""`hub substances resolve` on files that are not quite the CSV it asks for."""

import csv
import json

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.errors import InvalidInput


@pytest.fixture
def resolve(tmp_path):
    """Resolve the names of a file of these bytes, in a process that reads no feed."""
    limit = csv.field_size_limit(131_072)

    def run(content):
        file = tmp_path / "names.csv"
        file.write_bytes(content)
        result = CliRunner().invoke(app, ["substances", "resolve", str(file)])
        if result.exception:
            raise result.exception
        return [json.loads(line) for line in result.stdout.splitlines()]

    yield run
    csv.field_size_limit(limit)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("origin,native_text\nKR,메로페넴\n".encode("cp949"), "it is not UTF-8: save it as UTF-8"),
        (b"origin,native_text\nKR," + b"x" * 200_000, "is no CSV after line 1: field larger than"),
        (b"origin\nKR\n", "lacks the column native_text: add it to its header"),
    ],
)
def test_a_file_that_can_t_be_read_is_refused_with_what_to_do(resolve, content, said):
    with pytest.raises(InvalidInput) as refused:
        resolve(content)
    assert said in refused.value.message
    assert "names.csv" in refused.value.message


def test_a_byte_order_mark_and_a_short_row_do_no_harm(resolve):
    first, second = resolve(b"\xef\xbb\xbforigin,native_text\nKR,meropenem\nUS\n")
    assert (first["origin"], first["inn"]) == ("KR", "meropenem")
    assert (second["origin"], second["native_text"], second["inn"]) == ("US", "", None)
