import mimetypes
import re
from dataclasses import dataclass
from typing import Any

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.mail import email_normalize, email_split_tuples, html2plaintext
from odoo.tools.mimetypes import guess_mimetype

from ...decision import ANSWER
from ...pattern import MAX_TEXT, PatternError, compile_pattern, matches
from ...pattern_errors import pattern_sentence

LIST_SEPARATOR = re.compile(r"[,;\n]")
# Operators that are case-sensitive by themselves; the others ignore case.
AS_WRITTEN = {"matches"}
TEXT_OPERATORS = ("contains", "is", "starts", "ends", "in_list", "matches")
# How many characters of a value the trace shows.
MAX_SEEN = 200
# What a source says that is true or not
YES_NO = {True: "yes", False: "no"}

# All that managers mean by "To"; mail servers add the last three.
RECIPIENT_HEADERS = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


@dataclass(slots=True)
class Texts:
    """The values of one source of a mail, also in lower case."""

    raw: list
    _folded: list | None = None

    @property
    def folded(self):
        """The case-folded values; computed once for all conditions, as a body can be
        long."""
        if self._folded is None:
            self._folded = [text.casefold() for text in self.raw]
        return self._folded


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in the cached rules; `test` is the name of the method that
    compares."""

    id: int
    source: str
    header: str
    test: str
    value: Any
    negate: bool
    as_written: bool

    @property
    def key(self):
        """The key under which the mail caches the values of the source."""
        return (self.source, self.header)


class HelpdeskEmailCollectorFilter(models.Model):
    """A condition of a rule: source × operator × value (E02).

    A source is a selection value and a method `_source_<source>(mail, place, header)`,
    which returns a list of strings: the condition is met when one of them matches. It
    is called at most once per mail, and only if a rule needs it. If there is a method
    `_choices_<source>()`, its values are chosen from a list. An operator is a selection
    value and a method `_test_<operator>(text, value)`; an optional
    `_parse_<operator>(value)` converts the entered value before it is compared.
    """

    _name = "helpdesk.email.collector.filter"
    _inherit = ["helpdesk.rule.part.mixin"]
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
            ("sender_state", "Sender"),
            ("sender_tag", "Sender's tag"),
            ("language", "Language"),
            ("attachment", "Has attachments"),
            ("attachment_name", "Attachment's name"),
            ("attachment_type", "Attachment's type"),
            ("size", "Size (kB)"),
            ("is_reply", "Is a reply"),
            ("is_automatic", "Is automatic"),
            ("is_spam", "Is marked as spam"),
            ("authentication", "Sender is proven"),
            ("mailbox", "Mailbox"),
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
            ("in_list", "is one of"),
            ("matches", "matches the pattern"),
            ("larger", "is more than"),
            ("smaller", "is less than"),
        ],
        required=True,
        default="contains",
    )
    value = fields.Char()
    # For the form: operator and negation in one field, limited to what fits the source
    comparison = fields.Selection(
        "_selection_comparison",
        compute="_compute_comparison",
        inverse="_inverse_comparison",
    )
    comparisons = fields.Json(compute="_compute_comparisons")
    choices = fields.Json(compute="_compute_comparisons")

    @api.model
    def _selection_comparison(self):
        negations = {
            "contains": self.env._("does not contain"),
            "is": self.env._("is not"),
            "starts": self.env._("does not start with"),
            "ends": self.env._("does not end with"),
            "in_list": self.env._("is none of"),
            "matches": self.env._("does not match the pattern"),
            "larger": self.env._("is not more than"),
            "smaller": self.env._("is not less than"),
        }
        labels = []
        for code, label in self._fields["operator"]._description_selection(self.env):
            negation = negations.get(code) or self.env._("not: %(label)s", label=label)
            labels += [(code, label), (f"not_{code}", negation)]
        return labels

    @api.depends("operator", "negate")
    def _compute_comparison(self):
        for condition in self:
            prefix = "not_" if condition.negate else ""
            condition.comparison = condition.operator and prefix + condition.operator

    def _inverse_comparison(self):
        for condition in self.filtered("comparison"):
            comparison = condition.comparison  # computed from the two fields set below
            condition.negate = comparison.startswith("not_")
            condition.operator = comparison.removeprefix("not_")

    @api.depends("source")
    def _compute_comparisons(self):
        for condition in self:
            operators = condition._get_operators()
            condition.choices = condition._get_choices()
            condition.comparisons = [
                prefix + operator for operator in operators for prefix in ("", "not_")
            ]

    def _get_choices(self):
        """Return the possible values as [value, label], empty for free text."""
        choices = getattr(self, f"_choices_{self.source}", None)
        return [list(choice) for choice in choices()] if choices else []

    def _get_operators(self):
        """Return the codes of the operators that are possible for the source."""
        operators = getattr(self, f"_operators_{self.source}", None)
        if operators:
            return operators()
        return ("is",) if self._get_choices() else TEXT_OPERATORS

    @api.onchange("source")
    def _onchange_source(self):
        choices = self._get_choices()
        if self.operator not in self._get_operators():
            self.operator = self._get_operators()[0]
        if choices and self.value not in dict(choices):
            self.value = choices[0][0]
        elif self._origin.source and self._origin.source != self.source:
            self.value = False

    @api.onchange("comparison")
    def _onchange_comparison(self):
        self._inverse_comparison()

    # -- checks on saving ------------------------------------------------------

    @api.constrains("source", "operator", "header", "value")
    def _check_condition(self):
        for condition in self:
            if sentence := condition._get_fault():
                raise ValidationError(sentence)

    def _get_fault(self):
        """Return what is wrong with the condition in one sentence, or ""."""
        self.ensure_one()
        if not (
            hasattr(self, f"_source_{self.source}")
            and hasattr(self, f"_test_{self.operator}")
            and self.operator in self._get_operators()
        ):
            return self._get_unknown_sentence()
        if self.source == "header" and not self.header:
            return self.env._(
                "Enter the name of the header that the condition is about, for example "
                "X-Priority."
            )
        if not (self.value or "").strip():
            return self.env._(
                "Enter a value to compare with; an empty value would match every mail."
            )
        return self._get_value_fault()

    def _get_unknown_sentence(self):
        operators = dict(self._fields["operator"]._description_selection(self.env))
        return self.env._(
            "The condition “%(label)s %(operator)s” is unknown. Choose another, or "
            "install the module that brings it.",
            label=self._get_source_label(),
            operator=operators.get(self.operator, self.operator),
        )

    def _get_value_fault(self):
        choices = self._get_choices()
        if choices and self.value not in dict(choices):
            return self.env._(
                "“%(value)s” is not a valid value for “%(condition)s”. Choose one "
                "from the list.",
                value=self.value,
                condition=self._get_source_label(),
            )
        try:
            self._parse_value()
        except PatternError as error:
            return pattern_sentence(self.env, self.value, error)
        except ValueError:
            return self.env._(
                "“%(value)s” is not a number. Enter the size in kB, for example 500.",
                value=self.value,
            )
        return ""

    def _parse_value(self):
        parse = getattr(self, f"_parse_{self.operator}", None)
        return parse(self.value or "") if parse else (self.value or "").casefold()

    # -- testing a mail ------------------------------------------------------------

    def _get_entry(self):
        """Return the `Condition` for the cached rules, or None when it cannot be
        used."""
        self.ensure_one()
        if self._get_fault():
            return None
        return Condition(
            id=self.id,
            source=self.source,
            header=(self.header or "") if self.source == "header" else "",
            test=f"_test_{self.operator}",
            value=self._parse_value(),
            negate=self.negate,
            as_written=self.operator in AS_WRITTEN,
        )

    @api.model
    def _test(self, condition, mail, place):
        """Return whether a mail meets a condition.

        :param Condition condition: from the cached rules
        :param Mail mail: the parsed mail
        :param Place place: who wrote it and where it belongs
        :rtype: bool
        """
        texts = mail.known.get((condition.source, condition.header))
        if texts is None:
            texts = self._read_source(mail, place, condition.source, condition.header)
        test = getattr(self, condition.test)
        value = condition.value
        for text in texts.raw if condition.as_written else texts.folded:
            if test(text, value):
                return not condition.negate
        return condition.negate

    def _get_description(self):
        """Return the condition in words, such as: Subject contains “invoice”."""
        self.ensure_one()
        comparison = dict(self._selection_comparison()).get(self.comparison)
        value = dict(self._get_choices()).get(self.value, self.value)
        return self.env._(
            "%(what)s %(comparison)s “%(value)s”",
            what=self._get_source_label(),
            comparison=comparison,
            value=value or "",
        )

    def _get_seen(self, texts):
        """Return the values of a source for the trace, shortened."""
        labels = dict(self._get_choices())
        seen = ", ".join(labels.get(text, text) for text in texts if text)
        return seen if len(seen) <= MAX_SEEN else f"{seen[:MAX_SEEN]}…"

    def _get_source_label(self):
        if self.source == "header" and self.header:
            return self.header
        labels = dict(self._fields["source"]._description_selection(self.env))
        return labels.get(self.source, self.source)

    # -- sources ----------------------------------------------------------------------

    @api.model
    def _read_source(self, mail, place, source, header=""):
        """Return the values of a source of a mail.

        :param Mail mail: the parsed mail
        :param Place place: who wrote it and where it belongs
        :param str source: value of the field `source`
        :param str header: name of the header, for the source `header`
        :rtype: Texts
        """
        texts = mail.known.get((source, header))
        if texts is None:
            raw = getattr(self, f"_source_{source}")(mail, place, header)
            texts = Texts([text[:MAX_TEXT] for text in raw])
            mail.known[source, header] = texts
        return texts

    # -- sources: the mail itself ----------------------------------------------------

    def _source_from(self, mail, place, header):
        return self._addresses(mail, "From")

    def _source_to(self, mail, place, header):
        return [
            text for name in RECIPIENT_HEADERS for text in self._addresses(mail, name)
        ]

    def _source_cc(self, mail, place, header):
        return self._addresses(mail, "Cc")

    def _source_reply_to(self, mail, place, header):
        return self._addresses(mail, "Reply-To")

    def _source_subject(self, mail, place, header):
        return [mail.subject]

    def _source_body(self, mail, place, header):
        return [html2plaintext(str(mail.body)[:MAX_TEXT])]

    def _source_header(self, mail, place, header):
        return mail.headers(header) or [""]

    def _source_size(self, mail, place, header):
        return [f"{len(mail.raw) / 1024:.1f}"]

    def _source_attachment(self, mail, place, header):
        return [YES_NO[bool(self._get_attachments(mail))]]

    def _source_attachment_name(self, mail, place, header):
        return [name for name, _content, _info in self._get_attachments(mail)]

    def _source_attachment_type(self, mail, place, header):
        """Return the types by name and by content, because senders write anything."""
        types = []
        for name, content, _info in self._get_attachments(mail):
            types += [mimetypes.guess_type(name)[0] or "", guess_mimetype(content)]
        return types

    # -- sources: the database -------------------------------------------------------

    def _source_mailbox(self, mail, place, header):
        # sudo: the name of the mailbox, which managers may read
        servers = self.env["fetchmail.server"].sudo()
        server = servers.browse(place.arrival.server_id or [])
        return [server.name or "", server.user or ""] if server else []

    def _source_language(self, mail, place, header):
        text = "\n".join(
            text
            for source in ("subject", "body")
            for text in self._read_source(mail, place, source).raw
        )
        company = self.env["res.company"].browse(place.company_id)
        return [company._detect_helpdesk_language(text) or ""]

    def _source_sender_state(self, mail, place, header):
        contact = self.env["res.partner"].browse(place.author_id or [])
        if not contact:
            return ["unknown"]
        # sudo: only whether the contact is one of our own users
        ours = any(not user.share for user in contact.sudo().user_ids)
        return ["known" if contact.active else "inactive", *(["internal"] * ours)]

    def _source_sender_tag(self, mail, place, header):
        contact = self.env["res.partner"].browse(place.author_id or [])
        return (contact | contact.commercial_partner_id).category_id.mapped("name")

    def _source_is_reply(self, mail, place, header):
        answered = any(mail.header(name) for name in ("In-Reply-To", "References"))
        return [YES_NO[place.kind == ANSWER or answered]]

    def _source_is_automatic(self, mail, place, header):
        return [YES_NO[bool(place.automatic)]]

    def _source_authentication(self, mail, place, header):
        return [place.proof]

    def _source_is_spam(self, mail, place, header):
        return [YES_NO[bool(place.spam)]]

    @api.model
    def _get_attachments(self, mail):
        """Return the attached files as (name, content, info), without embedded
        images."""
        return [attachment for attachment in mail.files if not attachment[2].get("cid")]

    @api.model
    def _addresses(self, mail, header):
        """Return each address of a header twice: with its name, and by itself."""
        texts = []
        for value in mail.headers(header):
            for name, address in email_split_tuples(value):
                texts += [f"{name} <{address}>" if name else address]
                texts += [email_normalize(address) or address]
        return texts

    # -- choices of the sources ----------------------------------------------------

    def _choices_sender_state(self):
        return [
            ("known", self.env._("a known contact")),
            ("unknown", self.env._("unknown")),
            ("inactive", self.env._("a deactivated contact")),
            ("internal", self.env._("one of our users")),
        ]

    def _choices_yes_no(self):
        return [("yes", self.env._("Yes")), ("no", self.env._("No"))]

    _choices_attachment = _choices_yes_no
    _choices_is_reply = _choices_yes_no
    _choices_is_automatic = _choices_yes_no
    _choices_is_spam = _choices_yes_no

    def _choices_authentication(self):
        return [
            ("pass", self.env._("confirmed by a trusted server")),
            ("fail", self.env._("proven false by a trusted server")),
            ("none", self.env._("unknown")),
        ]

    def _choices_language(self):
        return self.env["res.lang"].get_installed()

    def _operators_size(self):
        return ("larger", "smaller")

    # -- operators: both strings are case-folded, except for AS_WRITTEN -------------

    def _test_contains(self, text, value):
        return value in text

    def _test_is(self, text, value):
        return text.strip() == value.strip()

    def _test_starts(self, text, value):
        return text.startswith(value)

    def _test_ends(self, text, value):
        return text.endswith(value)

    def _parse_in_list(self, value):
        items = (item.strip().casefold() for item in LIST_SEPARATOR.split(value))
        return frozenset(filter(None, items))

    def _test_in_list(self, text, values):
        """Return whether a text is in a list; `@example.com` stands for the whole
        domain."""
        text = text.strip()
        return text in values or f"@{text.rpartition('@')[2]}" in values

    def _parse_matches(self, value):
        compile_pattern(value)
        return value

    def _test_matches(self, text, value):
        return matches(value, text)

    def _parse_larger(self, value):
        return float(value.replace(",", "."))

    def _test_larger(self, text, value):
        return float(text) > value

    _parse_smaller = _parse_larger

    def _test_smaller(self, text, value):
        return float(text) < value
