"""Carries a message to its channel. Raises DeliveryError where it did not arrive, for certain or
perhaps: it is then sent again, under the same key."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import smtplib
import ssl
from email.message import EmailMessage

from .alert_config import Email, Smtp, Webhook
from .alert_message import Event, body, headers, mail

SECONDS = 10.0  # for all of a webhook's answer; for each step of a mail server's


class DeliveryError(Exception):
    """Not delivered. One line, without secrets."""


async def send(channel: Webhook | Email, event: Event, key: str, now: int) -> None:
    """One attempt. key: the message's, the same at each attempt; now: epoch ms."""
    if isinstance(channel, Email):
        await asyncio.to_thread(_mail, channel, mail(channel, event, key))
    else:
        await _post(channel, event, key, now)


async def _post(hook: Webhook, event: Event, key: str, now: int) -> None:
    import httpx  # slow to load

    content = body(hook, event)
    try:
        async with (
            asyncio.timeout(SECONDS),
            httpx.AsyncClient(timeout=SECONDS, follow_redirects=False) as client,
            # The answer's body is nobody's concern, however long it is.
            client.stream(
                "POST", hook.url, content=content, headers=headers(hook, key, content, now)
            ) as answer,
        ):
            status = answer.status_code
    except TimeoutError:
        raise DeliveryError(f"{hook.target} did not answer within {SECONDS:.0f} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        # Its text may have the address in it, and that may be a secret.
        raise DeliveryError(f"{hook.target} cannot be reached: {type(error).__name__}") from None
    if not 200 <= status < 300:
        raise DeliveryError(f"{hook.target} answered {status}")


def _mail(channel: Email, message: EmailMessage) -> None:
    server = Smtp(channel.smtp)
    try:
        context = ssl.create_default_context()
        session = _connected(server, context)
        try:
            if not server.tls:
                session.ehlo_or_helo_if_needed()
                if session.has_extn("starttls"):
                    session.starttls(context=context)
                elif server.user and not server.near:
                    raise DeliveryError(f"{server.host} offers no encryption for the password")
            if server.user:
                session.login(server.user, server.password)
            refused = session.send_message(message)
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                session.quit()  # what it took it has, whatever it says to this
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(f"{server.host} took no mail: {_why(error)}") from None
    if refused:  # some got it: again would be twice
        logging.getLogger("callvitals").warning(
            "%s refused mail to %s", server.host, ", ".join(refused)
        )


def _connected(server: Smtp, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=SECONDS)


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        told = error.smtp_error
        text = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        return f"{error.smtp_code} {' '.join(text.split())[:200]}"
    return type(error).__name__
