"""The API of `explain.test.ts` behind Python's guard. Prints the address that it listens at."""

import json
import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../python"))

from keywright.wsgi import Guard  # noqa: E402

PERMISSIONS = json.loads(os.environ["PERMISSIONS"])
EXPORT_COSTS = json.loads(os.environ["EXPORT_COSTS"])

guard = Guard(url=os.environ["KEYWRIGHT_URL"], credential=os.environ["KEYWRIGHT_CREDENTIAL"])


def here(_environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
    return [b"here"]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_args):
        pass


app = guard(
    here,
    tenant=lambda r: r.segment(1),
    site=lambda r: r.segment(3),
    permission=lambda r: PERMISSIONS[r.segment(4)],
    budgets=lambda r: EXPORT_COSTS if r.segment(4) == "exports" else {},
)
with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
    print(f"listening http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
