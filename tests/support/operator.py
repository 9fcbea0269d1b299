"""An administrator of the system, and what he does on REST."""

from typing import Any

import requests

from tests.support.cluster import Cluster
from tests.support.tokens import make_token
from tests.support.waiting import PATIENCE_S


class Operator:
    """An administrator on REST."""

    def __init__(self, cluster: Cluster, user: str) -> None:
        self.user = user
        self._url = cluster.gateway_urls[0] + "/api/v1/admin"
        self._token = make_token(user, roles=["admin"])

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """The bare response."""
        headers = {"Authorization": f"Bearer {self._token}", **options.pop("headers", {})}
        return requests.request(method, self._url + path, headers=headers, timeout=PATIENCE_S, **options)

    def get(self, path: str, **query: Any) -> Any:
        """What a route shows."""
        answer = self.call("GET", path, params=query)
        assert answer.ok, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        """What a route did."""
        answer = self.call("POST", path, json=body)
        assert answer.ok, answer.text
        return answer.json()

    def audit(self, **query: Any) -> list[Any]:
        """What this administrator has done, the latest first, without the looks at the log itself."""
        records = self.get("/audit", actor=self.user, **query)["records"]
        return [record for record in records if record["action"] != "audit.read"]
