"""An SMTP server, aiosmtpd, with a user, and with recipients whom it refuses.

    smtp.py PORT RECORD SECURITY CERTIFICATE KEY USER PASSWORD [MECHANISM]

SECURITY is `starttls`, `tls` or `none`; MECHANISM is the only one that is offered. `nobody@` is refused, `later@` for now;
whoever sends as `spammer@` has the message refused. Writes a JSON line for each message that it takes into the file RECORD.
"""

import asyncio
import email
import json
import ssl
import sys
from email.policy import default

from aiosmtpd.smtp import SMTP, AuthResult

PORT, RECORD, SECURITY, CERTIFICATE, KEY, USER, PASSWORD, *MECHANISM = sys.argv[1:]
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(CERTIFICATE, KEY)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user here"
        if address.startswith("later@"):
            return "450 4.2.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        if envelope.mail_from.startswith("spammer@"):
            return "554 5.7.1 this looks like spam"
        message = email.message_from_bytes(envelope.content, policy=default)
        html = message.get_body(["html"])
        taken = {
            "tls": session.ssl is not None or SECURITY == "tls",
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "raw": {name.lower(): value for name, value in message.raw_items()},
            "text": message.get_body(["plain"]).get_content(),
            "html": html and html.get_content(),
        }
        with open(RECORD, "a", encoding="utf-8") as record:
            print(json.dumps(taken), file=record)
        return "250 2.0.0 queued as 4711"


def authenticate(server, session, envelope, mechanism, data):
    known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=known)


def protocol():
    started = SECURITY == "starttls"
    others = {"PLAIN", "LOGIN"} - set(MECHANISM) if MECHANISM else set()
    return SMTP(
        Handler(),
        hostname="mail.example",
        tls_context=context if started else None,
        require_starttls=started,
        authenticator=authenticate,
        auth_required=True,
        auth_require_tls=started,
        auth_exclude_mechanism=others,
        enable_SMTPUTF8=False,
    )


async def main():
    secured = context if SECURITY == "tls" else None
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", int(PORT), ssl=secured)
    await server.serve_forever()


asyncio.run(main())
