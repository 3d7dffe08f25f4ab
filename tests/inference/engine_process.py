"""A small engine that is a real process and speaks as vLLM does: `serve MODEL --host H --port P`.

Needs the standard library only. What it is to do badly stands in its arguments: `--load-seconds N`, `--dies` while it
loads, `--stubborn` (does not end when asked), `--child` (has a process of its own), `--chatty N` (bytes of output).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BEGAN = time.time()
LOCK = threading.Lock()
COUNTS = {"prompt": 0, "generation": 0, "requests": 0, "running": 0}
RELEASED = threading.Event()


class Api(BaseHTTPRequestHandler):
    asked: argparse.Namespace

    def do_GET(self) -> None:
        loaded = time.time() - BEGAN >= self.asked.load_seconds
        if self.path == "/health":
            self._answer(200 if loaded else 503, "")
        elif self.path == "/metrics":
            self._answer(200, metrics(self.asked.model))
        elif self.path == "/v1/models":
            self._answer(200, json.dumps({"data": [{"id": self.asked.model}]}))
        elif self.path == "/environment":
            self._answer(200, json.dumps({"environment": dict(os.environ), "arguments": sys.argv, "pid": os.getpid()}))
        else:
            self._answer(404, "")

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self.path == "/release":
            RELEASED.set()
            self._answer(200, "")
            return
        with LOCK:
            COUNTS["running"] += 1
            COUNTS["prompt"] += len(asked["prompt"].split())
        if asked.get("hold"):
            RELEASED.wait(60)
        with LOCK:
            COUNTS["running"] -= 1
            COUNTS["generation"] += asked["max_tokens"]
            COUNTS["requests"] += 1
        self._answer(200, json.dumps({"choices": [{"text": "word " * asked["max_tokens"]}]}))

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        return


def metrics(model: str) -> str:
    labels = f'{{engine="0",model_name="{model}"}}'
    finished = f'{{engine="0",finished_reason="stop",model_name="{model}"}}'
    with LOCK:
        return (
            "# TYPE process_start_time_seconds gauge\n"
            f"process_start_time_seconds {BEGAN}\n"
            "# TYPE vllm:num_requests_running gauge\n"
            f"vllm:num_requests_running{labels} {COUNTS['running']}\n"
            "# TYPE vllm:num_requests_waiting gauge\n"
            f"vllm:num_requests_waiting{labels} 0\n"
            "# TYPE vllm:prompt_tokens_total counter\n"
            f"vllm:prompt_tokens_total{labels} {COUNTS['prompt']}\n"
            "# TYPE vllm:generation_tokens_total counter\n"
            f"vllm:generation_tokens_total{labels} {COUNTS['generation']}\n"
            "# TYPE vllm:request_success_total counter\n"
            f"vllm:request_success_total{finished} {COUNTS['requests']}\n"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--load-seconds", type=float, default=0.0)
    parser.add_argument("--chatty", type=int, default=0)
    for switch in ("--dies", "--stubborn", "--child"):
        parser.add_argument(switch, action="store_true")
    asked, _ = parser.parse_known_args()
    if asked.chatty:
        line = "so much to say " * 8 + "\n"
        for _ in range(asked.chatty // len(line) + 1):
            sys.stdout.write(line)
        sys.stdout.flush()
    if asked.dies:
        sys.exit("Not enough memory for the weights.")
    if asked.stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if asked.child:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Api.asked = asked
    print(f"serving {asked.model}", flush=True)
    ThreadingHTTPServer((asked.host, asked.port), Api).serve_forever()


if __name__ == "__main__":
    main()
