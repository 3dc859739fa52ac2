"""Plays a stock client of Python at the protocol echo: everything it can say, over the transports it is given.

Usage: python protocol_echo.py <http-url> <transport[,transport]>
stdout: {"done": "..."} with the name of the transport it ended on, or {"failed": "..."}; it ends with status 0 or 1
"""

import json
import queue
import sys
import time
import traceback

import socketio

SOON = 15
MANY = 300
URL, TRANSPORTS = sys.argv[1], sys.argv[2].split(",")


class Client:
    """One connection, and a queue of what it hears for each event."""

    def __init__(self, path, **connecting):
        self.io = socketio.Client(reconnection=False)
        self.heard = {}
        for name in ("auth", "message-back", "answered", "connect_error"):
            for namespace in ("/", "/custom", "/random"):
                self.io.on(name, self.listener(name, namespace), namespace=namespace)
        self.io.on("question", lambda *args: args)
        self.io.connect(URL, transports=TRANSPORTS, socketio_path=path, wait_timeout=SOON, **connecting)

    def listener(self, name, namespace):
        place = self.heard.setdefault((name, namespace), queue.Queue())
        return lambda *args: place.put(list(args))

    def hears(self, name, namespace="/"):
        return self.heard[(name, namespace)].get(timeout=SOON)


def equal(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def echoes(client):
    for args in ((1, "2", {"3": [False]}), (b"\x01\x02", {"deep": [b"\x04"]}), ("tschüß 👋",), ("x" * 400_000,)):
        client.io.emit("message", args)
        equal(client.hears("message-back"), list(args))
    for number in range(MANY):
        client.io.emit("message", number)
    equal([client.hears("message-back")[0] for _ in range(MANY)], list(range(MANY)))


def acks(client):
    equal(client.io.call("message-with-ack", (1, "2", {"3": [False]}), timeout=SOON), (1, "2", {"3": [False]}))
    equal(client.io.call("message-with-ack", b"\x09\x09", timeout=SOON), b"\x09\x09")


def plays():
    client = Client("socket.io", auth={"token": "123"}, namespaces=["/", "/custom"])
    equal(client.hears("auth"), [{"token": "123"}])
    equal(client.hears("auth", "/custom"), [{"token": "123"}])
    assert client.io.get_sid() != client.io.sid, "the id of the engine is secret"
    echoes(client)
    acks(client)
    # Past some heartbeats of the story.
    begun = time.monotonic()
    while time.monotonic() - begun < 1.5:
        acks(client)
    name = client.io.transport()
    client.io.disconnect()
    asked = Client("asking.io")
    for args in ((1, "2"), (b"\x01\x02", {"deep": b"\x03"})):
        asked.io.emit("ask", args)
        equal(asked.hears("answered"), list(args))
    asked.io.disconnect()
    return name


try:
    print(json.dumps({"done": plays()}), flush=True)
except BaseException:
    print(json.dumps({"failed": traceback.format_exc()}), flush=True)
    sys.exit(1)
