#!/usr/bin/env python3
"""Measures Refrain's HTTP hits beside nginx proxy_cache, Varnish and the raw-epoll floor, in one run.

usage: bench/peers/http_hits.py [--servers refrain,nginx] [--cases text-get,…] [--rounds 5] [--seconds 3] [--conns 16]

All servers answer with the bytes that Refrain answered once; http_load.py says how they are measured. Ratios
of one run hold; absolute figures move with the machine.

Needs `tools/install_dependencies bench`. Prints Markdown. Python's standard library only.
"""

import argparse
import collections
import http.server
import os
import pathlib
import socket
import sys
import tempfile
import threading

from http_load import (CASES, Server, add_arguments, bodies_of, build, free_port, measure, parse_arguments, print_machine, print_tables,
                       start_floor, start_refrain, warm)

SERVERS = ("refrain", "floor", "nginx", "varnish")


class Origin:
    """What the caching peers ask on a miss: answers each path and method with its case's body."""

    def __init__(self, bodies):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                content_type, body = bodies[(self.command, self.path)]
                self.send_response(200)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "public, max-age=86400")
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log error; {user}
events {{ worker_connections 2048; }}
http {{
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_timeout 600; keepalive_requests 1000000000; client_body_buffer_size 16k;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_cache_path {folder}/cache levels=1:2 keys_zone=answers:32m max_size=1g inactive=1d use_temp_path=off;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{origin}; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache answers; proxy_cache_valid 200 1d; proxy_cache_lock on; proxy_cache_methods GET HEAD POST;
      proxy_cache_key "$request_method$request_uri|$request_body";
      add_header X-Cache $upstream_cache_status;
    }}
  }}
}}
"""


def start_nginx(origin, folder):
    folder = folder / "nginx"
    folder.mkdir()
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, origin=origin.port, user=user))
    server = Server("nginx proxy_cache", ["nginx", "-e", folder / "error.log", "-c", folder / "nginx.conf", "-p", folder],
                    collections.defaultdict(lambda: port), folder)
    server.wait_until(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None)
    return server


VARNISH = """
vcl 4.1;
import std;
import bodyaccess;
backend default {{ .host = "127.0.0.1"; .port = "{origin}"; }}
sub vcl_recv {{
  if (req.method == "POST") {{ std.cache_req_body(64KB); set req.http.X-Was-Post = "1"; return (hash); }}
}}
sub vcl_hash {{ if (req.http.X-Was-Post) {{ bodyaccess.hash_req_body(); }} }}
sub vcl_backend_fetch {{ if (bereq.http.X-Was-Post) {{ set bereq.method = "POST"; }} }}
"""


def start_varnish(origin, folder):
    folder = folder / "varnish"
    folder.mkdir()
    port = free_port()
    (folder / "cache.vcl").write_text(VARNISH.format(origin=origin.port))
    command = ["varnishd", "-F", "-n", folder / "state", "-a", f"127.0.0.1:{port}", "-f", folder / "cache.vcl",
               "-s", "malloc,256m", "-j", "none", "-p", "thread_pools=1"]
    server = Server("Varnish", command, collections.defaultdict(lambda: port), folder)
    server.wait_until(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None)
    return server


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--servers", default=",".join(SERVERS), help=f"of {', '.join(SERVERS)}")
    parser.add_argument("--cases", default=",".join(CASES), help=f"of {', '.join(CASES)}")
    add_arguments(parser)
    options = parse_arguments(parser)
    options.servers = options.servers.split(",")
    options.cases = options.cases.split(",")
    for value, known in [*((s, SERVERS) for s in options.servers), *((c, CASES) for c in options.cases)]:
        if value not in known:
            parser.error(f"'{value}' is none of {', '.join(known)}")
    return options


def main():
    options = arguments()
    build("peer_raw_epoll", *(["refrain"] if "refrain" in options.servers else []))
    cases = {name: CASES[name] for name in options.cases}
    servers = []
    with tempfile.TemporaryDirectory(prefix="refrain-bench-") as name:
        folder = pathlib.Path(name)
        try:
            if "refrain" in options.servers:
                servers.append(start_refrain(folder, *options.refrain_options))
            bodies = bodies_of(cases, servers[0] if servers else None)
            origin = Origin({(cases[name].method, cases[name].path): body for name, body in bodies.items()})
            if "floor" in options.servers:
                servers.append(start_floor(bodies, folder))
            if "nginx" in options.servers:
                servers.append(start_nginx(origin, folder))
            if "varnish" in options.servers:
                servers.append(start_varnish(origin, folder))
            warm(servers, cases, bodies)
            samples = measure(servers, cases, options, folder)
        finally:
            for server in servers:
                server.stop()
    print_machine(options)
    print_tables(samples, cases, bodies, servers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
