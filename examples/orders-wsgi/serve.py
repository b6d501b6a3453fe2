"""Serves `app.py` by the standard library alone, for trying out. Usage: serve.py PORT"""

import os
import socketserver
import sys
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../python"))

from app import app  # noqa: E402


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Handler(WSGIRequestHandler):
    def log_message(self, format, *args):
        pass


with make_server("127.0.0.1", int(sys.argv[1]), app, Server, Handler) as server:
    print("listening", flush=True)
    server.serve_forever()
