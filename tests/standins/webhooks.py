"""A receiver of webhooks, which verifies their signatures with the library of Standard Webhooks.

    webhooks.py PORT RECORD SECRET

Writes a JSON line for each request into the file RECORD. The first part of the path are the statuses of the answers, one after
the other: `/503,200/orders`. An answer that is no success repeats path and authorization, as careless servers do.
"""

import json
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

PORT, RECORD, SECRET = sys.argv[1:]
seen = Counter()


def verdict(body, headers):
    try:
        Webhook(SECRET).verify(body, headers)
        return "verified"
    except WebhookVerificationError as error:
        return str(error)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = {"path": self.path, "headers": headers, "body": body, "signature": verdict(body, headers)}
        with open(RECORD, "a", encoding="utf-8") as record:
            print(json.dumps(request), file=record)
        statuses = self.path.split("/")[1].split(",")
        status = int(statuses[min(seen[self.path], len(statuses) - 1)])
        seen[self.path] += 1
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "30")
        if status == 302:
            self.send_header("Location", "/200/elsewhere")
        said = b"" if status < 300 else f"not {self.path} for {headers.get('authorization')}".encode()
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


ThreadingHTTPServer(("127.0.0.1", int(PORT)), Receiver).serve_forever()
