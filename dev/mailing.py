"""``make mail`` and ``make inbox``: what a customer would do with a mail program."""

import email
import email.message
import email.policy
import email.utils
import html.parser
import imaplib
import mimetypes
import os
import re
import smtplib
from pathlib import Path

from dev import instance, odoo_api
from dev.steps import Problem, say
from dev.waiting import wait_until

# A contact of the sample data.
CUSTOMER = "Claire Perrin <claire.perrin@boulangeries-perrin.example>"
TICKET_TIMEOUT = 90
# How a line of the sink's answer begins that names an address and why it did not get the mail.
NOT_DELIVERED = "Not delivered to "


def message_from(values):
    """Return the mail that ``values`` (FROM, TO, SUBJECT, BODY, FILE) describe.

    FILE is a whole mail when its name ends in .eml, else an attachment.

    :raises Problem: FILE cannot be read
    """
    path = Path(values["FILE"]) if values.get("FILE") else None
    try:
        content = path.read_bytes() if path else None
    except OSError as error:
        raise Problem(f"FILE={path} cannot be read: {error.strerror}.") from error
    if path and path.suffix.lower() == ".eml":
        mail = email.message_from_bytes(content, policy=email.policy.SMTP)
        for name, key in (("From", "FROM"), ("To", "TO"), ("Subject", "SUBJECT")):
            if values.get(key):
                del mail[name]
                mail[name] = values[key]
    else:
        mail = email.message.EmailMessage(policy=email.policy.SMTP)
        mail["From"] = values.get("FROM") or CUSTOMER
        mail["To"] = values.get("TO") or instance.SUPPORT
        mail["Subject"] = values.get("SUBJECT") or "The printer on the second floor does not print"
        mail.set_content(values.get("BODY") or "Hello,\n\nsince this morning it shows error 0x80.\n\nThank you!\n")
        if path:
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            mail.add_attachment(content, *kind.split("/"), filename=path.name)
    for name, value in (("Date", email.utils.formatdate(localtime=True)), ("Message-ID", _new_id(mail))):
        if not mail[name]:
            mail[name] = value
    return mail


def _new_id(mail):
    return email.utils.make_msgid(domain=sender(mail).rpartition("@")[2] or "localhost")


def sender(mail):
    """Return the bare address of the sender."""
    return email.utils.parseaddr(str(mail["From"] or ""))[1]


def recipients(mail):
    """Return the bare addresses of all recipients, each once."""
    headers = [str(value) for name in ("To", "Cc") for value in mail.get_all(name, [])]
    return list(dict.fromkeys(address for _name, address in email.utils.getaddresses(headers) if address))


class _Client(smtplib.SMTP):
    """Keeps what the server said of the mail, which smtplib's sendmail() does not hand on."""

    answer = b""

    def data(self, msg):
        code, self.answer = super().data(msg)
        return code, self.answer


