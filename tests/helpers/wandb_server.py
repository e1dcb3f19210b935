"""W&B servers on loopback for tests: one that refuses, one that hangs, and one that takes runs as the real one does."""

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from helpers.wandb_artifacts import Artifacts

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Serve for as long as the block runs; the server's address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            zipped = self.headers.get("Content-Encoding") == "gzip"
            answer(self, gzip.decompress(body) if zipped else body)

        do_GET = do_PUT = do_POST  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that was killed is no error here."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def reply(handler: BaseHTTPRequestHandler, document: Any, status: int = 200) -> None:
    send(handler, json.dumps(document).encode(), status)


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def refusing(status: int) -> Answer:
    return lambda handler, body: reply(handler, {"errors": [{"message": "no"}]}, status)


def hanging(over: threading.Event) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        over.wait()

    return answer


def dying(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Break the connection off without a word."""
    handler.close_connection = True
    handler.connection.close()


class Fickle:
    """A server that changes: `mood` answers requests whose path holds `where`, as often as `times`, if set."""

    def __init__(self, server: Answer, mood: Answer | None = None, where: str = "", times: int | None = None) -> None:
        self.server, self.mood, self.where, self.times = server, mood, where, times

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if self.mood is None or self.where not in handler.path or self.times == 0:
            self.server(handler, body)
            return
        if self.times is not None:
            self.times -= 1
        self.mood(handler, body)


class Accepting:
    """What a W&B server keeps of the runs it is sent, by run id, in the order it came; `artifacts` are beside."""

    def __init__(self) -> None:
        self.lines: dict[str, list[dict[str, Any]]] = {}
        self.exits: dict[str, list[int]] = {}
        self.runs: dict[str, dict[str, Any]] = {}  # the latest of what a run says of itself: tags, group, config, ...
        self.summaries: dict[str, dict[str, Any]] = {}
        self.states: dict[str, str] = {}
        self.files: dict[str, set[str]] = {}
        self.alerts: list[dict[str, Any]] = []
        self.views: dict[str, dict[str, Any]] = {}  # saved workspaces and reports, by their type
        self.artifacts = Artifacts()
        self._answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "Viewer": lambda variables: {"viewer": _VIEWER},
            "GetDefaultEntity": lambda variables: {"viewer": _VIEWER},
            "RunResumeStatus": lambda variables: {"model": self._resume_status(variables["name"])},
            "UpsertBucket": lambda variables: {"upsertBucket": self._upsert(variables)},
            "Runs": lambda variables: {"project": self._listed(json.loads(variables["filters"]))},
            "NotifyScriptableRunAlert": self._alert,
            "UpsertView2": self._view,
            "upsertView": self._view,
            "ProjectInternalId": lambda variables: {"project": {"id": "1", "internalId": "1"}},
            "GetProjects": lambda variables: {"models": _PROJECTS},
        }

    @property
    def groups(self) -> set[str]:
        return {run["groupName"] for run in self.runs.values()}

    def steps(self, run: str) -> list[int]:
        return [line["_step"] for line in self.lines[run]]

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        stream = re.match(r"/files/[^/]+/[^/]+/([^/]+)/file_stream", handler.path)
        if handler.path.startswith("/artifacts/"):
            self._storage(handler, body)
        elif handler.path == "/graphql":
            reply(handler, {"data": self._graphql(json.loads(body), handler.headers["Host"])})
        else:
            if stream:
                self._stream(stream[1], json.loads(body))
            reply(handler, {})

    def _storage(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if handler.command == "PUT":
            self.artifacts.put(handler.path, body)
            reply(handler, {})
        else:
            send(handler, self.artifacts.get(handler.path))

    def _graphql(self, request: dict[str, Any], host: str) -> dict[str, Any]:
        operation = re.findall(r"(?:query|mutation)\s+(\w+)", request["query"])[0]
        variables = request.get("variables") or {}
        answer = self._answers.get(operation)
        if answer is not None:
            return answer(variables)
        if operation == "CreateRunFiles":
            self.files.setdefault(variables["run"], set()).update(variables["files"])
            files = [{"name": name, "uploadUrl": f"http://{host}/upload/{name}"} for name in variables["files"]]
            return {"createRunFiles": {"runID": "1", "uploadHeaders": [], "files": files}}
        return self.artifacts.answer(operation, variables, host) or {}

    def _resume_status(self, run: str) -> dict[str, Any] | None:
        if run not in self.runs:
            return None
        lines = self.lines.get(run, [])
        bucket = {"id": run, "name": run, "displayName": run, "tags": self.runs[run]["tags"] or []}
        counts = {"historyLineCount": len(lines), "logLineCount": 0, "eventsLineCount": 0}
        state = {"summaryMetrics": json.dumps(self.summaries.get(run, {})), "config": "{}"}
        tail = {"historyTail": json.dumps([json.dumps(line) for line in lines[-1:]]), "eventsTail": "[]"}
        whole = {**bucket, **counts, **state, **tail, "wandbConfig": '{"t": {"1": 1}}'}
        return {"id": "1", "name": "tests", "entity": _ENTITY, "bucket": whole}

    def _upsert(self, variables: dict[str, Any]) -> dict[str, Any]:
        run = variables["name"]
        inserted = run not in self.runs
        said = {name: value for name, value in variables.items() if value is not None}
        self.runs[run] = {"tags": [], "groupName": None, **self.runs.get(run, {}), **said}
        self.states[run] = "running"
        place = {"id": "1", "name": variables["project"], "entity": _ENTITY}
        count = len(self.lines.get(run, []))
        bucket = {"id": run, "name": run, "displayName": run, "config": "{}", "project": place}
        return {"bucket": {**bucket, "historyLineCount": count}, "inserted": inserted}

    def _listed(self, filters: dict[str, Any]) -> dict[str, Any] | None:
        if not self.runs:
            return None
        names = [name for name in self.runs if re.match(filters["name"]["$regex"], name)]
        nodes = [
            {
                **{"id": name, "name": name, "projectId": "1", "displayName": name, "sweepName": None, "commit": None},
                **{"group": self.runs[name]["groupName"], "jobType": self.runs[name].get("jobType"), "notes": None},
                **{"readOnly": False, "createdAt": "2026-01-01T00:00:00", "heartbeatAt": None, "description": None},
                **{"tags": self.runs[name]["tags"], "state": self.states[name], "user": _VIEWER},
                "historyLineCount": len(self.lines.get(name, [])),
            }
            for name in names
        ]
        edges = [{"node": node, "cursor": node["name"]} for node in nodes]
        page = {"edges": edges, "pageInfo": {"endCursor": None, "hasNextPage": False}}
        return {"internalId": "1", "runCount": len(nodes), "readOnly": False, "runs": page}

    def _alert(self, variables: dict[str, Any]) -> dict[str, Any]:
        self.alerts.append(variables)
        return {"notifyScriptableRunAlert": {"success": True}}

    def _view(self, variables: dict[str, Any]) -> dict[str, Any]:
        self.views[variables["type"]] = json.loads(variables["spec"])
        view = {"id": "Vmlldzox", "name": variables["name"], "displayName": variables["displayName"]}
        view |= {"type": variables["type"], "description": "", "spec": variables["spec"], "project": _PROJECT}
        return {"upsertView": {"view": view, "inserted": True}}

    def _stream(self, run: str, document: dict[str, Any]) -> None:
        files = document.get("files") or {}
        history, summary = files.get("wandb-history.jsonl"), files.get("wandb-summary.json")
        if history:
            lines = self.lines.setdefault(run, [])
            lines[history["offset"] :] = [json.loads(line) for line in history["content"]]
        if summary:
            self.summaries[run] = json.loads(summary["content"][-1])
        if document.get("complete") is not None:
            self.exits.setdefault(run, []).append(document["exitcode"])
            self.states[run] = "failed" if document["exitcode"] else "finished"


_ENTITY = {"id": "1", "name": "someone"}
_VIEWER = {"id": "1", "entity": "someone", "username": "someone", "email": "", "flags": "{}", "teams": {"edges": []}}
_PROJECT = {"id": "1", "name": "tests", "entityName": "someone"}
_PROJECTS = {
    "edges": [
        {"node": {**_PROJECT, "createdAt": "2026-01-01T00:00:00", "isBenchmark": False, "user": None}, "cursor": "c"}
    ],
    "pageInfo": {"endCursor": None, "hasNextPage": False},
}
