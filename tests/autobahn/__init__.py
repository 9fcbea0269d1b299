"""Autobahn's fuzzing client against the product's own connection class: `make autobahn`.

Purpose: `python` installs the released suite, `echo` is the endpoint it talks to, `server` how gunicorn runs
that, `verdict` what its report says.
What stays out: everything above a connection. The endpoint echoes; the limits of a message are raised there,
by parameter, because group 9.1 sends up to 16 MiB.
Allowed imports: `imapp.ws` and the standard library, flask, flask_sock, requests.
"""