def send(target, mail):
    """Send ``mail`` over SMTP to the sink of ``target``; return why not, by address, for those who did not get it.

    :raises Problem: an address is missing or wrong, or the sink does not take the mail for anybody
    """
    origin, goals = sender(mail), recipients(mail)
    if "@" not in origin or not goals or not all("@" in goal for goal in goals):
        raise Problem("A mail needs an address in FROM and in TO, as in FROM=jane@customer.example.")
    try:
        with _Client("127.0.0.1", target.ports["smtp"], timeout=60) as smtp:
            refused = smtp.send_message(mail, origin, goals)
            said = smtp.answer.decode(errors="replace").splitlines()
    except smtplib.SMTPDataError as error:
        text = error.smtp_error.decode(errors="replace")
        raise Problem(f"The mail was not taken: {'; '.join(text.splitlines())}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise Problem(f"The mail was not taken ({error}): is the demo running? Start it with make run.") from error
    reasons = {address: f"{code} {text.decode(errors='replace')}" for address, (code, text) in refused.items()}
    for line in said:
        if line.startswith(NOT_DELIVERED):
            address, _colon, reason = line.removeprefix(NOT_DELIVERED).partition(": ")
            reasons[address] = reason
    return reasons


def send_file(target, path):
    """Send the mail in the file ``path`` as it is, byte for byte, but as if it was written now."""
    date = f"Date: {email.utils.formatdate(localtime=True)}".encode()
    content = re.sub(rb"(?m)^Date: [^\r\n]*", date, path.read_bytes(), count=1)
    mail = email.message_from_bytes(content, policy=email.policy.SMTP)
    with smtplib.SMTP("127.0.0.1", target.ports["smtp"], timeout=60) as smtp:
        smtp.sendmail(sender(mail), recipients(mail), content)


def mail_command(target):
    """Send the mail that the environment describes, wait for its ticket, and say what happened.

    :returns: the exit code, 1 when somebody did not get the mail
    """
    mail = message_from(os.environ)
    refused = send(target, mail)
    goals = [address for address in recipients(mail) if address not in refused]
    say(f"Delivered: {mail['Subject']} (from {sender(mail)} to {', '.join(goals)})")
    for address, reason in refused.items():
        say(f"{NOT_DELIVERED}{address}: {reason}")
    if instance.SUPPORT in (goal.lower() for goal in goals):
        _wait_for_ticket(target, mail)
    else:
        say(f"No ticket comes of it: Odoo reads {instance.SUPPORT} only. To see the mail: make inbox WHO={goals[0]}")
    return 1 if refused else 0


def _wait_for_ticket(target, mail):
    """Wait until ``mail`` is a ticket, and say which."""
    api = odoo_api.for_instance(target)
    try:
        ticket = wait_until(lambda: ticket_of(api, str(mail["Message-ID"])), TICKET_TIMEOUT, "a ticket")
    except TimeoutError as error:
        raise Problem(
            "The mail was delivered and no ticket came of it: the list of collected mails in Odoo's Helpdesk"
            " menu says why."
        ) from error
    say(f"Ticket {ticket['number']}: {ticket['name']}")
    say(f"{target.url}/odoo/helpdesk.ticket/{ticket['id']}")


def ticket_of(api, message_id):
    """Return the ticket that holds the mail ``message_id``, or None."""
    domain = [["message_id", "=", message_id.strip()], ["model", "=", "helpdesk.ticket"]]
    for message in api.search_read("mail.message", domain, ["res_id"]):
        found = api.search_read("helpdesk.ticket", [["id", "=", message["res_id"]]], ["number", "name"])
        if found:
            return found[0]
    return None


def inbox(target, address):
    """Return the mails in the mailbox of ``address``, oldest first.

    :raises Problem: the mail server does not answer
    """
    try:
        with imaplib.IMAP4("127.0.0.1", target.ports["imap"], timeout=30) as imap:
            imap.login(address, instance.MAIL_PASSWORD)
            imap.select("INBOX", readonly=True)
            numbers = imap.search(None, "ALL")[1][0].split()
            raw = [imap.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in numbers]
    except (OSError, imaplib.IMAP4.error) as error:
        raise Problem(
            f"The mailbox of {address} cannot be read ({error}): is the demo running? Start it with make run."
        ) from error
    return [email.message_from_bytes(content, policy=email.policy.default) for content in raw]


def inbox_command(target):
    """Print the mails that WHO received."""
    who = email.utils.parseaddr(os.environ.get("WHO") or CUSTOMER)[1]
    if "@" not in who:
        raise Problem("WHO must be an address, as in make inbox WHO=jane@customer.example.")
    mails = inbox(target, who)
    for mail in mails:
        say("-" * 72)
        for name in ("From", "To", "Date", "Subject"):
            say(f"{name + ':':9}{mail[name]}")
        files = [part.get_filename() for part in mail.iter_attachments() if part.get_filename()]
        if files:
            say(f"Files:   {', '.join(files)}")
        say(f"\n{text_of(mail)}\n")
    say(f"{len(mails)} mail{'' if len(mails) == 1 else 's'} for {who}")


def text_of(mail):
    """Return the text of ``mail`` as a person would read it."""
    part = mail.get_body(("plain", "html"))
    if part is None:
        return ""
    text = part.get_content()
    if part.get_content_subtype() == "html":
        reader = _Reader()
        reader.feed(text)
        text = "".join(reader.words)
    # Newsletters and Odoo fill the preview of a mail program with characters that have no width.
    text = re.sub("[\u034f\u00ad\u200b-\u200f\ufeff]", "", text)
    lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(html.parser.HTMLParser):
    """Keeps the words of a page, with line breaks where a browser shows some."""

    def __init__(self):
        super().__init__()
        self.words = []
        self.hidden = 0

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in ("style", "script", "head")
        if tag in ("br", "p", "div", "tr", "li", "h1", "h2", "h3"):
            self.words.append("\n")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("style", "script", "head")
        if tag == "p":
            self.words.append("\n")

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(re.sub(r"\s+", " ", data))
