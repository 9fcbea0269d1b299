"""What can go wrong with the development services, each with the sentence its reader needs.

DevstackError
├── SetupFailed    something is missing and can't be installed here
├── StartFailed    a server ended or stayed silent while starting
├── NotEmbedded    a fault was asked of a server that is not ours
└── RunFailed      `make run` can't go on
"""


class DevstackError(Exception):
    """An expected failure: shown as its message alone, without a traceback."""


class SetupFailed(DevstackError):
    """Something is missing, and installing it did not work or is not ours to do."""


class StartFailed(DevstackError):
    """A server did not come up."""

    def __init__(self, name: str, reason: str, log: str) -> None:
        super().__init__(f"{name} {reason}. The end of its log:\n{log}")
        self.name = name
        self.reason = reason


class NotEmbedded(DevstackError):
    """The server belongs to somebody else, so it can't be killed, frozen or asked for its process number."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"{variable} is set, so this server is not one of ours to control")
        self.variable = variable


class RunFailed(DevstackError):
    """`make run` can't serve, or a process it needs has ended."""
