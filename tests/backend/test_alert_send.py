"""Messages as they arrive: webhooks at a real receiver, mail at a real SMTP server."""

from __future__ import annotations

import email
import email.policy
import json
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from callvitals_server import alert_send
from callvitals_server.alert_config import Email, Webhook
from callvitals_server.alert_message import address
from callvitals_server.alert_send import DeliveryError, send
from callvitals_server.assets import SECTIONS
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks.webhooks import Webhook as Check
from standardwebhooks.webhooks import WebhookVerificationError

from .alert_kit import T0, Receiver, receiving
from .kit import free_port

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ALERT = {
    "id": "0123456789abcdef",
    "rule": "many-poor",
    "subject": "standup <1> & co",
    "about": {"meetingId": "standup <1> & co"},
    "state": "firing",
    "since": T0,
    "firedAt": T0 + 60_000,
    "resolvedAt": None,
    "value": 0.4,
    "threshold": 0.2,
    "unit": "ratio",
    "sentence": "Rated poor: 40 % of 10 participants in 5 min. Limit: 20 %.",
    "severity": "critical",
    "url": "http://vitals/m/standup",
}
FIRING = {"type": "alert.firing", "at": T0 + 60_000, "data": ALERT}
RESOLVED = {
    "type": "alert.resolved",
    "at": T0 + 90_000,
    "data": {**ALERT, "state": "resolved", "resolvedAt": T0 + 90_000},
}
ENDED = {
    "type": "meeting.ended",
    "at": T0,
    "data": {
        "meetingId": "standup", "startedAt": T0 - 600_000, "endedAt": T0, "participants": 3,
        "verdict": "poor", "minutes": 28.5, "poorMinutes": 9.1, "cause": "high-loss",
        "sentence": "Ada: Ada loses 9 % of incoming packets.", "failed": 0, "suffered": 1,
        "who": [
            {"participantId": "p1", "name": "Ada", "verdict": "poor", "minutes": 9.5,
             "poorMinutes": 9.1}
        ],
        "stars": {}, "url": "http://vitals/m/standup",
    },
}  # fmt: skip
KEY = "0123456789abcdef_firing_ops"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def hook(receiver: Receiver, **more: Any) -> Webhook:
    return Webhook.model_validate({"type": "webhook", "url": receiver.url, **more})


def now() -> int:
    return time.time_ns() // 1_000_000


