"""The key-value suite on Redis and Valkey (make test-engines)."""

import pytest

from tests.contracts.kv import KvContract, KvRig
from tests.contracts.rigs import Rigs
from tests.contracts.servers_kv import each_kv_server, redis_rig


class TestRedisKv(KvContract):
    @pytest.fixture(params=each_kv_server())
    def rigs(self, request: pytest.FixtureRequest) -> Rigs[KvRig]:
        return lambda: redis_rig(request.param)
