"""What the router needs of Purser, with the ways it can fail: weights by ETag and a usage-event inbox."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "prs_test_token"


class FakePurser:
    """`weights[endpoint]` is published; `events` holds every batch that was taken; `answers` are used up one a push."""

    def __init__(self):
        self.url = ""
        self.weights = {}
        self.versions = {}
        self.events = {}
        self.pushes = []
        self.answers = []
        self.refuse = {}
        self.not_modified = 0

    def publish(self, endpoint, **weights):
        self.weights[endpoint] = weights
        self.versions[endpoint] = self.versions.get(endpoint, 0) + 1

    def document(self, endpoint):
        backends = [{"replica": name, "url": "", "weight": weight} for name, weight in self.weights[endpoint].items()]
        return {"endpoint": endpoint, "version": self.versions[endpoint], "backends": backends}

    def take(self, events):
        """Answer a push: (status, body), or None to take it and hang up without an answer."""
        self.pushes.append([event["id"] for event in events])
        status = self.answers.pop(0) if self.answers else 200
        if status not in (200, "lost"):
            return status, {"detail": "not now"}
        refused = [
            {"id": e["id"], "detail": self.refuse[e["endpoint"]]} for e in events if e["endpoint"] in self.refuse
        ]
        taken = [e for e in events if e["endpoint"] not in self.refuse]
        known = sum(event["id"] in self.events for event in taken)
        self.events |= {event["id"]: event for event in taken}
        answer = {"accepted": len(taken) - known, "duplicates": known, "refused": refused}
        return None if status == "lost" else (200, answer)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A router that was stopped in the middle of a call is no trouble of Purser's."""


@contextmanager
def fake_purser():
    purser = FakePurser()
    server = _Server(("127.0.0.1", 0), _handler(purser))
    purser.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield purser
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(purser):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            endpoint = self.path.split("/")[-2]
            if not self._allowed() or endpoint not in purser.weights:
                return self._answer(404 if self._allowed() else 401, {})
            etag = f'"{purser.versions[endpoint]}"'
            if self.headers.get("If-None-Match") == etag:
                purser.not_modified += 1
                return self._answer(304, None, etag)
            return self._answer(200, purser.document(endpoint), etag)

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = purser.take(body["events"]) if self._allowed() else (401, {})
            if answer is None:
                self.close_connection = True
                return None
            return self._answer(*answer)

        def _allowed(self):
            return self.headers.get("Authorization") == f"Bearer {TOKEN}"

        def _answer(self, status, body, etag=None):
            payload = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            if etag:
                self.send_header("ETag", etag)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *args):
            pass

    return Handler
