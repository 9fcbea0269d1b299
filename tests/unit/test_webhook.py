"""The signature of the Standard Webhooks scheme."""

import pytest

from imapp.errors import ConfigError
from imapp.services.webhook import signature, signing_key

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLwSw"


def test_a_signature_is_what_the_scheme_s_own_library_makes() -> None:
    body = b'{"test": 2432232314}'

    signed = signature(signing_key(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert signed == "v1,pZN3CVESPCUuihODVQNgWONmlcH9xCz9b1ykcK53XqY="


@pytest.mark.parametrize(
    "secret", ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLwSw", "whsec_short", "whsec_no base64!"]
)
def test_a_secret_that_is_none_ends_the_start(secret: str) -> None:
    with pytest.raises(ConfigError):
        signing_key(secret)
