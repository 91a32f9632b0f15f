"""How HTTP servers are measured here: who runs where, wrk, CPU by requests, tables in Markdown.

The scripts beside this file start their servers and leave the rest to it. Servers run on core 0 and wrk
on core 1. Rounds go round all servers, so that a drift of the machine touches them alike; figures are medians
over rounds. CPU is user and system time of all the server's processes by requests: the figure to
compare, since wrk is often the slower side.
"""

import collections
import dataclasses
import http.client
import json
import os
import pathlib
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/release"
SERVER_CORE, CLIENT_CORE = 0, 1
BUSY = 0.15  # of a core, by others: above it a sample is called disturbed
TICKS = os.sysconf("SC_CLK_TCK")
FLOOR = "raw epoll (floor)"


@dataclasses.dataclass(frozen=True)
class Case:
    """One request, asked again and again. `service` names the port of Refrain's that answers it."""

    service: str
    method: str
    path: str
    body: str = ""
    sample_size: int = 300  # of the stand-in body, where Refrain does not run


TEXT = {"text": "I would like", "count": 3, "words": 2}
STICKER = {"prompt": "a happy cat with a red balloon", "size": 256, "format": "png"}

CASES = {
    "text-get": Case("text", "GET", "/v1/predictions?" + urllib.parse.urlencode(TEXT)),
    "text-post": Case("text", "POST", "/v1/predictions", json.dumps(TEXT)),
    "sticker-get": Case("sticker", "GET", "/v1/stickers?" + urllib.parse.urlencode(STICKER), sample_size=30 * 1024),
    "sticker-post": Case("sticker", "POST", "/v1/stickers", json.dumps(STICKER), sample_size=30 * 1024),
}


