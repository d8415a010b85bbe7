from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.mail import email_normalize, email_split_tuples, html2plaintext

from ..collected_mail import header_text

# A condition looks at the beginning of a mail only: enough for any request, and a
# mail of many megabytes costs no more than another.
MAX_TEXT = 100_000


class HelpdeskEmailCollectorFilter(models.Model):
    """A condition of a rule: source × operator × value (E02).

    A source is a selection value and a method `_source_<source>(mail)`, an operator
    one and `_test_<operator>(text, value)`.
    """

    _name = "helpdesk.email.collector.filter"
    _description = "Condition of an E-mail Rule"
    _order = "sequence, id"

    collector_id = fields.Many2one(
        "helpdesk.email.collector", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    source = fields.Selection(
        [
            ("from", "From"),
            ("to", "To"),
            ("cc", "Cc"),
            ("reply_to", "Reply-To"),
            ("subject", "Subject"),
            ("body", "Text"),
            ("header", "Other header"),
            ("mailbox", "Mailbox"),
            ("sender_state", "Sender"),
        ],
        required=True,
        default="from",
    )
    header = fields.Char(help="The name of the header, for example X-Priority.")
    negate = fields.Boolean("Not")
    operator = fields.Selection(
        [
            ("contains", "contains"),
            ("is", "is"),
            ("starts", "starts with"),
            ("ends", "ends with"),
        ],
        required=True,
        default="contains",
    )
    value = fields.Char()
    sender_state = fields.Selection(
        [("known", "a known contact"), ("unknown", "unknown")],
        compute="_compute_sender_state",
        inverse="_inverse_sender_state",
    )

    @api.depends("source", "value")
    def _compute_sender_state(self):
        for condition in self:
            known = condition.source == "sender_state" and condition.value in (
                "known",
                "unknown",
            )
            condition.sender_state = known and condition.value

    def _inverse_sender_state(self):
        for condition in self.filtered(lambda c: c.source == "sender_state"):
            condition.value = condition.sender_state
            condition.operator = "is"

    @api.onchange("source", "sender_state")
    def _onchange_source(self):
        if self.source == "sender_state":
            self.operator = "is"
            self.value = self.sender_state = self.sender_state or "unknown"
        elif self.value in ("known", "unknown"):
            self.value = False

    @api.constrains("source", "operator", "header", "value")
    def _check_condition(self):
        for condition in self:
            if not hasattr(self, f"_source_{condition.source}") or not hasattr(
                self, f"_test_{condition.operator}"
            ):
                raise ValidationError(
                    self.env._(
                        "The condition “%(source)s %(operator)s” is unknown. Choose "
                        "another, or install the module that brings it.",
                        source=condition.source,
                        operator=condition.operator,
                    )
                )
            if condition.source == "header" and not condition.header:
                raise ValidationError(
                    self.env._(
                        "Enter the name of the header that the condition is about, "
                        "for example X-Priority."
                    )
                )
            if not condition.value:
                raise ValidationError(
                    self.env._(
                        "Enter what the condition compares with; an empty value would "
                        "fit every mail."
                    )
                )

    def _test(self, mail):
        """Test this condition on a mail.

        :param CollectedMail mail: the mail
        """
        self.ensure_one()
        texts = mail.source(
            (self.source, self.header),
            lambda: getattr(self, f"_source_{self.source}")(mail),
        )
        test = getattr(self, f"_test_{self.operator}")
        value = (self.value or "").casefold()
        found = any(test(text[:MAX_TEXT].casefold(), value) for text in texts)
        return found != self.negate

    # -- sources: each returns the texts of which one must fit ------------------

    def _source_from(self, mail):
        return self._addresses(mail, "From")

    def _source_to(self, mail):
        return self._addresses(mail, "To") + self._addresses(mail, "Delivered-To")

    def _source_cc(self, mail):
        return self._addresses(mail, "Cc")

    def _source_reply_to(self, mail):
        return self._addresses(mail, "Reply-To")

    def _source_subject(self, mail):
        return [header_text(mail.message, "Subject")]

    def _source_body(self, mail):
        return [html2plaintext((mail.msg_dict.get("body") or "")[:MAX_TEXT])]

    def _source_header(self, mail):
        return [header_text(mail.message, self.header)]

    def _source_mailbox(self, mail):
        return [mail.server.name or "", mail.server.user or ""] if mail.server else []

    def _source_sender_state(self, mail):
        contact = self.env["helpdesk.email.collector"]._get_contact(mail)
        return ["known" if contact else "unknown"]

    def _addresses(self, mail, header):
        """Return name and address, and the address alone, of each in a header."""
        texts = []
        for name, address in email_split_tuples(header_text(mail.message, header)):
            texts += [f"{name} <{address}>" if name else address]
            texts += [email_normalize(address) or address]
        return texts

    # -- operators: both texts come case-folded ---------------------------------

    def _test_contains(self, text, value):
        return value in text

    def _test_is(self, text, value):
        return text.strip() == value.strip()

    def _test_starts(self, text, value):
        return text.startswith(value)

    def _test_ends(self, text, value):
        return text.endswith(value)
