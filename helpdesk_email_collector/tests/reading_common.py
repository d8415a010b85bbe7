from dataclasses import dataclass, field
from email import message_from_bytes, policy

from lxml import html

from odoo.tests import TransactionCase
from odoo.tools.mail import html_sanitize

from ..reading.process import read_mail

FOLDED = "//*[@data-o-mail-quote]"


@dataclass
class Seen:
    """What people see of a mail: beside the fold, in it, and the files."""

    shown: str = ""
    folded: str = ""
    files: dict = field(default_factory=dict)
    sender: str = ""
    subject: str = ""
    body: str = ""
    reading: object = None


class ReadingCommon(TransactionCase):
    """Raw bytes in; what Odoo's gateway and its field for html make of it out."""

    def _see(self, raw, **parameters):
        """Return what people see of a mail.

        :param bytes raw: the mail
        :param parameters: as of `read_mail`
        """
        reading = read_mail(raw, "<1@x.example>", **parameters)
        self.assertFalse(reading.error)
        message = message_from_bytes(reading.data, policy=policy.SMTP)
        found = self.env["mail.thread"].message_parse(message)
        # as the body of a message is stored
        body = str(
            html_sanitize(
                found["body"],
                sanitize_attributes=True,
                sanitize_style=True,
                sanitize_form=True,
            )
        )
        files = {
            file.fname: file.content.encode(file.info["encoding"])
            if isinstance(file.content, str)
            else file.content
            for file in found["attachments"]
        }
        shown, folded = self._split(body)
        return Seen(
            shown=shown,
            folded=folded,
            files=files,
            sender=found["email_from"],
            subject=found.get("subject", ""),
            body=body,
            reading=reading,
        )

    def _split(self, body):
        """Return the text that is shown at once, and the text that is folded away."""
        tree = html.fragment_fromstring(body or "", create_parent=True)
        for line_break in tree.iter("br"):
            line_break.tail = f"\n{line_break.tail or ''}"
        folded = []
        for element in tree.xpath(FOLDED):
            if element.getparent() is not None and not any(
                parent.get("data-o-mail-quote") for parent in element.iterancestors()
            ):
                folded.append(element)
        hidden = [" ".join(element.text_content().split()) for element in folded]
        for element in folded:
            element.drop_tree()
        return " ".join(tree.text_content().split()), " ".join(hidden)
