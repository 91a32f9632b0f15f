#!/usr/bin/env python3
"""Measures what one sticker costs that is answered from memory and from disk, and the raw-epoll floor, in one run.

usage: bench/peers/disk_hits.py [--rounds 5] [--seconds 3] [--conns 16]

Three Refrains answer the same request: one from memory, two without memory from the disk cache, by copying
the record through the process or by `sendfile`. The sticker's file is in the page cache. http_load.py says how they
are measured. A program without the option --disk-transfer is measured as it reads.

Needs `tools/install_dependencies bench`. Prints Markdown. Python's standard library only.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

from http_load import (BUILD, CASES, add_arguments, ask, bodies_of, build, measure, parse_arguments, print_machine, print_tables,
                       start_floor, start_refrain, warm)

CASE = "sticker-get"


def ways():
    """name → (the tier that answers, options)."""
    help_text = subprocess.run([BUILD / "bin/refrain", "serve", "--help"], capture_output=True, text=True, check=True).stdout
    from_disk = ("--sticker-memory-items", 0)
    if "--disk-transfer" not in help_text:
        print("This program has no --disk-transfer: sendfile is left out.", file=sys.stderr)
        return {"memory": ("memory", ()), "disk": ("disk", from_disk)}
    return {
        "memory": ("memory", ()),
        "disk, copy": ("disk", (*from_disk, "--disk-transfer", "copy")),
        "disk, sendfile": ("disk", (*from_disk, "--disk-transfer", "sendfile")),
    }


def check_tier(server, tier):
    headers = ask(server.ports["sticker"], CASES[CASE])[1]
    if not (headers["Cache-Status"] or "").endswith(f"detail={tier}"):
        raise RuntimeError(f"{server.name}: not answered from {tier}: {headers['Cache-Status']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    add_arguments(parser)
    options = parse_arguments(parser)
    build("refrain", "peer_raw_epoll")
    cases = {CASE: CASES[CASE]}
    servers = []
    with tempfile.TemporaryDirectory(prefix="refrain-bench-") as name:
        folder = pathlib.Path(name)
        try:
            tiers = {}
            for way, (tier, way_options) in ways().items():
                servers.append(start_refrain(folder, *way_options, *options.refrain_options, name=way))
                tiers[servers[-1]] = tier
            bodies = bodies_of(cases, servers[0])
            servers.append(start_floor(bodies, folder))
            warm(servers, cases, bodies)
            for server, tier in tiers.items():
                check_tier(server, tier)
            samples = measure(servers, cases, options, folder)
        finally:
            for server in servers:
                server.stop()
    print_machine(options)
    print_tables(samples, cases, bodies, servers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
