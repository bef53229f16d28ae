"""What a middleware adds to a request of a FastAPI app, ours beside the usual ones.

The app is called in process, without a socket; CPU time of the whole process, so that threads that
work for a middleware count, too. Each one is measured in a process of its own, against the same app
without it, in turns. The others are the extra `bench`; where one is not installed it is left out.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

from .report import Figure

ROUNDS = 15
REQUESTS = 600
PEERS = {
    "callvitals": "callvitals_server",
    "prometheus-fastapi-instrumentator": "prometheus_fastapi_instrumentator",
    "starlette-exporter": "starlette_exporter",
    "OpenTelemetry, metrics only": "opentelemetry.instrumentation.fastapi",
    "Apitally": "apitally",
}
EVERYWHERE = ("Apitally",)  # it changes every app of its process: the bare one goes first
REFERENCE = "prometheus-fastapi-instrumentator"


def figures() -> list[Figure]:
    """us per request. Raises AssertionError when ours adds more than a third of the reference."""
    found: dict[str, Any] = {}
    for name, module in PEERS.items():
        if importlib.util.find_spec(module.partition(".")[0]) is None:
            continue
        line = [sys.executable, "-m", __name__, name]
        ran = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
        if ran.returncode == 0:
            found[name] = json.loads(ran.stdout.splitlines()[-1])
    bare = [value for one in found.values() for value in one["bare"]]
    added = {name: one["added"] for name, one in found.items()}
    reference = statistics.median(added[REFERENCE]) if REFERENCE in added else None
    out = [Figure("the app itself", "us", bare)]
    out += [
        Figure(f"+ {name}", "us", values, None if name == REFERENCE else reference)
        for name, values in added.items()
    ]
    if reference is not None:
        ours = statistics.median(added["callvitals"])
        assert ours <= reference / 3, f"{ours:.1f} us added, reference {reference:.1f} us"
    return out


# -- one of them --------------------------------------------------------------------------------


def _app() -> Any:
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/hello/{name}")
    async def hello(name: str) -> dict[str, str]:
        return {"hello": name}

    return app


def _with(name: str) -> Any:
    app = _app()
    if name == "callvitals":
        from callvitals_server.http_metrics import ApiMetricsMiddleware

        app.add_middleware(ApiMetricsMiddleware, sink=lambda batch: None)
    elif name == "prometheus-fastapi-instrumentator":
        from prometheus_fastapi_instrumentator import Instrumentator

        Instrumentator().instrument(app)
    elif name == "starlette-exporter":
        from starlette_exporter import PrometheusMiddleware
        from starlette_exporter.optional_metrics import request_body_size, response_body_size

        app.add_middleware(
            PrometheusMiddleware,
            group_paths=True,
            optional_metrics=[request_body_size, response_body_size],
        )
    elif name == "OpenTelemetry, metrics only":
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.trace import NoOpTracerProvider

        meters = MeterProvider(metric_readers=[InMemoryMetricReader()])
        FastAPIInstrumentor.instrument_app(
            app, meter_provider=meters, tracer_provider=NoOpTracerProvider()
        )
    else:
        import apitally

        # Nobody listens there; what it would send stays in its own buffers.
        os.environ["APITALLY_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
        apitally.init(app, write_token="apt_" + "x" * 24, env="bench")
    return app


async def _ask(app: Any, count: int) -> None:
    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        pass

    for _ in range(count):
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/hello/world",
            "raw_path": b"/hello/world",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"localhost")],
            "http_version": "1.1",
            "scheme": "http",
            "server": ("localhost", 80),
            "client": ("127.0.0.1", 1),
            "asgi": {"version": "3.0", "spec_version": "2.3"},
        }
        await app(scope, receive, send)


async def _spent(app: Any) -> float:
    start = time.process_time()
    await _ask(app, REQUESTS)
    return (time.process_time() - start) / REQUESTS * 1e6


async def _measure(name: str) -> dict[str, list[float]]:
    bare = _app()
    await _ask(bare, REQUESTS)
    if name in EVERYWHERE:
        alone = [await _spent(bare) for _ in range(ROUNDS)]
        whole = _with(name)
        await _ask(whole, REQUESTS)
        usual = statistics.median(alone)
        return {"bare": alone, "added": [await _spent(whole) - usual for _ in range(ROUNDS)]}
    whole = _with(name)
    await _ask(whole, REQUESTS)
    turns = [(await _spent(bare), await _spent(whole)) for _ in range(ROUNDS)]
    return {"bare": [one for one, _ in turns], "added": [two - one for one, two in turns]}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(sys.argv[1]))), flush=True)
