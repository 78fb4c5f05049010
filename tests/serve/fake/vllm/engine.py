"""What vLLM's EngineCore is to its API server: a child that would live on without it."""

import signal
import time


def run() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(0.1)
