"""Asking the product whether it is ready."""

import http.client

READY_PATH = "/api/v1/health/ready"

_EVERYWHERE = ("0.0.0.0", "[::]", "")  # noqa: S104 - compared with, not listened on
_ANSWER_SECONDS = 2
_REASON_CHARACTERS = 500


class Health:
    """The readiness of the gateway that listens at `bind` (`host:port`)."""

    def __init__(self, bind: str) -> None:
        host, _, port = bind.rpartition(":")
        self.address = f"{'127.0.0.1' if host in _EVERYWHERE else host}:{port}"
        self.url = f"http://{self.address}{READY_PATH}"
        self.reason = "it was not asked yet"
        """Why it was not ready when it was asked last."""

    def is_ready(self) -> bool:
        """Ask once. Goes past any configured HTTP proxy, which could not reach loopback."""
        connection = http.client.HTTPConnection(self.address, timeout=_ANSWER_SECONDS)
        try:
            connection.request("GET", READY_PATH)
            answer = connection.getresponse()
            body = answer.read(_REASON_CHARACTERS).decode(errors="replace")
            self.reason = f"{answer.status} {body}"
        except (OSError, http.client.HTTPException) as error:
            self.reason = str(error)
            return False
        finally:
            connection.close()
        return answer.status == http.client.OK
