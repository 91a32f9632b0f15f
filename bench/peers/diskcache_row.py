#!/usr/bin/python3
"""Measures python-diskcache as build/release/bin/disk_peers measures the others, and prints its row of that table.

usage: bench/peers/diskcache_row.py [--objects 20000] [--rounds 3]

Debian's package (`tools/install_dependencies bench`) belongs to Debian's own Python: hence the first line. The
objects have the same distribution of sizes; TMPDIR says on which disk. Its settings are its defaults, but
for the size limit.
"""

import argparse
import os
import pathlib
import random
import statistics
import tempfile
import time

import diskcache

COLD_GETS = 1500
SIZE_LIMIT = 8 << 30  # nothing is evicted
POOL = 64 << 20
LARGEST = 400_000


class Objects:
    """See bench/disk/disk_objects.h."""

    def __init__(self, count):
        rng = random.Random(7)
        self.sizes = [int(min(LARGEST, max(500, rng.lognormvariate(9.989, 0.8)))) for _ in range(count)]
        self.keys = [rng.randbytes(32) for _ in range(count)]
        self.pool = rng.randbytes(POOL)

    def body(self, i):
        begin = i * 104_729 % (POOL - LARGEST)
        return self.pool[begin : begin + self.sizes[i]]


def evict(folder):
    """As root the machine's caches, else the files' pages."""
    os.sync()
    try:
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        for path in filter(pathlib.Path.is_file, folder.rglob("*")):
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def gets(cache, objects, numbers):
    """(gets a second, p50 and p99 in microseconds)."""
    times = []
    began = time.perf_counter()
    for i in numbers:
        before = time.perf_counter()
        body = cache[objects.keys[i]]
        times.append(time.perf_counter() - before)
        if len(body) != objects.sizes[i]:
            raise RuntimeError("an object is another")
    rate = len(numbers) / (time.perf_counter() - began)
    times.sort()
    return rate, times[len(times) // 2] * 1e6, times[len(times) * 99 // 100] * 1e6


def measure(objects, seed):
    """The row's figures: as the columns of disk_peers, without those for fsync and threads."""
    rng = random.Random(seed)
    count = len(objects.sizes)
    with tempfile.TemporaryDirectory(prefix="refrain-bench-") as name:
        folder = pathlib.Path(name)
        began = time.perf_counter()
        with diskcache.Cache(name, size_limit=SIZE_LIMIT) as cache:
            for i in range(count):
                cache[objects.keys[i]] = objects.body(i)
        inserts = count / (time.perf_counter() - began)
        os.sync()
        space = sum(path.lstat().st_blocks * 512 for path in folder.rglob("*")) / sum(objects.sizes)
        began = time.perf_counter()
        with diskcache.Cache(name, size_limit=SIZE_LIMIT) as cache:
            reopen = (time.perf_counter() - began) * 1e3
            gets(cache, objects, range(count))
            warm = gets(cache, objects, rng.choices(range(count), k=count))
        evict(folder)
        with diskcache.Cache(name, size_limit=SIZE_LIMIT) as cache:
            evict(folder)
            cold = gets(cache, objects, rng.sample(range(count), min(COLD_GETS, count)))
    return inserts, warm[1], warm[2], warm[0], cold[1], cold[2], reopen, space


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--objects", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    objects = Objects(options.objects)
    figures = [statistics.median(column) for column in zip(*(measure(objects, seed) for seed in range(options.rounds)))]
    words = [f"{figure:,.{2 if figure < 10 else 1 if figure < 100 else 0}f}" for figure in figures]
    print(" | ".join(["| python-diskcache", words[0], "-", *words[1:4], "-", *words[4:]]) + " |")


if __name__ == "__main__":
    main()
