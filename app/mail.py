"""One e-mail over SMTP, by the deployment's settings."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import closing, suppress
from email.message import EmailMessage

from app.outside import NotSent
from app.settings import Settings

MAIL_TIMEOUT_S = 15.0


class NotToAll(NotSent):
    """The server has taken it for the others."""


def send_mail(settings: Settings, mail: EmailMessage) -> None:
    """Blocks until the server has taken it. Raises NotSent; NotToAll: but for some of its recipients."""
    if not settings.smtp_host:
        raise NotSent("no smtp_host is set")
    mail["From"] = settings.mail_from
    try:
        with closing(_smtp(settings)) as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, _password(settings))
            refused = server.send_message(mail)
            with suppress(OSError, smtplib.SMTPException):  # it has been taken, however the server says good-bye
                server.quit()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotSent(f"{settings.smtp_host}: {type(error).__name__}") from error
    if refused:
        raise NotToAll(f"{settings.smtp_host}: refused {', '.join(refused)}")


def _smtp(settings: Settings) -> smtplib.SMTP:
    place = (settings.smtp_host, settings.smtp_port)
    if settings.smtp_tls == "tls":
        return smtplib.SMTP_SSL(*place, timeout=MAIL_TIMEOUT_S, context=ssl.create_default_context())
    server = smtplib.SMTP(*place, timeout=MAIL_TIMEOUT_S)
    if settings.smtp_tls == "starttls":
        server.starttls(context=ssl.create_default_context())
    return server


def _password(settings: Settings) -> str:
    file = settings.smtp_password_file
    return file.read_text(encoding="utf-8").strip() if file else ""