async def test_a_webhook_is_signed_as_standard_webhooks_are(receiver: Receiver) -> None:
    await send(hook(receiver, secret=SECRET), FIRING, KEY, now())
    ((headers, body),) = receiver.requests
    assert headers["idempotency-key"] == headers["webhook-id"] == KEY
    assert headers["content-type"] == "application/json"
    told = Check(SECRET).verify(body, headers)  # another's code
    assert told == json.loads(body)
    assert told["type"] == "alert.firing"
    assert told["timestamp"] == "2026-11-18T11:07:40Z"
    assert told["data"] == ALERT
    with pytest.raises(WebhookVerificationError):
        Check(SECRET).verify(body + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Check("whsec_AAAA").verify(body, headers)


async def test_a_secret_may_be_any_text(receiver: Receiver) -> None:
    await send(hook(receiver, secret="correct horse"), FIRING, KEY, now())
    await send(hook(receiver), FIRING, KEY, now())
    (signed, body), (plain, _) = receiver.requests
    assert Check("Y29ycmVjdCBob3JzZQ==").verify(body, signed)
    assert "webhook-signature" not in plain


async def test_slack_understands_it(receiver: Receiver) -> None:
    for event in (FIRING, RESOLVED, ENDED):
        await send(hook(receiver, format="slack"), event, KEY, now())
    firing, resolved, ended = (json.loads(body) for _, body in receiver.requests)
    assert firing["text"] == "*Firing: many-poor (standup &lt;1&gt; &amp; co)*"
    (attachment,) = firing["attachments"]
    assert attachment["color"] == "#c62828"
    assert attachment["title_link"] == ALERT["url"]
    assert ALERT["sentence"] in attachment["text"]
    assert resolved["attachments"][0]["color"] == "#2e7d32"
    assert "Resolved 2026-11-18T11:08:10Z." in resolved["attachments"][0]["text"]
    assert ended["text"] == "*Meeting standup ended: poor*"
    assert "Ada: poor, 9.1 of 9.5 minutes poor" in ended["attachments"][0]["text"]


@pytest.mark.parametrize("answer", [500, 404, 301, 429])
async def test_what_is_not_taken_is_an_error_without_the_address(
    receiver: Receiver, answer: int
) -> None:
    receiver.answers = [answer]
    with pytest.raises(DeliveryError) as error:
        await send(hook(receiver), FIRING, KEY, now())
    assert str(error.value) == f"127.0.0.1 answered {answer}"
    receiver.down()
    with pytest.raises(DeliveryError) as error:
        await send(hook(receiver), FIRING, KEY, now())
    assert str(error.value) == "127.0.0.1 cannot be reached: ConnectError"


async def test_who_is_too_slow_is_asked_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.answers = ["slow", 200]
    with monkeypatch.context() as patch:
        patch.setattr(alert_send, "SECONDS", 1.0)
        with pytest.raises(DeliveryError, match="did not answer"):
            await send(hook(receiver), FIRING, KEY, now())
    assert not receiver.answered.is_set()
    await send(hook(receiver), FIRING, KEY, now())
    assert len(receiver.requests) == 2
    assert len(receiver.bodies()) == 1  # by its key it is one


@pytest.mark.parametrize(
    ("about", "path"),
    [
        ({}, "/alerts"),
        ({"meetingId": "a/b ?"}, "/m/a%2Fb%20%3F?started=1795000000000"),
        ({"meetingId": "a", "participantId": "ü"}, "/m/a/p/%C3%BC?started=1795000000000"),
        (
            {"service": "shop", "method": "GET", "route": "/a/{id}"},
            "/http/endpoint?service=shop&method=GET&route=%2Fa%2F%7Bid%7D",
        ),
    ],
)
def test_an_alert_leads_to_what_it_is_about(about: dict[str, str], path: str) -> None:
    assert address("http://vitals", about, 1_795_000_000_000) == f"http://vitals{path}"
    first = path.split("/")[1]
    assert first == "m" or f"/{first}" in SECTIONS  # a page that the service has


# -- mail ----------------------------------------------------------------------------------------


class Box:
    """Takes mail."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], email.message.Message]] = []
        self.refuse = ""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refuse:
            return self.refuse
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos, parsed))
        return "250 taken"


Serve = Callable[..., int]


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def serve(box: Box) -> Iterator[Serve]:
    """Starts an SMTP server on loopback: its port."""
    running: list[Controller] = []

    def start(**more: Any) -> int:
        port = free_port()
        controller = Controller(box, hostname="127.0.0.1", port=port, **more)
        controller.start()
        running.append(controller)
        return port

    yield start
    for one in running:
        one.stop()


def mailbox(smtp: str, **more: Any) -> Email:
    told = {"type": "email", "smtp": smtp, "from": "Calls <calls@example.com>"}
    return Email.model_validate({**told, "to": ["a@example.com", "b@example.com"], **more})


async def test_mail_arrives(box: Box, serve: Serve) -> None:
    channel = mailbox(f"smtp://127.0.0.1:{serve()}")
    await send(channel, FIRING, KEY, now())
    await send(channel, RESOLVED, KEY.replace("firing", "resolved"), now())
    (to, first), (_, last) = box.mails
    assert to == ["a@example.com", "b@example.com"]
    assert first["subject"] == "Firing: many-poor (standup <1> & co)"
    assert first["from"] == "Calls <calls@example.com>"
    assert first["message-id"] == f"<{KEY}@example.com>"
    assert last["in-reply-to"] == first["message-id"]
    assert first["auto-submitted"] == "auto-generated"
    body = first.get_content()  # type: ignore[attr-defined]
    assert ALERT["sentence"] in body
    assert "http://vitals/m/standup" in body


async def test_a_name_cannot_add_headers(box: Box, serve: Serve) -> None:
    event = {**FIRING, "data": {**ALERT, "subject": "x\r\nBcc: evil@example.com\r\n\r\nhi"}}
    await send(mailbox(f"smtp://127.0.0.1:{serve()}"), event, KEY, now())
    ((to, mail),) = box.mails
    assert (len(to), mail["bcc"]) == (2, None)
    assert mail["subject"] == "Firing: many-poor (x Bcc: evil@example.com hi)"


async def test_a_server_that_wants_a_password(box: Box, serve: Serve) -> None:
    def check(_s: Any, _session: Any, _e: Any, _mechanism: str, auth: Any) -> AuthResult:
        good = (auth.login, auth.password) == (b"me", b"p@ss")
        return AuthResult(success=good, handled=good)

    port = serve(authenticator=check, auth_require_tls=False)
    await send(mailbox(f"smtp://me:p%40ss@127.0.0.1:{port}"), FIRING, KEY, now())
    assert len(box.mails) == 1
    with pytest.raises(DeliveryError) as error:
        await send(mailbox(f"smtp://me:secret@127.0.0.1:{port}"), FIRING, KEY, now())
    assert str(error.value).startswith("127.0.0.1 took no mail: 535")
    assert "secret" not in str(error.value)


async def test_mail_that_is_not_taken(box: Box, serve: Serve) -> None:
    port = serve()
    box.refuse = "451 later"
    with pytest.raises(DeliveryError, match="took no mail: 451 later"):
        await send(mailbox(f"smtp://127.0.0.1:{port}"), FIRING, KEY, now())
    with pytest.raises(DeliveryError, match="took no mail: ConnectionRefusedError"):
        await send(mailbox("smtp://127.0.0.1:1"), FIRING, KEY, now())


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of localhost, signed by nobody: a file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "localhost.pem"
    path.write_bytes(key.private_bytes(pem, *plain) + made.public_bytes(pem))
    return path


async def test_encryption_is_used_and_checked(box: Box, serve: Serve, certificate: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    port = serve(tls_context=context, require_starttls=True)
    # Nobody we trust signed it: no mail goes there.
    with pytest.raises(DeliveryError, match="SSLCertVerificationError"):
        await send(mailbox(f"smtp://localhost:{port}"), FIRING, KEY, now())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate))
        await send(mailbox(f"smtp://localhost:{port}"), FIRING, KEY, now())
    assert len(box.mails) == 1
