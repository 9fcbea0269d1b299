"""The real MongoDB, RabbitMQ and Elasticsearch on loopback, for `make run`, the tests and the bench.

Purpose: `services.running("test")` hands out the URLs of three servers, started for this checkout or running
already; `python -m devstack up|down|status|run` does the same from a shell; `setup` installs what all of it
needs.

Stays out: anything about the product. Nothing in `imapp` knows this package; it only reads the URLs.

Processes: every server runs in a session of its own, so Ctrl-C in a terminal reaches it only through us. Its
data, log, cookie and temporary files lie in `.data/<profile>/<server>/`, its process number in
`.data/<profile>/services.json`.

Lifecycle: a stack lives until its last user leaves it; one that was started with `up` lives until `down`.

Invariants: a process is signalled only if its number and start time are the recorded ones, or if it carries
the mark of its data folder (an environment variable). A file left behind by a killed run never stops the next
start.

Imports: `setup` runs before there is a virtual environment, so it and the modules it imports (`commands`,
`console`, `debian`, `distribution`, `errors`, `locks`, `profiles`) use the standard library only. So does
`processes`, for `make clean`.
"""
