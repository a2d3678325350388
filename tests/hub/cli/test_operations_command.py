"""`hub operations`, as an operator types it."""

from typer.testing import CliRunner

from hub.cli import app
from hub.gateway.questions.trusted import digest_of


def test_each_document_is_listed_with_its_digest_purposes_and_question(tmp_path, monkeypatch):
    text = "# purpose: supply-mapping, exercise\n# Who asks?\nquery Who { me { client } }\n"
    (tmp_path / "who.graphql").write_text(text)
    monkeypatch.setenv("HUB_OPERATIONS_DIR", str(tmp_path))
    listed = CliRunner().invoke(app, ["operations"])
    assert listed.exit_code == 0
    assert listed.stdout == f"who\tsha256:{digest_of(text)}\texercise,supply-mapping\tWho asks?\n"
