from __future__ import annotations

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.lakefs._async.client import Client, ServerStorageConfiguration
from catchment.local import Stack


async def test_unloaded_attribute_says_what_to_await() -> None:
    """An attribute cannot wait; its blocking twin asks the server instead."""
    storage = ServerStorageConfiguration(Client(local=Stack()))
    with pytest.raises(UnsafeInputError) as caught:
        _ = storage.blockstore_type
    assert "load()" in str(caught.value.hint)


def test_blocking_attribute_asks_the_server() -> None:
    """One request for all attributes."""
    from catchment.lakefs._sync.client import Client as BlockingClient
    from catchment.lakefs._sync.client import ServerStorageConfiguration as BlockingConfiguration

    storage = BlockingConfiguration(BlockingClient(local=Stack()))
    assert (storage.blockstore_type, storage.pre_sign_support) == ("s3", True)
