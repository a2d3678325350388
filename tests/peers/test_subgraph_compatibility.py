"""Apollo's compatibility tests, on a subgraph of the hub's schema builder and HTTP layer."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn

from tests.peers.products_subgraph import products_app

NOT_OFFERED = {"ftv1"}
"""Traces of Apollo's own, for its own service."""


@pytest.fixture
async def products() -> AsyncIterator[str]:
    """The address of the products subgraph."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(products_app(), log_level="warning"))
        serving = asyncio.create_task(server.serve([listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        await serving


async def test_every_test_but_that_of_apollo_s_traces_passes(peer, products: str):
    seen = await peer("subgraph_compatibility.mjs", products=products)
    failed = {name for name, passed in seen["passed"].items() if not passed}
    assert failed == NOT_OFFERED, "\n".join(seen["failures"])
    assert len(seen["failures"]) == len(NOT_OFFERED)
    assert len(seen["passed"]) == 15
    assert seen["run"] == 23
