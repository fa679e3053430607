#!/usr/bin/env python3
"""A program that does one thing wrong, for the tests. What it saw of things that are denied is its output."""

import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time

FRAMES = 3


def write(data, to=FRAMES):
    while data:
        data = data[os.write(to, data):]


def send(kind, content):
    write(json.dumps({kind: content}).encode() + b"\n")


def saw(**outputs):
    send("done", {"outputs": outputs})


def tried(action):
    """What came of it: the error's symbol, or `allowed`."""
    try:
        action()
        return "allowed"
    except OSError as error:
        return str(error.strerror if error.errno is None else errno_name(error.errno))


def errno_name(number):
    import errno

    return errno.errorcode.get(number, str(number))


def announce():
    """Tells the test which processes to look for: their environment names this folder. The answer says that it was heard
    before whatever follows."""
    send("log", {"level": "info", "text": f"pid {os.getpid()} in {os.environ['HOME']}"})
    send("ask", {"id": 1, "what": "credentials"})
    receive()


def forever():
    while True:
        time.sleep(600)


def ignore_signals():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def exit_zero(_):
    sys.exit(0)


def exit_seven(_):
    sys.exit(7)


def segfault(_):
    ctypes.string_at(0)


def kill_itself(_):
    os.kill(os.getpid(), signal.SIGSEGV)


def garbage_frames(_):
    write(b"\x00\xff no frame\n")
    forever()


def half_frame(_):
    write(b'{"done":{"outp')


def forged_frames(_):
    write(b'{"hello":{"protocol":1,"version":"9","restrictions":{},"containment":"full"}}\n')
    forever()


def unknown_frame(_):
    send("surprise", {})
    forever()


def zero_bytes(_):
    send("table", {"table": "a\0b", "columns": ["n"]})
    send("failed", {"message": "a\0b", "code": "unruly.zero-bytes", "help": "c\0d"})


def long_preview(_):
    send("preview", {"columns": ["n"], "rows": [["1"]] * 21})
    forever()


def long_line(_):
    write(b"x" * (2 << 20))
    forever()


def flood_stdout(_):
    while True:
        write(b"x" * 65536, to=1)


def flood_log(_):
    while True:
        send("log", {"level": "info", "text": "x" * 65536})


def flood_stdout_from_child(_):
    subprocess.Popen(["sh", "-c", "exec yes"], start_new_session=True)
    forever()


def ignore_cancel(_):
    ignore_signals()
    forever()


def closed_descriptors(_):
    os.closerange(0, 1024)
    forever()


def no_reading(_):
    forever()


def fork_bomb(_):
    ignore_signals()
    while True:
        try:
            os.fork()
        except OSError:
            pass


def hopping_bomb(_):
    """Each process makes the next and ends: no number stays long enough to be looked up."""
    ignore_signals()
    os.setsid() if os.fork() == 0 else forever()
    while True:
        try:
            if os.fork():
                os._exit(0)
        except OSError:
            pass


def orphan(config):
    """Leaves a process behind that has gone to a session of its own and lost its parent, and succeeds."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            ignore_signals()
            forever()
        os._exit(0)
    os.wait()
    if config.get("path") == "stay":
        ignore_cancel(config)
    saw(ok=True)


def memory_without_end(_):
    kept = []
    while True:
        kept.append(b"x" * (16 << 20))


def memory_of_many(config):
    """Each process keeps within its own limit. The first has little and sees one of the others end."""
    for _ in range(16):
        if os.fork() == 0:
            kept = bytearray(os.urandom(1 << 20)) * 128
            forever()
            return kept
    _, status = os.wait()
    if config.get("path") == "give up":
        sys.exit(3)
    saw(ended_by=os.WTERMSIG(status))


def read(config):
    saw(result=tried(lambda: open(config["path"], "rb").read(1)))


def connect(config):
    def direct():
        socket.create_connection(("127.0.0.1", config["port"]), 5)

    saw(result=tried(direct))


def environment(_):
    saw(names=sorted(os.environ), home=os.environ.get("HOME"), folder=os.getcwd())


def stop_parent(_):
    parent = os.getppid()
    stopped = tried(lambda: os.kill(parent, signal.SIGSTOP))
    killed = tried(lambda: os.kill(parent, signal.SIGKILL))
    memory = tried(lambda: open(f"/proc/{parent}/mem", "rb"))
    descriptors = tried(lambda: os.listdir(f"/proc/{parent}/fd"))
    saw(stopped=stopped, killed=killed, memory=memory, descriptors=descriptors)


def limits(_):
    names = ("RLIMIT_CORE", "RLIMIT_NOFILE", "RLIMIT_DATA", "RLIMIT_NPROC")
    values = {name: list(resource.getrlimit(getattr(resource, name))) for name in names}
    saw(uid=os.getuid(), groups=os.getgroups(), session=os.getsid(0) == os.getpid(), limits=values)


def scratch(_):
    """Leaves all sorts of things in its folder, and nothing can be written beside it."""
    os.makedirs("closed/inner")
    open("closed/inner/file", "w").close()
    os.symlink("/etc/passwd", "link")
    os.chmod("closed", 0)
    here = os.getcwd()
    beside = tried(lambda: open(os.path.dirname(here) + "/beside", "w"))
    tmp = tried(lambda: open("/tmp/windlass-unruly", "w"))
    saw(folder=here, beside=beside, tmp=tmp)


def receive():
    data = b""
    while not data.endswith(b"\n"):
        part = os.read(FRAMES, 65536)
        if not part:
            sys.exit(0)
        data += part
    return json.loads(data.split(b"\n")[0])


config = receive()["start"]["config"]
announce()
globals()[config["kind"]](config)
