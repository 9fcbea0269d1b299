"""Elasticsearch's server, put together from its published jars: what `devstack.elasticsearch` starts.

Elasticsearch publishes its server as Maven artifacts too. The HTTP layer must be a module in a folder of its
own, as in a full distribution; the rest is a class path.
"""

import shutil
from pathlib import Path

from devstack.commands import TEMPORARY, run_logged
from devstack.profiles import ELASTICSEARCH, ROOT

SOURCES = ROOT / "devstack" / "elasticsearch_server"

_HTTP_MODULE = "transport-netty4"
_HTTP_JARS = ("transport-netty4-*.jar", "netty-*.jar")


def sources() -> list[bytes]:
    """Everything that the result depends on."""
    return [path.read_bytes() for path in sorted(SOURCES.iterdir())]


def put_together() -> None:
    """Fetch and compile it into the virtual environment; what an interrupted try left is replaced.

    Raises SetupFailed.
    """
    new = ELASTICSEARCH.with_name("elasticsearch.new")
    for folder in (new, ELASTICSEARCH):
        shutil.rmtree(folder, ignore_errors=True)
    library = new / "lib"
    _fetch(library)
    _compile(library, new / "classes")
    _separate_http(library, new / "modules" / _HTTP_MODULE)
    (new / "plugins").mkdir()
    (new / "config").mkdir()
    shutil.copy(SOURCES / "log4j2.properties", new / "config")
    new.rename(ELASTICSEARCH)


def _fetch(library: Path) -> None:
    # Maven's own store would stay in the home folder; of what it fetches only the jars are wanted.
    store = TEMPORARY / "maven"
    options = ["--batch-mode", "--quiet", "--strict-checksums", f"-Dmaven.repo.local={store}"]
    pom = str(SOURCES / "pom.xml")
    try:
        run_logged(
            *("mvn", *options, "--file", pom),
            *("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={library}"),
        )
    finally:
        shutil.rmtree(store, ignore_errors=True)


def _compile(library: Path, classes: Path) -> None:
    run_logged("javac", "-nowarn", "-cp", f"{library}/*", "-d", classes, SOURCES / "EmbeddedNode.java")


def _separate_http(library: Path, module: Path) -> None:
    module.mkdir(parents=True)
    for pattern in _HTTP_JARS:
        for jar in library.glob(pattern):
            jar.rename(module / jar.name)
    shutil.copy(SOURCES / "plugin-descriptor.properties", module)
