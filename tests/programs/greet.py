#!/usr/bin/env python3
"""A plugin of windlass: reads frames from descriptor 3 and writes frames to it, one JSON document a line."""

import json
import os
import select

FRAMES = 3


def send(kind, content):
    line = json.dumps({kind: content}).encode() + b"\n"
    while line:
        line = line[os.write(FRAMES, line):]


def receive(within=None, waiting=bytearray()):
    """The next frame; None when there is none within so many seconds. What was read beyond it waits."""
    while b"\n" not in waiting:
        if not select.select([FRAMES], [], [], within)[0]:
            return None
        part = os.read(FRAMES, 65536)
        if not part:
            raise SystemExit("the runner is gone")
        waiting += part
    line, _, rest = bytes(waiting).partition(b"\n")
    waiting[:] = rest
    return json.loads(line)


def cancelled(within):
    """Waits so many seconds; true when the runner says meanwhile that the step is to stop."""
    frame = receive(within)
    # The runner may say more in later versions; what is not known is passed over.
    return frame is not None and "cancel" in frame


def greet(names, pause):
    send("table", {"table": "greetings", "columns": ["name", "greeting"]})
    for count, name in enumerate(names, 1):
        greeting = f"hello {name}"
        send("log", {"level": "info", "text": greeting})
        send("progress", {"text": greeting, "fraction": count / len(names)})
        send("rows", {"table": "greetings", "rows": [[name, greeting]]})
        if cancelled(pause):
            send("failed", {"code": "step.cancelled", "message": f"stopped after {count} of {len(names)}"})
            return
    send("done", {"outputs": {"greeted": len(names)}})


config = receive()["start"]["config"]
greet(config["names"], config.get("pause", 0))
