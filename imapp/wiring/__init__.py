"""The only package that names concrete parts: what a writer, a receipts worker and a gateway are made of.

Purpose: build each process's services from its settings, in the process that uses them.
What stays out: behaviour. A part that decides anything belongs into the layer of what it decides.
Lifecycle: called once at the start of a process; whoever needs MongoDB waits here for it.
Allowed imports: everything but `imapp.app`, `imapp.cli`, `tasks` and `workers`.
"""

from imapp.wiring.archiving import archive_tools
from imapp.wiring.base import celery_app, topology
from imapp.wiring.gateways import GatewayServices, gateway_services
from imapp.wiring.searching import SearchTools, search_tools
from imapp.wiring.tools import ToolServices, tool_services
from imapp.wiring.workers import TaskServices, task_services

__all__ = [
    "GatewayServices",
    "SearchTools",
    "TaskServices",
    "ToolServices",
    "archive_tools",
    "celery_app",
    "gateway_services",
    "search_tools",
    "task_services",
    "tool_services",
    "topology",
]
