from pathlib import Path

import pytest

from hub_client.errors import Misconfigured
from hub_client.targets.duck import DuckTarget


@pytest.mark.parametrize("name", ["alliance.duckdb", "Alliance.db", "alliance.copy.duckdb"])
def test_a_file_that_duckdb_takes_for_the_schema_is_refused_with_another_name(name: str):
    with pytest.raises(Misconfigured, match=r"such as `shortages\.duckdb`"):
        DuckTarget(Path("/srv") / name)
