import json
import stat
import subprocess
import sys

import pytest
from joserfc.jwk import ECKey

from hub.errors import Conflict, InvalidInput, NotFound
from hub.identity.keys.jwks import read_jwks
from hub.identity.own_issuer import keys as keys_module
from hub.identity.own_issuer.keys import (
    AT_ONCE_S,
    LAST_TOKEN_S,
    LEAD_S,
    SigningKeys,
    Standing,
    kept_secret,
)
from hub.identity.tokens.verifying import MAX_TOKEN_LIFETIME_S


class Clock:
    def __init__(self, now=1_800_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys(tmp_path, clock):
    """Keys whose folder is looked at each time."""
    SigningKeys.open(tmp_path)
    return SigningKeys(tmp_path, clock, look_seconds=0)


def standings(keys):
    return [keys.standing(each) for each in keys.all]


def published(keys):
    return [key["kid"] for key in keys.jwks()["keys"]]


def test_first_opening_makes_one_key_and_later_ones_keep_it(tmp_path):
    first = SigningKeys.open(tmp_path / "identity" / "keys")
    again = SigningKeys.open(tmp_path / "identity" / "keys")
    assert len(first.all) == 1
    assert first.jwks() == again.jwks()
    assert first.current.kid == first.current.thumbprint()
    assert (first.current.curve_name, first.current.is_private) == ("P-256", True)


def test_keys_are_readable_by_the_owner_alone(tmp_path):
    folder = tmp_path / "keys"
    SigningKeys.open(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]


def test_a_new_key_is_published_first_signs_later_and_the_old_one_verifies_on(keys, clock):
    old = keys.current.kid
    assert standings(keys) == [Standing.SIGNING]
    new = keys.rotate()
    assert new.signs_at == clock.now + LEAD_S
    assert published(keys) == [new.kid, old]
    assert standings(keys) == [Standing.SIGNING, Standing.NEXT]
    clock.now = new.signs_at - 1
    assert keys.current.kid == old
    clock.now = new.signs_at
    assert keys.current.kid == new.kid
    assert standings(keys) == [Standing.VERIFYING, Standing.SIGNING]
    # The old one's last token was signed a moment before, for the longest life there is.
    clock.now = new.signs_at + MAX_TOKEN_LIFETIME_S
    assert keys.find(old) is not None
    clock.now = new.signs_at + LAST_TOKEN_S
    assert standings(keys) == [Standing.OVER, Standing.SIGNING]
    assert published(keys) == [new.kid]
    assert keys.find(old) is None
    assert keys.find(new.kid) is not None


def test_a_second_rotation_waits_for_the_first(keys, clock):
    new = keys.rotate()
    with pytest.raises(Conflict, match=f"`{new.kid}` is published and will sign next"):
        keys.rotate()
    clock.now = new.signs_at
    assert keys.rotate().kid != new.kid


def test_in_an_emergency_a_key_signs_at_once_and_before_the_next(keys, clock):
    waiting = keys.rotate()
    urgent = keys.rotate(at_once=True)
    assert urgent.signs_at == clock.now + AT_ONCE_S
    clock.now = urgent.signs_at
    assert keys.current.kid == urgent.kid
    clock.now = waiting.signs_at
    assert keys.current.kid == urgent.kid
    assert standings(keys)[1] is Standing.VERIFYING


def test_another_process_sees_what_is_filed_and_removed(tmp_path, keys, clock):
    other = SigningKeys(tmp_path, clock, look_seconds=0)
    old = keys.current.kid
    new = keys.rotate(at_once=True)
    assert published(other) == [new.kid, old]
    assert other.removals == 0
    clock.now = new.signs_at
    keys.retire(old, at_once=True)
    assert published(other) == [new.kid]
    assert (other.find(old), other.removals) == (None, 1)


def test_the_folder_is_looked_at_once_a_second_at_most(tmp_path, keys, monkeypatch):
    seconds = [1000.0]
    monkeypatch.setattr(keys_module.time, "monotonic", lambda: seconds[0])
    other = SigningKeys(tmp_path)
    keys.rotate()
    assert len(other.all) == 1
    seconds[0] += 1
    assert len(other.all) == 2


def test_a_key_that_is_over_is_retired_and_one_in_use_is_not(keys, clock):
    old = keys.current.kid
    with pytest.raises(Conflict, match="signs"):
        keys.retire(old, at_once=True)
    clock.now = keys.rotate().signs_at
    with pytest.raises(Conflict, match="not over"):
        keys.retire(old)
    clock.now += LAST_TOKEN_S
    keys.retire(old)
    assert [each.kid for each in keys.all] == [keys.current.kid]
    with pytest.raises(NotFound, match="no key"):
        keys.retire(old)


def test_a_running_hub_keeps_its_keys_while_the_folder_is_of_no_use(tmp_path, keys):
    known = published(keys)
    path = tmp_path / "000002.jwk.json"
    path.write_text("{}")
    path.chmod(0o600)
    assert published(keys) == known
    for each in tmp_path.iterdir():
        each.unlink()
    assert published(keys) == known


def test_before_any_key_may_sign_the_oldest_does(tmp_path, keys, clock):
    oldest = keys.rotate()
    (tmp_path / "000001.jwk.json").unlink()
    assert keys.current.kid == oldest.kid


def test_published_keys_are_public(keys):
    keys.rotate()
    document = keys.jwks()
    assert [set(key) for key in document["keys"]] == [
        {"kty", "crv", "x", "y", "kid", "use", "alg"}
    ] * 2
    assert not any(key.key.is_private for key in read_jwks(document).values())
    assert not keys.find(keys.current.kid).key.is_private


def test_a_key_is_not_shown(keys):
    [key] = keys.all
    assert str(key.key.as_dict(private=True)["d"]) not in repr(key)


def test_key_is_not_replaced_by_a_slower_process(tmp_path):
    first = SigningKeys.open(tmp_path).current
    keys_module._add_key(tmp_path, number=1, signs_at=0)
    assert [path.name for path in tmp_path.iterdir()] == ["000001.jwk.json"]
    assert SigningKeys.open(tmp_path).current.kid == first.kid


def test_processes_that_start_at_once_share_one_key(tmp_path):
    script = (
        "import sys, pathlib; from hub.identity.own_issuer.keys import SigningKeys;"
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
        lambda key: key | {"signs_at": "soon"},
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


def test_a_file_without_a_number_is_refused(tmp_path):
    SigningKeys.open(tmp_path)
    (tmp_path / "000001.jwk.json").rename(tmp_path / "mine.jwk.json")
    with pytest.raises(InvalidInput, match="is not a signing key of this hub"):
        SigningKeys.open(tmp_path)


def test_a_key_of_an_earlier_release_signs_from_the_first_day(tmp_path, keys):
    path = tmp_path / "000001.jwk.json"
    content = json.loads(path.read_text())
    del content["signs_at"]
    path.write_text(json.dumps(content))
    assert SigningKeys.open(tmp_path).all[0].signs_at == 0


def test_cut_off_draft_is_not_read(tmp_path):
    (tmp_path / "tmp0.draft").write_text('{"kty": "EC"')
    assert len(SigningKeys.open(tmp_path).all) == 1


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "identity" / "shared.secret"
    secret = kept_secret(path)
    assert len(bytes.fromhex(secret)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert kept_secret(path) == secret
    path.chmod(0o644)
    with pytest.raises(InvalidInput, match="run `chmod 600` on it"):
        kept_secret(path)
