"""Serves `/v1/models` on the port it is given, beside an engine process; FAKE_VLLM says how it behaves.

serve      answers                          hang       never opens its port
die        an error before the port opens   die_later  answers, then ends with an error
stubborn   answers, and ignores SIGTERM
"""

import argparse
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from vllm import engine


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--served-model-name")
    args, _ = parser.parse_known_args()
    behaviour = os.environ.get("FAKE_VLLM", "serve")
    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    process = multiprocessing.get_context("spawn").Process(target=engine.run, daemon=True)
    process.start()
    sys.stdout.write("(EngineCore pid=1) INFO 01-01 00:00:00 [x.py:1] Starting to load model x\n")
    sys.stdout.flush()
    if behaviour == "die":
        line = "(EngineCore pid=1) ERROR 01-01 00:00:00 [x.py:1] ValueError: the weights are odd\n"
        sys.stdout.write(line)
        sys.stdout.flush()
        os._exit(1)
    if behaviour == "hang":
        time.sleep(3600)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"data": [{"id": args.served_model_name}]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    if behaviour == "die_later":
        threading.Timer(2.0, lambda: os._exit(3)).start()
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
