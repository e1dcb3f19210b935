"""W&B servers on loopback for tests: one that refuses, one that hangs, and one that takes runs as the real one does."""

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

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
    body = json.dumps(document).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def refusing(status: int) -> Answer:
    return lambda handler, body: reply(handler, {"errors": [{"message": "no"}]}, status)


def hanging(over: threading.Event) -> Answer:
    return lambda handler, body: over.wait(120) and None


class Accepting:
    """What a W&B server keeps of the runs it is sent: `steps` and `exits` by run id, in the order they came."""

    def __init__(self) -> None:
        self.lines: dict[str, list[dict[str, Any]]] = {}
        self.exits: dict[str, list[int]] = {}
        self.groups: set[str] = set()

    def steps(self, run: str) -> list[int]:
        return [line["_step"] for line in self.lines[run]]

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        stream = re.match(r"/files/[^/]+/[^/]+/([^/]+)/file_stream", handler.path)
        if handler.path == "/graphql":
            reply(handler, {"data": self._graphql(json.loads(body), handler.headers["Host"])})
        else:
            if stream:
                self._stream(stream[1], json.loads(body))
            reply(handler, {})

    def _graphql(self, request: dict[str, Any], host: str) -> dict[str, Any]:
        operation = re.findall(r"(?:query|mutation)\s+(\w+)", request["query"])[0]
        variables = request.get("variables") or {}
        if operation == "RunResumeStatus":
            return {"model": self._resume_status(variables["name"])}
        if operation == "UpsertBucket":
            self.groups |= {variables["groupName"]} - {None}
            return {"upsertBucket": self._upsert(variables["name"], variables["project"])}
        if operation == "CreateRunFiles":
            files = [{"name": name, "uploadUrl": f"http://{host}/upload/{name}"} for name in variables["files"]]
            return {"createRunFiles": {"runID": "1", "uploadHeaders": [], "files": files}}
        return {}

    def _resume_status(self, run: str) -> dict[str, Any] | None:
        if run not in self.lines:
            return None
        tail = json.dumps([json.dumps(self.lines[run][-1])])
        bucket = {"id": run, "name": run, "displayName": run, "summaryMetrics": "{}", "config": "{}", "tags": []}
        counts = {"historyLineCount": len(self.lines[run]), "logLineCount": 0, "eventsLineCount": 0}
        rest = {"historyTail": tail, "eventsTail": "[]", "wandbConfig": '{"t": {"1": 1}}'}
        return {"id": "1", "name": "tests", "entity": _ENTITY, "bucket": {**bucket, **counts, **rest}}

    def _upsert(self, run: str, project: str) -> dict[str, Any]:
        place = {"id": "1", "name": project, "entity": _ENTITY}
        count = len(self.lines.get(run, []))
        bucket = {"id": run, "name": run, "displayName": run, "config": "{}", "project": place}
        return {"bucket": {**bucket, "historyLineCount": count}, "inserted": run not in self.lines}

    def _stream(self, run: str, document: dict[str, Any]) -> None:
        history = (document.get("files") or {}).get("wandb-history.jsonl")
        if history:
            lines = self.lines.setdefault(run, [])
            lines[history["offset"] :] = [json.loads(line) for line in history["content"]]
        if document.get("complete") is not None:
            self.exits.setdefault(run, []).append(document["exitcode"])


_ENTITY = {"id": "1", "name": "someone"}
