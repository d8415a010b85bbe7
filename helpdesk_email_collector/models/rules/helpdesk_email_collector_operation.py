from collections import defaultdict
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_list, frozendict
from odoo.tools.sql import escape_psql

from odoo.addons.helpdesk_contact.inside import Inside, inside

from ...decision import CREATE, IGNORE, REPLY
from ...pattern import PatternError, count_groups, extract
from ...pattern_errors import pattern_sentence

# These may always act on automatic mail, even if the rule does not ask for such mail.
HARMLESS_CODES = {"set_field", "find_customer", "attach_mail", "move_mail"}
HARMLESS_CODES |= {"ignore", "stop"}
# Programs are never answered, whatever a rule says (RFC 3834, 2).
ANSWERING_CODES = {"send_template", "reject"}
# The parameters of an operation.
PARAMETERS = (
    "code",
    "field_id",
    "value",
    "value_from",
    "extract",
    "source",
    "header",
    "only_if_empty",
    "template_id",
    "folder",
    "address",
)

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
    """An operation of a rule (E03).

    An operation is a selection value of `code` and one or both of these methods:
    `_prepare_<code>(mail, place, decision)` is called before there is a ticket, returns
    the new `Decision` and writes nothing; `_apply_<code>(mail, place, decision, ticket,
    answers)` is called once the ticket contains its mail. Optional:
    `_describe_<code>(mail, place, decision)` says what the operation would do with a
    mail, or, without a mail, what it does in general; `_fault_<code>()` says what is
    missing.

    The operation works with a fixed record or with a text found in the mail. All
    operations share the same parameter fields; `_fault_<code>` checks those that it
    uses.
    """

    _name = "helpdesk.email.collector.operation"
    _inherit = ["helpdesk.rule.part.mixin"]
    _description = "Operation of an E-mail Rule"
    _order = "sequence, id"

    collector_id = fields.Many2one(
        "helpdesk.email.collector", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    code = fields.Selection(
        [
            ("create_ticket", "Create a ticket"),
            ("join_ticket", "Add to an existing ticket"),
            ("set_field", "Set a field"),
            ("find_customer", "Find or create the contact"),
            ("attach_mail", "Attach the original mail"),
            ("send_template", "Answer with a template"),
            ("forward", "Forward the mail"),
            ("move_mail", "Move the mail to a folder"),
            ("create_task", "Create a task"),
            ("ignore", "Ignore the mail"),
            ("reject", "Reject the mail with a notice"),
            ("stop", "Stop: skip further rules"),
        ],
        "Operation",
        required=True,
        default="create_ticket",
    )
    # what it works with
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
        help="A regular expression with one pair of parentheses: the text matched "
        "inside them is used. Example: Customer no\\. (\\d+)",
    )
    only_if_empty = fields.Boolean(
        "Only if the Ticket Has None",
        help="Keeps the value that the ticket already has, for example from an earlier "
        "rule.",
    )
    description = fields.Char("What It Does", compute="_compute_description")

    @api.depends(*PARAMETERS)
    @api.depends_context("lang")
    def _compute_description(self):
        for operation, known in zip(self, self._with_records(), strict=True):
            operation.description = operation.code and known._get_description()

    @api.model
    def _get_steps(self):
        """Return the prefixes of the methods that make up an operation."""
        return ("prepare", "apply")

    # -- checks on saving ------------------------------------------------------

    @api.constrains("code")
    def _check_code(self):
        for operation in self:
            if not any(
                hasattr(self, f"_{step}_{operation.code}") for step in self._get_steps()
            ):
                raise ValidationError(
                    self.env._(
                        "The operation “%(code)s” is unknown. Choose another, or "
                        "install the module that brings it.",
                        code=operation.code,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        operations = super().create(vals_list)
        operations._complete_company_of_rule()
        return operations

    def write(self, vals):
        res = super().write(vals)
        if "value" in vals:
            self._complete_company_of_rule()
        return res

    def _complete_company_of_rule(self):
        """If the database has one company only, assign the rule to it when an operation
        names a record of that company."""
        named = self.filtered(
            lambda operation: (
                not operation.collector_id.company_id
                and operation._get_value_companies()
            )
        )
        named.collector_id._take_only_company()

    @api.constrains(*PARAMETERS)
    def _check_parameters(self):
        for operation in self:
            if sentence := operation._get_fault():
                raise ValidationError(sentence)
            operation._check_company_of_value()

    def _get_fault(self):
        """Return what is missing or wrong in one sentence, or ""."""
        self.ensure_one()
        fault = getattr(self, f"_fault_{self.code}", None)
        return (fault and fault()) or self._get_extract_fault()

    def _get_faults(self):
        """Return the fault of each operation, "" where there is none, by id."""
        return {operation.id: operation._get_fault() for operation in self}

    # -- descriptions --------------------------------------------------------------

    def _get_description(self, mail=None, place=None, decision=None):
        """Return in words what the operation does, or would do with a mail (E04).

        :param Mail mail: the mail of a try-out, or None
        :param Place place: who wrote it and where it belongs, or None
        :param Decision decision: what is decided so far, with this operation, or None
        :rtype: str
        """
        self.ensure_one()
        describe = getattr(self, f"_describe_{self.code}", None)
        label = dict(self._fields["code"]._description_selection(self.env))[self.code]
        text = describe(mail, place, decision) if describe else label
        if mail and place.automatic and self._is_refused(decision):
            return self.env._("%(text)s – not done: this is automatic mail", text=text)
        return text

    # -- running ---------------------------------------------------------------

    def _stops(self):
        """Return whether no further rule is tried after this operation."""
        return self.code in ("ignore", "reject", "stop")

    def _is_refused(self, decision):
        """Return whether this must not be done to a mail that a program wrote (E07).

        A rule may act on automatic mail only if one of its conditions asks for such
        mail.

        :rtype: bool
        """
        if self.code in HARMLESS_CODES:
            return False
        named = self.collector_id.id in decision.outspoken
        return not named or self.code in ANSWERING_CODES

    def _prepare(self, mail, place, decision):
        """Return the decision with what this operation adds to it; writes nothing.

        :param Mail mail: the parsed mail
        :param Place place: who wrote it and where it belongs
        :param Decision decision: what is decided so far
        :rtype: Decision
        """
        self.ensure_one()
        if place.automatic and self._is_refused(decision):
            return decision
        prepare = getattr(self, f"_prepare_{self.code}", None)
        if prepare:
            decision = prepare(mail, place, decision)
        if hasattr(self, f"_apply_{self.code}"):
            operations = (*decision.operations, self.id)
            decision = replace(decision, operations=operations)
        return decision

    def _prepare_create_ticket(self, mail, place, decision):
        if decision.kind:
            return decision
        params = frozendict(rule=self.collector_id.name)
        return replace(decision, kind=CREATE, reason="created", params=params)

    def _prepare_ignore(self, mail, place, decision):
        ignored = {"kind": IGNORE, "reason": "rule_ignored", "stopped": True}
        params = frozendict(rule=self.collector_id.name)
        return replace(decision, **ignored, params=params)

    def _prepare_stop(self, mail, place, decision):
        return replace(decision, stopped=True)

    @api.model
    def _apply(self, mail, place, decision, ticket, answers):
        """Carry out what was prepared; without a ticket only what does not need one.

        :param Mail mail: the parsed mail
        :param Place place: who wrote it and where it belongs
        :param Decision decision: what was decided
        :param ticket: `helpdesk.ticket` that contains the mail, or an empty recordset
        :param bool answers: whether automatic answers may be sent to the sender
        :return: whether an answer was sent
        :rtype: bool
        """
        holds = decision.kind in (CREATE, REPLY)
        ticket = ticket if holds else ticket.browse()
        # sudo: only managers can read rules, which apply to mail for everybody
        operations = self.sudo().browse(decision.operations)
        answered = False
        for operation in operations._with_records():
            if ticket or operation._applies_without_ticket():
                apply = getattr(operation, f"_apply_{operation.code}")
                answered |= apply(mail, place, decision, ticket, answers) is True
        return answered

    @api.model
    def _get_ticketless_codes(self):
        """Return the operations that also work without a ticket; a hook."""
        return {"forward", "move_mail", "create_task", "reject"}

    def _applies_without_ticket(self):
        return self.code in self._get_ticketless_codes()

    # -- which fields --------------------------------------------------------------

    @api.model
    def _get_field_domain(self):
        return [
            ("model", "=", "helpdesk.ticket"),
            ("name", "in", self._get_settable_fields()),
        ]

    @api.model
    def _get_settable_fields(self):
        """Return the names of the ticket's fields that a rule may set (D6); a hook."""
        known = self.env["helpdesk.ticket"]._fields
        return [name for name in SETTABLE_FIELDS if name in known]

    # -- a fixed record --------------------------------------------------------

    @api.model
    def _get_value_models(self):
        """Return the names of the models whose records an operation can name; a
        hook."""
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
        """Return the name of the model whose record is stored in `value`, or None.

        Operations other than `set_field` define it in `_value_model_<code>()`.
        """
        self.ensure_one()
        if self.code == "set_field":
            # sudo: only the name of the related model
            return self.sudo().field_id.relation or None
        model = getattr(self, f"_value_model_{self.code}", None)
        return model() if model else None

    @api.model
    def _find_setting(self, values):
        """Return the operations of all rules that name one of these records.

        :param values: recordset
        :return: `helpdesk.email.collector.operation`
        """
        # sudo: the rules of all companies
        operations = self.sudo().with_context(active_test=False)
        texts = [str(id_) for id_ in values.ids]
        return operations.search([("value", "in", texts)]).filtered(
            lambda operation: operation._get_value_model() == values._name
        )

    @api.model
    def _check_not_set(self, values):
        """Refuse to delete records that rules name: `value` is no foreign key.

        :param values: the recordset to be deleted
        :raise UserError: with the names of the rules
        """
        if found := self._find_setting(values):
            raise UserError(
                self.env._(
                    "%(names)s cannot be deleted: it is set by the rules %(rules)s. "
                    "Archive it instead, or change the rules first.",
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
        """Return the record stored in `value`, empty if it was deleted; None if the
        operation does not use a record."""
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
        """Return these operations with the records that they name prefetched, with one
        query per model."""
        ids = defaultdict(set)
        for operation in self:
            names_one = (operation.value or "").isdigit()
            if names_one and (model := operation._get_value_model()):
                ids[model].add(int(operation.value))
        records = {
            model: self.env[model].browse(numbers).exists()
            for model, numbers in ids.items()
        }
        return self.with_context(helpdesk_rule_records=Inside(records))

    def _check_company_of_value(self):
        """Refuse a record of a company other than that of the rule (reliability G1).

        :raise ValidationError: with the companies of the record
        """
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
        """Return the companies whose rules may use the record, empty for all."""
        record = self._get_value_record()
        if record and record._name == "res.users":
            return record.sudo().company_ids  # sudo: only the companies of the user
        known = record and "company_id" in record._fields
        return record.company_id if known else self.env["res.company"]

    # -- texts found in the mail ---------------------------------------------------

    def _uses_pattern(self):
        """Return whether the operation uses a text found in the mail."""
        if self.code == "set_field":
            return self.value_from == "extract"
        return self.code == "join_ticket" or (
            self.code == "find_customer" and self.value_from == "extract"
        )

    def _get_extract_fault(self):
        """Return what is wrong with the pattern in one sentence, or ""."""
        if not self._uses_pattern():
            return ""
        if self.source == "header" and not self.header:
            return self.env._("Enter the name of the header to search.")
        if not self.extract:
            return self.env._("Enter the pattern that finds the value in the mail.")
        try:
            groups = count_groups(self.extract)
        except PatternError as error:
            return pattern_sentence(self.env, self.extract, error)
        if groups != 1:
            return self.env._(
                "The pattern “%(pattern)s” must have exactly one pair of parentheses, "
                "around the text to use; it has %(count)s. Write (?:…) for others.",
                pattern=self.extract,
                count=groups,
            )
        return ""

    def _extract(self, mail, place):
        """Return the text that the pattern finds in the mail, or ""."""

        def find():
            header = (self.header or "") if self.source == "header" else ""
            sources = self.env["helpdesk.email.collector.filter"]
            texts = sources._read_source(mail, place, self.source, header)
            found = (extract(self.extract, text) for text in texts.raw)
            return next(filter(None, found), "")

        return mail.source(("extracted", self.id), find)

    def _find_record(self, mail, place):
        """Return the record that the text found in the mail names.

        :param Mail mail: the parsed mail
        :param Place place: who wrote it and where it belongs
        :return: a record of the field's model, empty if there is none or more than one
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
        """Return where the pattern searches, in words."""
        if self.source == "header":
            return self.header or ""
        return dict(self._fields["source"]._description_selection(self.env))[
            self.source
        ]
