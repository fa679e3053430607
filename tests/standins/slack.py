"""A fake of Slack's incoming webhooks, behind a proxy that leads everything to it: nothing here is Slack's.

    slack.py PORT RECORD CERTIFICATE KEY

It answers as Slack documents ("Sending messages using incoming webhooks", https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/,
"Handling errors", and https://docs.slack.dev/apis/web-api/rate-limits/): the last part of the address says with which word.
Writes a JSON line for each message into the file RECORD.
"""

import json
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, RECORD, CERTIFICATE, KEY = sys.argv[1:]
WORDS = {
    "invalid_payload": 400,
    "action_prohibited": 403,
    "no_service": 404,
    "channel_is_archived": 410,
    "rate_limited": 429,
    "rollup_error": 500,
}
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(CERTIFICATE, KEY)


class Slack(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self):
        self.send_response(200)
        self.end_headers()
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
        self.asked, self.close_connection = self.path, False

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(RECORD, "a", encoding="utf-8") as record:
            print(json.dumps({"asked": self.asked, "host": self.headers["Host"], "message": message}), file=record)
        word = self.path.rsplit("/", 1)[1]
        said = word if word in WORDS else ("ok" if word.startswith("ok") else f"no route for {self.path}")
        self.send_response(WORDS.get(word, 200 if said == "ok" else 404))
        if word == "rate_limited":
            self.send_header("Retry-After", "30")
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())


ThreadingHTTPServer(("127.0.0.1", int(PORT)), Slack).serve_forever()
