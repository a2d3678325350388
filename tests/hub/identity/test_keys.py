import json
import stat
import subprocess
import sys

import pytest
from joserfc.jwk import ECKey

from hub.errors import InvalidInput
from hub.identity import keys as keys_module
from hub.identity.jwks import read_jwks
from hub.identity.keys import SigningKeys


def test_first_opening_makes_one_key_and_later_ones_keep_it(tmp_path):
    first = SigningKeys.open(tmp_path / "identity" / "keys")
    again = SigningKeys.open(tmp_path / "identity" / "keys")
    assert len(first.keys) == 1
    assert first.jwks() == again.jwks()
    assert first.current.kid == first.current.thumbprint()
    assert (first.current.curve_name, first.current.is_private) == ("P-256", True)


def test_keys_are_readable_by_the_owner_alone(tmp_path):
    folder = tmp_path / "keys"
    SigningKeys.open(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]


def test_newest_key_signs_and_all_are_published(tmp_path):
    old = SigningKeys.open(tmp_path).current
    keys_module._add_key(tmp_path, number=2)
    keys = SigningKeys.open(tmp_path)
    assert keys.current.kid != old.kid
    assert [key["kid"] for key in keys.jwks()["keys"]] == [keys.current.kid, old.kid]


def test_published_keys_are_public(tmp_path):
    published = SigningKeys.open(tmp_path).jwks()
    assert [set(key) for key in published["keys"]] == [
        {"kty", "crv", "x", "y", "kid", "use", "alg"}
    ]
    assert not any(key.key.is_private for key in read_jwks(published).values())


def test_key_is_not_replaced_by_a_slower_process(tmp_path):
    first = SigningKeys.open(tmp_path).current
    keys_module._add_key(tmp_path, number=1)
    assert [path.name for path in tmp_path.iterdir()] == ["000001.jwk.json"]
    assert SigningKeys.open(tmp_path).current.kid == first.kid


def test_processes_that_start_at_once_share_one_key(tmp_path):
    script = (
        "import sys, pathlib; from hub.identity.keys import SigningKeys;"
        "sys.stdin.read();"
        "print(SigningKeys.open(pathlib.Path(sys.argv[1])).current.kid)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "keys")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(4)]
    for process in processes:
        process.stdin.close()
        process.stdin = None
    kids = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert kids == {SigningKeys.open(tmp_path / "keys").current.kid}
    assert len(list((tmp_path / "keys").iterdir())) == 1


def test_key_file_that_others_may_read_is_refused(tmp_path):
    SigningKeys.open(tmp_path)
    path = tmp_path / "000001.jwk.json"
    path.chmod(0o640)
    with pytest.raises(InvalidInput, match="run `chmod 600` on it"):
        SigningKeys.open(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda key: None,
        lambda key: {"kty": "oct", "k": "c2VjcmV0"},
        lambda key: {name: value for name, value in key.items() if name != "d"},
        lambda key: key | {"kid": "chosen"},
        lambda key: ECKey.generate_key("P-384", auto_kid=True).as_dict(private=True),
        lambda key: key | {"x": "AAAA"},
    ],
)
def test_file_that_is_no_key_of_ours_is_refused_and_kept(tmp_path, change):
    SigningKeys.open(tmp_path)
    path = tmp_path / "000001.jwk.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(InvalidInput, match="is not a signing key of this hub"):
        SigningKeys.open(tmp_path)
    assert path.exists()


def test_cut_off_draft_is_not_read(tmp_path):
    (tmp_path / "tmp0.draft").write_text('{"kty": "EC"')
    assert len(SigningKeys.open(tmp_path).keys) == 1
