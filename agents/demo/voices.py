"""What the services of the demo write while all is well; some of it only sounds like a crash."""

from random import Random

# {time}: RFC 3339 with milliseconds; {klog}: as klog writes it; {n}: up to a million; {ms}: up to 250
VOICES = {
    "checkout": (
        'time={time} level=INFO msg="cart priced" cart={n} took={ms}ms',
        'time={time} level=INFO msg="order placed" order={n} took={ms}ms',
        'time={time} level=DEBUG msg="cache hit" key=cart:{n}',
        'time={time} level=WARN msg="don\'t panic: retrying in 200ms" order={n}',
    ),
    "auth": (
        '{{"time":"{time}","level":"INFO","msg":"token issued","user":"u{n}","ms":{ms}}}',
        '{{"time":"{time}","level":"INFO","msg":"session renewed","user":"u{n}"}}',
        '{{"time":"{time}","level":"ERROR","msg":"upstream said: panic: see its log","user":"u{n}"}}',
    ),
    "edge": (
        '10.0.{ms}.7 - - [{time}] "GET /products/{n} HTTP/1.1" 200 {n}',
        '10.0.{ms}.9 - - [{time}] "POST /orders HTTP/1.1" 201 {n}',
        '10.0.{ms}.3 - - [{time}] "GET /search?q=goroutine+1+%5Brunning%5D HTTP/1.1" 200 {n}',
    ),
    "billing": (
        "I{klog}       1 invoice.go:88] invoice {n} sent in {ms} ms",
        "I{klog}       1 ledger.go:34] {n} entries settled",
        "W{klog}       1 ledger.go:61] rate of {n} is old, fetched again",
    ),
    "search": (
        'time={time} level=INFO msg="query" q="goroutine leak book" hits={ms} took={ms}ms',
        'time={time} level=INFO msg="query" q="lamp" hits={n}',
        'time={time} level=INFO msg="index swapped" docs={n}',
    ),
    "ingest": (
        "{time} batch {n} of 500 rows written in {ms} ms",
        "{time} partition {ms} flushed, {n} bytes",
        "{time} nothing to write, 7 goroutines wait",
    ),
    "gateway": (
        "{time} GET /orders/{n} 200 {ms}ms",
        "{time} GET /cart/{n} 200 {ms}ms",
        "{time} POST /checkout/{n} 502 {ms}ms upstream: fatal error: see checkout's log",
    ),
}


def ordinary(service: str, random: Random, time: str) -> bytes:
    """Return an ordinary line of a service."""
    form = random.choice(VOICES[service])
    n, ms = random.randrange(1_000_000), random.randrange(1, 250)
    klog = f"{time[5:7]}{time[8:10]} {time[11:23]}000"
    return form.format(time=time, klog=klog, n=n, ms=ms).encode()
