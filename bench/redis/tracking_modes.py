#!/usr/bin/env python3
"""What the two modes of CLIENT TRACKING cost a Redis server.

usage: tracking_modes.py [--instances N] [--keys N] [--reads N] [--writes N]

Starts a redis-server of its own on a Unix socket. Each of the instances reads keys, the hottest most, on a
connection that tracks (each key that was read, or by broadcast of a prefix, or not at all); then one writer
overwrites keys. Prints a line a mode: the server's CPU for reads and writes, its memory, and how many messages
the instances got.
"""

import argparse
import os
import random
import socket
import subprocess
import tempfile
import time

PREFIX = "refrain:1:text:1:"
BATCH = 500


def wire(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in
                                             (w.encode() if isinstance(w, str) else w for w in words))


class Connection:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")
        self.pushes = 0
        self.send([wire("HELLO", "3")])
        self.value()

    def send(self, commands):
        self.socket.sendall(b"".join(commands))

    def value(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind in b"$=":
            return self.file.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
        if kind in b"*>~":
            return [self.value() for _ in range(int(rest))]
        if kind == b"%":
            return [self.value() for _ in range(2 * int(rest))]
        return rest

    def reply(self):
        """The next value that is no push message; those are counted."""
        while True:
            is_push = self.file.peek(1)[:1] == b">"
            value = self.value()
            if not is_push:
                return value
            self.pushes += len(value[1]) if value[1] else 1

    def ask(self, *words):
        self.send([wire(*words)])
        return self.reply()

    def batch(self, commands):
        for i in range(0, len(commands), BATCH):
            part = commands[i:i + BATCH]
            self.send(part)
            for _ in part:
                self.reply()


def info(connection, name):
    for line in connection.ask("INFO", "all").decode().split("\r\n"):
        if line.startswith(name + ":"):
            return float(line.split(":")[1])
    raise KeyError(name)


def cpu_seconds(connection):
    return info(connection, "used_cpu_user") + info(connection, "used_cpu_sys")


def name(index):
    return PREFIX + "%064x" % index


def run(path, mode, arguments):
    control = Connection(path)
    control.ask("FLUSHALL")
    body = b"x" * 300
    control.batch([wire("SET", name(i), body) for i in range(arguments.keys)])
    instances = [Connection(path) for _ in range(arguments.instances)]
    for one in instances:
        if mode == "broadcast":
            one.ask("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", PREFIX)
        elif mode == "per key":
            one.ask("CLIENT", "TRACKING", "ON")
    draw = random.Random(1)
    memory = info(control, "used_memory")
    begin = cpu_seconds(control)
    for one in instances:
        one.batch([wire("GET", name(min(int(draw.paretovariate(0.6)) - 1, arguments.keys - 1)))
                   for _ in range(arguments.reads)])
    read = cpu_seconds(control) - begin
    grown = info(control, "used_memory") - memory
    begin = cpu_seconds(control)
    writes = [wire("SET", name(draw.randrange(arguments.keys)), body) for _ in range(arguments.writes)]
    for i in range(0, len(writes), 50):  # not one large turn of the server's loop
        control.batch(writes[i:i + 50])
    written = cpu_seconds(control) - begin
    for one in instances:
        one.ask("PING")
    pushes = sum(one.pushes for one in instances)
    print("| %-9s | %6.2f | %6.2f | %8.0f | %9d |" % (
        mode, 1e6 * read / (arguments.reads * arguments.instances), 1e6 * written / arguments.writes,
        grown / 1024, pushes), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--instances", type=int, default=4)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--reads", type=int, default=100_000)
    parser.add_argument("--writes", type=int, default=20_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "redis.sock")
        server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder],
                                  stdout=subprocess.DEVNULL)
        try:
            while not os.path.exists(path):
                time.sleep(0.01)
            print("| mode | server µs a read | server µs a write | KiB for tracking | messages |")
            print("| --- | --- | --- | --- | --- |")
            for mode in ("off", "per key", "broadcast"):
                run(path, mode, arguments)
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
