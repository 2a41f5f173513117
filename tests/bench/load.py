"""A small load generator for loopback: keep-alive connections, each sending its next request after its last answer.

It counts what was answered and how; it never opens more connections, and never runs longer, than it was told.
"""

from __future__ import annotations

import asyncio
import collections.abc as cabc
import dataclasses
import statistics
import time

#: Gives the bytes of the next request.
Requests = cabc.Callable[[], bytes]


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What one run measured: answers a second, and milliseconds at the median and the 99th percentile."""

    rate: float
    p50: float
    p99: float
    #: Status code to how often.
    statuses: dict[int, int]


def get(path: str, port: int, *, headers: str = "") -> Requests:
    """Return requests that are all the same GET."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n".encode()
    return lambda: request


def post(path: str, port: int, body: cabc.Callable[[], bytes], *, media: str = "application/json") -> Requests:
    """Return POSTs of JSON, each with its own body."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {media}\r\nContent-Length: "

    def request() -> bytes:
        content = body()
        return f"{head}{len(content)}\r\n\r\n".encode() + content

    return request


def run(requests: Requests, port: int, *, seconds: float, connections: int = 16, rate: float | None = None) -> Result:
    """Send requests for that long, then stop.

    :param rate: at most so many a second, over all connections; without it as many as are answered.
    """
    return asyncio.run(_run(requests, port, seconds=seconds, connections=connections, rate=rate))


async def _run(requests: Requests, port: int, *, seconds: float, connections: int, rate: float | None) -> Result:
    times: list[float] = []
    statuses: dict[int, int] = {}
    end = time.perf_counter() + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            due = time.perf_counter()
            while (begun := time.perf_counter()) < end:
                if rate is not None:
                    due += connections / rate
                    if due > begun:
                        await asyncio.sleep(due - begun)
                        begun = time.perf_counter()
                writer.write(requests())
                head = await reader.readuntil(b"\r\n\r\n")
                lowered = head.lower()
                at = lowered.find(b"content-length:")
                if at >= 0:
                    await reader.readexactly(int(lowered[at + 15 : lowered.index(b"\r", at)]))
                status = int(head[9:12])
                statuses[status] = statuses.get(status, 0) + 1
                times.append(time.perf_counter() - begun)
        finally:
            writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    spent = time.perf_counter() - started
    times.sort()
    return Result(
        rate=len(times) / spent,
        p50=statistics.median(times) * 1000,
        p99=times[min(len(times) - 1, int(len(times) * 0.99))] * 1000,
        statuses=statuses,
    )
