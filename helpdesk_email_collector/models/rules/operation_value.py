from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_list
from odoo.tools.sql import escape_psql

from odoo.addons.helpdesk_contact.inside import Inside, inside

from ...pattern import PatternError, count_groups, extract
from ...pattern_errors import pattern_sentence

# What a rule may set on a ticket, as far as the installed addons have it: what a person
# would choose when sorting mail.
SETTABLE_FIELDS = (
    "type_id",
    "topic_id",
    "severity_id",
    "team_id",
    "user_id",
    "tag_ids",
    "project_id",
    "contract_id",
    "device_id",
    "customer_id",
    "partner_id",
)
# By which fields a text of a mail names a record; exactly, because they are indexed.
EXACT_FIELDS = {"res.partner": ("ref", "email_normalized", "name")}
NAMED_FIELDS = {"contract.contract": ("code", "name"), "res.users": ("login", "name")}


class HelpdeskEmailCollectorOperation(models.Model):
    """What an operation works with: a fixed record, or what the mail says (E03).

    Mixed into `helpdesk.email.collector.operation`. The parameters are shared by all
    operations; which of them one uses, its `_fault_<code>` says.
    """

    _inherit = "helpdesk.email.collector.operation"

    field_id = fields.Many2one(
        "ir.model.fields",
        "Field of the Ticket",
        domain=lambda self: self._get_field_domain(),
        ondelete="cascade",
    )
    value_from = fields.Selection(
        [("fixed", "Always the same"), ("extract", "What the mail says")],
        "Where It Comes From",
        required=True,
        default="fixed",
    )
    value = fields.Char("Value as Text")
    value_model_id = fields.Many2one("ir.model", compute="_compute_value_model_id")
    value_record = fields.Reference(
        selection="_selection_value_record",
        string="Value",
        compute="_compute_value_record",
        inverse="_inverse_value_record",
    )
    source = fields.Selection(
        [("subject", "Subject"), ("body", "Text"), ("header", "Other header")],
        "Where to Look",
        required=True,
        default="subject",
    )
    header = fields.Char(
        "Name of the Header", help="The name of the header, for example X-Priority."
    )
    extract = fields.Char(
        "What to Look For",
        help="A regular expression with one pair of parentheses: what it finds between "
        r"them is taken. Example: Customer no\. (\d+)",
    )
    only_if_empty = fields.Boolean(
        "Only if the Ticket Has None",
        help="Keep what the ticket already has, for example from an earlier rule.",
    )

    @api.model
    def _get_field_domain(self):
        return [
            ("model", "=", "helpdesk.ticket"),
            ("name", "in", self._get_settable_fields()),
        ]

    @api.model
    def _get_settable_fields(self):
        """Return the names of the ticket's fields that a rule may set (D6)."""
        known = self.env["helpdesk.ticket"]._fields
        return [name for name in SETTABLE_FIELDS if name in known]

    # -- a fixed record --------------------------------------------------------

    @api.model
    def _get_value_models(self):
        """Return the models of which an operation may name a record."""
        ticket = self.env["helpdesk.ticket"]
        names = {
            ticket._fields[name].comodel_name
            for name in self._get_settable_fields()
            if ticket._fields[name].relational
        }
        return names | {"project.project"}

    @api.model
    def _selection_value_record(self):
        names = sorted(self._get_value_models())
        return [(name, self.env[name]._description) for name in names]

    def _get_value_model(self):
        """Return the name of the model whose record `value` names, or None.

        An operation other than `set_field` says it in `_value_model_<code>()`.
        """
        self.ensure_one()
        if self.code == "set_field":
            # sudo: the name of the related model, no record of it
            return self.sudo().field_id.relation or None
        model = getattr(self, f"_value_model_{self.code}", None)
        return model() if model else None

    @api.model
    def _find_setting(self, values):
        """Return the operations of all rules that set one of these records.

        :param values: records; operations name them in a text
        """
        # sudo: rules of all companies count
        operations = self.sudo().with_context(active_test=False)
        texts = [str(id_) for id_ in values.ids]
        return operations.search([("value", "in", texts)]).filtered(
            lambda operation: operation._get_value_model() == values._name
        )

    @api.model
    def _check_not_set(self, values):
        """Refuse to delete what rules set; they name it in a text.

        :param values: the records that are about to be deleted
        :raise UserError: with the rules
        """
        if found := self._find_setting(values):
            raise UserError(
                self.env._(
                    "%(names)s cannot be deleted: the rules %(rules)s set it. Archive "
                    "it instead, or change the rules first.",
                    names=", ".join(values.mapped("display_name")),
                    rules=", ".join(found.collector_id.mapped("name")),
                )
            )

    @api.depends("code", "field_id")
    def _compute_value_model_id(self):
        for operation in self:
            model = operation._get_value_model()
            operation.value_model_id = model and self.env["ir.model"]._get_id(model)

    @api.depends("code", "field_id", "value")
    def _compute_value_record(self):
        for operation, known in zip(self, self._with_records(), strict=True):
            record = known._get_value_record()
            operation.value_record = f"{record._name},{record.id}" if record else False

    def _inverse_value_record(self):
        for operation in self.filtered(lambda op: op._get_value_model()):
            operation.value = operation.value_record and str(operation.value_record.id)

    @api.onchange("code", "field_id")
    def _onchange_field_id(self):
        self.value = self.value_record = False

    @api.onchange("value_record")
    def _onchange_value_record(self):
        if self.value_record:
            self.value = str(self.value_record.id)

    def _get_value_record(self):
        """Return the record that `value` names, empty when it is gone; or None."""
        model = self._get_value_model()
        if not model or not (self.value or "").isdigit():
            return self.env[model] if model else None
        record = self.env[model].browse(int(self.value))
        known = inside(self.env, "helpdesk_rule_records")
        if known is None:
            return record.exists()
        known = known.get(model, record.browse())
        return record.with_prefetch(known.ids) if record in known else record.browse()

    def _with_records(self):
        """Return these with the records that they name looked up: by one query for
        each model, however many operations there are."""
        ids = defaultdict(set)
        for operation in self:
            model = operation._get_value_model()
            if model and (operation.value or "").isdigit():
                ids[model].add(int(operation.value))
        records = {
            model: self.env[model].browse(numbers).exists()
            for model, numbers in ids.items()
        }
        return self.with_context(helpdesk_rule_records=Inside(records))

    def _check_company_of_value(self):
        """Refuse a record of another company than the rule's (reliability G1)."""
        companies, rule = self._get_value_companies(), self.collector_id
        company = rule.company_id or rule._get_only_company()
        if companies and company not in companies:
            raise ValidationError(
                self.env._(
                    "“%(record)s” belongs to %(company)s. Choose this company for the "
                    "rule, or another value.",
                    record=self._get_value_record().display_name,
                    company=format_list(self.env, companies.mapped("name")),
                )
            )

    def _get_value_companies(self):
        """Return the companies whose rules may name the record, none for all."""
        record = self._get_value_record()
        if record and record._name == "res.users":
            return record.sudo().company_ids  # sudo: where somebody works
        known = record and "company_id" in record._fields
        return record.company_id if known else self.env["res.company"]

    # -- what the mail says ----------------------------------------------------

    def _uses_pattern(self):
        """Tell whether the operation takes a text of the mail."""
        if self.code == "set_field":
            return self.value_from == "extract"
        return self.code == "join_ticket" or (
            self.code == "find_customer" and self.value_from == "extract"
        )

    def _get_extract_fault(self):
        """Return what is wrong with the pattern, in one sentence, or an empty text."""
        if not self._uses_pattern():
            return ""
        if self.source == "header" and not self.header:
            return self.env._("Enter the name of the header that is searched.")
        if not self.extract:
            return self.env._("Enter the pattern that finds the value in the mail.")
        try:
            groups = count_groups(self.extract)
        except PatternError as error:
            return pattern_sentence(self.env, self.extract, error)
        if groups != 1:
            return self.env._(
                "The pattern “%(pattern)s” must have one pair of parentheses around "
                "what is taken; it has %(count)s. Write (?:…) for others.",
                pattern=self.extract,
                count=groups,
            )
        return ""

    def _extract(self, mail, place):
        """Return what the pattern finds in the mail, an empty text when nothing."""

        def find():
            header = (self.header or "") if self.source == "header" else ""
            texts = self._read_source(mail, place, self.source, header)
            found = (extract(self.extract, text) for text in texts.raw)
            return next(filter(None, found), "")

        return mail.source(("extracted", self.id), find)

    def _find_record(self, mail, place):
        """Return the one record that the text found in the mail names.

        :param Mail mail: the mail
        :param Place place: where it belongs
        :return: a record of the field's model; empty when there is none, or several
        """
        key = ("found", self.id)
        company = self.env["res.company"].browse(place.company_id)
        return mail.source(
            key, lambda: self._search_record(self._extract(mail, place), company)
        )

    def _search_record(self, text, company):
        model = self.env[self._get_value_model()]
        if not text:
            return model
        domain = Domain.TRUE
        if "company_id" in model._fields:
            domain &= Domain("company_id", "in", [False, company.id])
        if model._name == "res.users":
            domain = Domain("share", "=", False) & Domain(
                "company_ids", "=", company.id
            )
        exact = EXACT_FIELDS.get(model._name, ())
        for name in exact or NAMED_FIELDS.get(
            model._name, (model._rec_name or "name",)
        ):
            value = text.lower() if name == "email_normalized" else text
            condition = (
                Domain(name, "=", value)
                if exact
                else Domain(name, "=ilike", escape_psql(text))
            )
            records = model.search(domain & condition, limit=2)
            if records:
                return records if len(records) == 1 else model
        return model

    def _get_place(self):
        """Return where the pattern searches, for descriptions."""
        if self.source == "header":
            return self.header or ""
        return dict(self._fields["source"]._description_selection(self.env))[
            self.source
        ]