def build(*targets):
    """What all measurements need: the peers' packages and programs of the release preset."""
    subprocess.run([ROOT / "tools/install_dependencies", "bench"], check=True)
    subprocess.run(["cmake", "-S", ROOT, "--preset", "release"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", BUILD, "--parallel", "2", "--target", *targets], check=True, stdout=sys.stderr)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def ask(port, case):
    """(status, headers, body) of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Content-Type": "application/json"} if case.body else {}
        connection.request(case.method, case.path, case.body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


class Server:
    """A running server: its process tree, pinned to one core, and the port of each service."""

    def __init__(self, name, command, ports, folder):
        self.name = name
        self.ports = ports
        folder.mkdir(exist_ok=True)
        self.log = folder / "output.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(SERVER_CORE), *map(str, command)],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )

    def wait_until(self, is_ready, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended at once:\n{self.log.read_text(errors='replace')}")
            try:
                if is_ready():
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} was not ready in {seconds} s:\n{self.log.read_text(errors='replace')}")

    def processes(self):
        """This server's process and all its descendants."""
        children = collections.defaultdict(list)
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                children[int(stat.read_text().rpartition(")")[2].split()[1])].append(int(stat.parent.name))
            except OSError:
                pass  # it ended while we looked
        found = [self.process.pid]
        for pid in found:
            found.extend(children[pid])
        return found

    def cpu_seconds(self):
        total = 0
        for pid in self.processes():
            try:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def stop(self):
        for sent in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is None:
                os.killpg(self.process.pid, sent)
                try:
                    self.process.wait(10)
                except subprocess.TimeoutExpired:
                    pass


def start_refrain(folder, *options, name="refrain"):
    """Refrain with one event loop, in a folder of its own, where its disk cache is too."""
    ports = {"text": free_port(), "sticker": free_port()}
    command = [BUILD / "bin/refrain", "serve", "--threads", 1, "--text-port", ports["text"], "--sticker-port", ports["sticker"],
               "--mock-delay", 0, "--no-redis", *options]
    server = Server(name, command, ports, folder / name.replace(" ", "-"))
    health = Case("", "GET", "/healthz")
    server.wait_until(lambda: all(ask(port, health)[0] == 200 for port in ports.values()))
    return server


def start_floor(bodies, folder):
    """One process a body, in one tree, each with a fixed answer."""
    ports, commands = {}, []
    for service in {case.service for case in CASES.values()}:
        content_type, body = next((value for name, value in bodies.items() if CASES[name].service == service), (None, None))
        if body is None:
            continue
        ports[service] = free_port()
        file = folder / f"body-{service}"
        file.write_bytes(body)
        commands.append(f"{BUILD}/bin/peer_raw_epoll {ports[service]} {file} {content_type} &")
    # The signal that ends the shell ends its children too; it stays to collect them.
    server = Server(FLOOR, ["sh", "-c", " ".join(["trap wait TERM;", *commands, "wait"])], ports, folder / "floor")
    server.wait_until(lambda: all(ask(port, Case("", "GET", "/"))[0] == 200 for port in ports.values()))
    return server


# wrk reports through a script: its text output rounds, and hides which errors there were.
REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\nRESULT {"requests":%d,"microseconds":%d,"errors":%d,"p50":%d,"p99":%d,"p999":%d,"max":%d}\\n',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max))
end
"""


class Wrk:
    """A running wrk with one thread. `script` is Lua that makes its requests."""

    def __init__(self, url, script, conns, seconds, folder, nice=0):
        self.seconds = seconds
        with tempfile.NamedTemporaryFile("w", suffix=".lua", dir=folder, delete=False) as file:
            file.write(script + REPORT)
        command = ["nice", "-n", nice, "taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{conns}", f"-d{seconds}s", "-s", file.name, url]
        self.process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def result(self):
        """What `REPORT` says, when it has ended: times in microseconds."""
        try:
            output, errors = self.process.communicate(timeout=self.seconds + 60)
        except BaseException:
            self.process.kill()
            raise
        if self.process.returncode:
            raise RuntimeError(f"wrk ended with {self.process.returncode}: {output}{errors}")
        result = json.loads(output.partition("RESULT ")[2])
        if result["errors"]:
            raise RuntimeError(f"{result['errors']} of {result['requests']} requests failed")
        return result


def busy_seconds():
    """CPU time of all processes of the machine."""
    fields = list(map(int, pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]))
    return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / TICKS


@dataclasses.dataclass(frozen=True)
class Sample:
    requests_per_second: float
    cpu_us: float
    p50_us: float
    p99_us: float
    others: float  # CPU that processes of nobody here took, in cores


def load(server, case, conns, seconds, folder):
    """One run of wrk against `server`."""
    script = "\n".join([f"wrk.method = {json.dumps(case.method)}", f"wrk.body = {json.dumps(case.body) if case.body else 'nil'}",
                        'wrk.headers["Content-Type"] = "application/json"'])
    times, cpu, busy, began = os.times(), server.cpu_seconds(), busy_seconds(), time.monotonic()
    result = Wrk(f"http://127.0.0.1:{server.ports[case.service]}{case.path}", script, conns, seconds, folder).result()
    cpu, busy, wall = server.cpu_seconds() - cpu, busy_seconds() - busy, time.monotonic() - began
    after = os.times()
    ours = cpu + sum(after[:4]) - sum(times[:4])
    requests = result["requests"]
    return Sample(requests / result["microseconds"] * 1e6, cpu / requests * 1e6, result["p50"], result["p99"], max(0, busy - ours) / wall)


def bodies_of(cases, refrain):
    """name → (content type, body): Refrain's own answers, or stand-ins of about their size without it."""
    bodies = {}
    for name, case in cases.items():
        if refrain is None:
            content_type = "application/json" if case.service == "text" else "image/png"
            bodies[name] = (content_type, (b'{"stand-in":"' + b"x" * case.sample_size)[: case.sample_size - 2] + b'"}')
            continue
        ask(refrain.ports[case.service], case)
        status, headers, body = ask(refrain.ports[case.service], case)
        if status != 200 or "; hit" not in (headers["Cache-Status"] or ""):
            raise RuntimeError(f"{name}: the second answer is no hit: {status} {headers['Cache-Status']} {body[:200]!r}")
        bodies[name] = (headers["Content-Type"], body)
    return bodies


def warm(servers, cases, bodies):
    """Asks each server for each case until it must be cached, and checks what came."""
    for server in servers:
        for name, case in cases.items():
            for _ in range(2):
                status, _, body = ask(server.ports[case.service], case)
            is_floor = server.name == FLOOR
            if status != 200 or (len(body) != len(bodies[name][1]) if is_floor else body != bodies[name][1]):
                raise RuntimeError(f"{server.name} answers {name} with {status} and {len(body)} other bytes")


def measure(servers, cases, options, folder):
    """(server's name, case's name) → samples, one a round."""
    samples = collections.defaultdict(list)
    for number in range(options.rounds):
        for name, case in cases.items():
            for server in servers:
                if number == 0:
                    load(server, case, options.conns, 1, folder)
                sample = load(server, case, options.conns, options.seconds, folder)
                samples[server.name, name].append(sample)
                print(f"round {number + 1}  {name:<13} {server.name:<18} {sample.requests_per_second:>9,.0f}/s "
                      f"{sample.cpu_us:6.2f} µs, others {sample.others:.2f}", file=sys.stderr, flush=True)
    return samples


def median(samples, field):
    return statistics.median(getattr(sample, field) for sample in samples)


def print_tables(samples, cases, bodies, servers):
    for name in cases:
        floor = samples.get((FLOOR, name))
        print(f"\n### {name}: {len(bodies[name][1])} bytes\n")
        print("| server | requests/s | CPU µs a request | of the floor | p50 µs | p99 µs |\n| --- | --: | --: | --: | --: | --: |")
        for server in sorted(servers, key=lambda server: median(samples[server.name, name], "cpu_us")):
            mine = samples[server.name, name]
            cpu = median(mine, "cpu_us")
            ratio = f"{cpu / median(floor, 'cpu_us'):.2f}" if floor else ""
            print(f"| {server.name} | {median(mine, 'requests_per_second'):,.0f} | {cpu:.2f} | {ratio} "
                  f"| {median(mine, 'p50_us'):.0f} | {median(mine, 'p99_us'):.0f} |")
    disturbed = sum(sample.others > BUSY for run in samples.values() for sample in run)
    print(f"\n{disturbed} of {sum(map(len, samples.values()))} samples were taken while other processes used over {BUSY:.0%} of a core.")


def print_machine(options):
    model = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False).stdout.strip()
    print(f"{model}, {os.cpu_count()} cores, Linux {platform.release()}; commit {commit or 'unknown'}; "
          f"{options.conns} connections, {options.rounds} rounds of {options.seconds} s; server on core {SERVER_CORE}, wrk on core {CLIENT_CORE}.")


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of one measurement")
    parser.add_argument("--conns", type=int, default=16)
    parser.add_argument("--refrain-options", default="", help="more options for `refrain serve`")


def parse_arguments(parser):
    options = parser.parse_args()
    options.refrain_options = options.refrain_options.split()
    if min(options.rounds, options.seconds, options.conns) < 1:
        parser.error("rounds, seconds and connections are at least 1")
    if len(os.sched_getaffinity(0)) < 2:
        parser.error("needs two cores: one for the server, one for wrk")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers end too
    return options
