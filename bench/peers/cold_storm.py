#!/usr/bin/env python3
"""Measures whether hits in memory wait for the disk: their latency while many cold stickers are read.

usage: bench/peers/cold_storm.py [--entries 40000] [--rounds 5] [--seconds 1] [--storm-conns 64] [--storm-rate 2000]

Refrain starts with a disk cache of that many stickers of about 30 KB (bench/disk/fill_store.cpp). One of them is
asked for again and again, by a few connections that pause for a millisecond after each answer. That is
measured three times a round: alone; while others are asked for, each once, which are on disk and in the page
cache; and the same with an empty page cache. Each storm goes on in the list where the last one ended, and memory
holds few of it: all answers come from disk, and the disk cache's own counters must agree. Without --storm-rate the storm is as
fast as the server, and a hit waits above all in line with what else arrived; with a rate that leaves the server idle at
times it waits for what the server does while it reads.

The server has core 0. Both loads share core 1, where the storm's has less weight, so that the hit's clock does not
wait for it. wrk adds to its percentiles what requests would have seen that it could not send meanwhile. Figures are
medians over rounds; *max* is the worst of all rounds.

Needs `tools/install_dependencies bench`, and 50 KB of disk (TMPDIR) for each entry. Prints Markdown. Python's standard
library only.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from http_load import BUILD, Case, Wrk, add_arguments, ask, build, parse_arguments, print_machine, start_refrain

DISK_BYTES = 8 << 30  # nothing is evicted
MEMORY_ITEMS = 1000
BEFORE_HITS = 0.3  # seconds of the storm alone
LEAST_FROM_DISK = 0.95  # of the storm's answers

HITS = """
delay = function() return 1 end
"""

# Each digest once, from `first` on; a storm that comes round again is refused afterwards.
STORM = """
%(delay)s
local paths = {}
for digest in io.lines("%(digests)s") do paths[#paths + 1] = "/v1/stickers/" .. digest .. ".png" end
local asked = %(first)d
request = function()
  asked = asked + 1
  return wrk.format("GET", paths[(asked - 1) %% #paths + 1])
end
"""


def path_of(digest):
    return f"/v1/stickers/{digest}.png"


def fill(folder, entries):
    """Fills the disk cache in `folder` and returns the digests of its stickers."""
    command = [BUILD / "bin/fill_store", folder, str(entries), str(DISK_BYTES)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout.split()


def evict(folder):
    """Leaves nothing of the segments in the page cache."""
    os.sync()
    for segment in folder.glob("*.seg"):
        with segment.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def load_into_page_cache(folder):
    for segment in folder.glob("*.seg"):
        with segment.open("rb", buffering=0) as file:
            while file.read(1 << 20):
                pass


def disk_hits(server):
    status = json.loads(ask(server.ports["sticker"], Case("sticker", "GET", "/cache-status"))[2])
    return next(tier["hits"] for tier in status["tiers"] if tier["name"] == "disk")


class Bench:
    """One server, its hot sticker and its cold ones."""

    def __init__(self, server, store, digests, options, folder):
        self.server, self.store, self.options, self.folder = server, store, options, folder
        self.hot, self.cold = digests[0], digests[1:]
        self.next_cold = 0
        self.digests = folder / "digests"
        self.digests.write_text("\n".join(self.cold) + "\n")
        self.url = f"http://127.0.0.1:{server.ports['sticker']}"

    def hits(self):
        return Wrk(self.url + path_of(self.hot), HITS, self.options.conns, self.options.seconds, self.folder)

    def quiet(self):
        return self.hits().result(), None

    def warm_storm(self):
        load_into_page_cache(self.store)
        return self.storm()

    def cold_storm(self):
        evict(self.store)
        return self.storm()

    def storm_script(self):
        delay = ""
        if self.options.storm_rate:  # at random, lest the connections march in step
            mean_ms = 1000 * self.options.storm_conns // self.options.storm_rate
            delay = f"delay = function() return math.random(0, {2 * mean_ms}) end"
        return STORM % {"digests": self.digests, "first": self.next_cold, "delay": delay}

    def storm(self):
        """(the hits' result, the storm's)."""
        from_disk = disk_hits(self.server)
        storm = Wrk(self.url, self.storm_script(), self.options.storm_conns, self.options.seconds + 1, self.folder, nice=10)
        try:
            time.sleep(BEFORE_HITS)
            hits, result = self.hits().result(), storm.result()
        finally:
            storm.process.kill()  # it has ended, unless the hits failed
        from_disk = disk_hits(self.server) - from_disk
        self.next_cold += result["requests"] + self.options.storm_conns  # those that were not answered any more
        if result["requests"] + MEMORY_ITEMS > len(self.cold):
            raise RuntimeError(f"{result['requests']} requests asked for {len(self.cold)} cold stickers: run it with more --entries")
        if from_disk < LEAST_FROM_DISK * result["requests"]:
            raise RuntimeError(f"only {from_disk} of {result['requests']} answers came from disk")
        return hits, result


def print_table(results):
    print("\n| hits in memory | hits/s | p50 µs | p99 µs | p99.9 µs | max µs | reads/s | their p50 µs | p99 µs |")
    print("| --- | --: | --: | --: | --: | --: | --: | --: | --: |")
    for name, rounds in results.items():
        hits, storms = zip(*rounds)
        cells = [rate(hits), *(median(hits, field) for field in ("p50", "p99", "p999")), max(result["max"] for result in hits)]
        if storms[0]:
            cells += [rate(storms), median(storms, "p50"), median(storms, "p99")]
        print(" | ".join([f"| {name}", *(f"{cell:,.0f}" for cell in cells), *["-"] * (8 - len(cells))]) + " |")


def median(results, field):
    return statistics.median(result[field] for result in results)


def rate(results):
    return statistics.median(result["requests"] / result["microseconds"] * 1e6 for result in results)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--entries", type=int, default=40_000, help="stickers on disk: more than a storm asks for")
    parser.add_argument("--storm-conns", type=int, default=64)
    parser.add_argument("--storm-rate", type=int, default=0, help="cold reads a second, about; 0: as many as the server answers")
    add_arguments(parser)
    parser.set_defaults(seconds=1, conns=8)
    options = parse_arguments(parser)
    if options.entries <= MEMORY_ITEMS or options.storm_conns < 1 or options.storm_rate < 0:
        parser.error(f"entries are more than {MEMORY_ITEMS}, storm connections at least 1, and a rate no less than 0")
    return options


def main():
    options = arguments()
    build("refrain", "fill_store")
    with tempfile.TemporaryDirectory(prefix="refrain-bench-") as name:
        folder = pathlib.Path(name)
        store = folder / "store"
        digests = fill(store, options.entries)
        server = start_refrain(folder, "--disk-dir", store, "--disk-bytes", DISK_BYTES, "--sticker-memory-items", MEMORY_ITEMS,
                               "--sticker-memory-bytes", 1 << 30, *options.refrain_options)
        try:
            bench = Bench(server, store, digests, options, folder)
            scenes = {
                "quiet": bench.quiet,
                "while reading from the page cache": bench.warm_storm,
                "while reading from disk": bench.cold_storm,
            }
            results = {scene: [] for scene in scenes}
            for number in range(options.rounds):
                for scene, run in scenes.items():
                    results[scene].append(run())
                    print(f"round {number + 1}  {scene}: p99 {results[scene][-1][0]['p99']} µs", file=sys.stderr, flush=True)
        finally:
            server.stop()
    print_machine(options)
    print_table(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
