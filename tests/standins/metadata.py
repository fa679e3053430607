"""aws-export-credentials with the one header that it leaves out.

The instance metadata service answers a token request with the token's lifetime in the header
X-aws-ec2-metadata-token-ttl-seconds (Amazon EC2 User Guide, "Use the Instance Metadata Service to access instance
metadata"), and AWS's Rust SDK refuses a token without it. Everything else is the package's own.
"""

from http.server import BaseHTTPRequestHandler

from aws_export_credentials import aws_export_credentials

TTL = "x-aws-ec2-metadata-token-ttl-seconds"


def with_lifetime(handler):
    end_headers = handler.end_headers

    def patched(self):
        if self.command == "PUT" and self.headers[TTL]:
            self.send_header(TTL, self.headers[TTL])
        end_headers(self)

    handler.end_headers = patched


with_lifetime(BaseHTTPRequestHandler)
aws_export_credentials.main()
