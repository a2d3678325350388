"""Where the hub is heard, and what a person is told where it can't be."""

import socket

import pytest

from hub.address import listen, make_state_dir, public_address, remember
from hub.errors import InvalidInput


def test_a_free_port_is_taken_and_heard():
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        pass


def test_a_port_that_is_taken_says_how_to_go_on():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        message = rf"can't listen on 127\.0\.0\.1 port {port}: stop what does, or name another"
        with pytest.raises(InvalidInput, match=message):
            listen("127.0.0.1", port)


def test_a_state_folder_that_can_not_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match=r"state folder `.*/file/state`, Not a directory: name"):
        make_state_dir(tmp_path / "file" / "state")


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("127.0.0.1", "https://127.0.0.1:{}"),
        ("localhost", "https://localhost:{}"),
        ("0.0.0.0", "https://127.0.0.1:{}"),
        ("::", "https://[::1]:{}"),
        ("::1", "https://[::1]:{}"),
    ],
)
def test_where_a_hub_is_served_is_an_address_that_leads_to_it(tmp_path, host, told):
    with listen("127.0.0.1", 0) as listener:
        address = remember(tmp_path, "https", host, listener)
        assert address == told.format(listener.getsockname()[1])
    assert public_address(None, tmp_path) == address
    assert public_address("https://hub.example", tmp_path) == "https://hub.example"
