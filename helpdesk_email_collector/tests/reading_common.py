from dataclasses import dataclass, field

from lxml import html

from odoo.tests import TransactionCase
from odoo.tools.mail import html_sanitize

from ..reading.process import read

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
    calendar: object = None


class ReadingCommon(TransactionCase):
    """Raw bytes in; what Odoo stores of what was read of them, out."""

    def _see(self, raw, **parameters):
        """Return what people see of a mail.

        :param bytes raw: the mail
        :param parameters: as of `mail.read`
        """
        mail = read(raw, "<1@x.example>", **parameters)
        self.assertNotIn("unreadable", [code for code, _params in mail.notes])
        # as the body of a message is stored
        body = str(
            html_sanitize(
                mail.body,
                sanitize_attributes=True,
                sanitize_style=True,
                sanitize_form=True,
                strip_classes=True,
            )
        )
        shown, folded = self._split(body)
        return Seen(
            shown=shown,
            folded=folded,
            files={name: data for name, data, _info in mail.files},
            sender=mail.header("From"),
            subject=mail.subject,
            body=body,
            calendar=mail.calendar,
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
