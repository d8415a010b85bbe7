"""The mails of the measurement: plain, HTML, inline picture and attachment; known and new senders; replies."""

import random
from datetime import datetime, timezone
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr

DOMAIN = "customers.example"
# With the number of the mail: what somebody sends twice at the same moment is one mail.
TEXT = "Good morning,\n\nprinter {} on the second floor prints nothing but empty pages since yesterday.\n\nKind regards"


def customer_address(number):
    """Return the address of the customer with this number among those that the database holds."""
    return f"customer{number}@{DOMAIN}"


class Writer:
    """Writes the mails of one receiver, so that what it gets does not depend on what another one gets.

    :param receiver: the address that the mails go to, also the seed of all that is random
    :param customers: number of known senders
    :param first: number of its first mail; who sent the same thing twice is held back
    :param apart: whether mails that are written together have nothing to do with each other: replies answer what was
        written before, each something else
    """

    def __init__(self, receiver, customers, first=0, *, apart=False):
        self.receiver = receiver
        self.customers = customers
        self.random = random.Random(f"{receiver} {first}")
        self.number = first
        self.apart = apart
        self.first_mails = []
        self.answerable = self.first_mails

    def write(self, count):
        """Return ``count`` mails as bytes: a quarter of each form, half known senders, three tenths replies."""
        if self.apart:
            self.answerable, self.first_mails = self.first_mails, []
        return [self._write_one(position) for position in range(count)]

    def _choose(self):
        """Return the mail that the next reply answers."""
        chosen = self.random.choice(self.answerable)
        if self.apart:
            self.answerable.remove(chosen)
        return chosen

    def _write_one(self, position):
        self.number += 1
        reply_to = self._choose() if position % 10 in (4, 7, 9) and self.answerable else None
        mail = EmailMessage()
        mail["Message-ID"] = make_msgid(domain=DOMAIN)
        mail["Date"] = format_datetime(datetime.now(timezone.utc))
        mail["To"] = self.receiver
        if reply_to:
            mail["From"], mail["Subject"] = reply_to["From"], f"Re: {reply_to['Subject']}"
            mail["In-Reply-To"] = mail["References"] = reply_to["Message-ID"]
        else:
            mail["From"], mail["Subject"] = self._sender(), f"Printer {self.number} does not print"
            self.first_mails.append(mail)
        self._fill(mail, position % 4)
        return mail.as_bytes()

    def _sender(self):
        if self.number % 2:
            return f"Customer <{customer_address(self.random.randrange(self.customers))}>"
        name = parseaddr(self.receiver)[1].partition("@")[0]
        return f"New Person <{name}-{self.number}@{DOMAIN}>"

    def _fill(self, mail, form):
        text = TEXT.format(self.number)
        mail.set_content(text)
        if form == 0:
            return
        lines = "".join(f"<p>{line}</p>" for line in text.split("\n") if line)
        picture = '<img src="cid:picture">' if form == 2 else ""
        mail.add_alternative(f"<html><body>{lines}{picture}</body></html>", "html")
        if form == 2:
            picture = self.random.randbytes(20_000)
            mail.get_payload()[1].add_related(picture, "image", "png", cid="<picture>", filename="picture.png")
        if form == 3:
            mail.add_attachment(self.random.randbytes(200_000), "application", "octet-stream", filename="log.bin")
