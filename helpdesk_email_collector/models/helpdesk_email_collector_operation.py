from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

# What a rule may set on a ticket: what a person would choose when sorting mail.
SETTABLE_FIELDS = (
    "type_id",
    "topic_id",
    "severity_id",
    "team_id",
    "user_id",
    "tag_ids",
    "project_id",
    "partner_id",
)


class HelpdeskEmailCollectorOperation(models.Model):
    """What a rule does (E03).

    An operation is a selection value of `code` and a method `_prepare_<code>(mail)`,
    called before the ticket exists, which only changes the `CollectedMail`, or
    `_apply_<code>(mail)`, called when the ticket has its mail, or both.
    """

    _name = "helpdesk.email.collector.operation"
    _description = "Operation of an E-mail Rule"
    _order = "sequence, id"

    collector_id = fields.Many2one(
        "helpdesk.email.collector", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    code = fields.Selection(
        [
            ("create_ticket", "Create a ticket"),
            ("set_field", "Set a field"),
            ("ignore", "Ignore the mail"),
            ("stop", "Stop: no further rules"),
        ],
        "Operation",
        required=True,
        default="create_ticket",
    )
    field_id = fields.Many2one(
        "ir.model.fields",
        domain=lambda self: self._get_field_domain(),
        ondelete="cascade",
    )
    value = fields.Char("Value as Text")
    value_model_id = fields.Many2one("ir.model", compute="_compute_value_model_id")
    value_record = fields.Reference(
        selection="_selection_value_record",
        string="Value",
        compute="_compute_value_record",
        inverse="_inverse_value_record",
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
        return SETTABLE_FIELDS

    @api.model
    def _selection_value_record(self):
        ticket = self.env["helpdesk.ticket"]
        names = {
            ticket._fields[name].comodel_name
            for name in self._get_settable_fields()
            if name in ticket._fields and ticket._fields[name].relational
        }
        return [(name, self.env[name]._description) for name in sorted(names)]

    @api.depends("field_id")
    def _compute_value_model_id(self):
        for operation in self:
            # sudo: managers do not read the list of models; only its id is taken
            relation = operation.sudo().field_id.relation
            operation.value_model_id = relation and self.env["ir.model"]._get_id(
                relation
            )

    @api.depends("field_id", "value")
    def _compute_value_record(self):
        for operation in self:
            record = operation._get_value_record()
            operation.value_record = f"{record._name},{record.id}" if record else False

    def _inverse_value_record(self):
        for operation in self.filtered("field_id.relation"):
            operation.value = operation.value_record and str(operation.value_record.id)

    @api.onchange("field_id")
    def _onchange_field_id(self):
        self.value = self.value_record = False

    @api.onchange("value_record")
    def _onchange_value_record(self):
        if self.value_record:
            self.value = str(self.value_record.id)

    def _get_value_record(self):
        """Return the record that `value` names, empty when it is gone."""
        # sudo: the name of the related model, no record of it
        relation = self.sudo().field_id.relation
        if not relation or not (self.value or "").isdigit():
            return None
        return self.env[relation].browse(int(self.value)).exists()

    @api.model
    def _get_steps(self):
        """Return when operations act: the prefixes of their methods."""
        return ("prepare", "apply")

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

    @api.constrains("code", "field_id", "value")
    def _check_value(self):
        for operation in self.filtered(lambda op: op.code == "set_field"):
            if operation.field_id.name not in operation._get_settable_fields():
                raise ValidationError(
                    self.env._("Choose the field of the ticket that the rule sets.")
                )
            if not operation.value:
                raise ValidationError(
                    self.env._(
                        "Choose the value that the rule gives to “%(field)s”.",
                        field=operation.field_id.field_description,
                    )
                )
            operation._check_company_of_value()

    def _check_company_of_value(self):
        """Refuse a record of another company than the rule's (reliability G1)."""
        record = self._get_value_record()
        if not record or "company_id" not in record._fields or not record.company_id:
            return
        if record.company_id != self.collector_id.company_id:
            raise ValidationError(
                self.env._(
                    "“%(record)s” belongs to %(company)s. Choose this company for the "
                    "rule, or another value.",
                    record=record.display_name,
                    company=record.company_id.name,
                )
            )

    def _get_description(self):
        """Return what the operation does, for lists and traces."""
        self.ensure_one()
        describe = getattr(self, f"_describe_{self.code}", None)
        if describe:
            return describe()
        return dict(self._fields["code"]._description_selection(self.env))[self.code]

    def _describe_set_field(self):
        value = self.value_record.display_name if self.value_record else self.value
        return f"{self.field_id.field_description}: {value or '–'}"

    # -- running ---------------------------------------------------------------

    def _prepare(self, mail):
        """Let the operation change the mail's values or its decision.

        :param CollectedMail mail: the mail; nothing else is changed
        """
        self.ensure_one()
        prepare = getattr(self, f"_prepare_{self.code}", None)
        if prepare:
            prepare(mail)
        if hasattr(self, f"_apply_{self.code}"):
            mail.operations.append(self)

    @api.model
    def _apply(self, mail):
        """Carry out, on the ticket with its mail, what was prepared (step 9).

        :param CollectedMail mail: its `ticket` holds the mail
        """
        for operation in mail.operations:
            getattr(operation, f"_apply_{operation.code}")(mail)

    def _prepare_create_ticket(self, mail):
        if not mail.decision:
            mail.decide("create", "created", rule=self.collector_id.name)

    def _prepare_ignore(self, mail):
        mail.decide("ignore", "rule_ignored", rule=self.collector_id.name)
        mail.stopped = True

    def _prepare_stop(self, mail):
        mail.stopped = True

    def _prepare_set_field(self, mail):
        name = self.field_id.name
        record = self._get_value_record()
        if not record:
            raise UserError(
                self.env._(
                    "The rule “%(rule)s” sets “%(field)s” to a record that was "
                    "deleted. Choose another value in the rule, then retry this mail.",
                    rule=self.collector_id.name,
                    field=self.field_id.field_description,
                )
            )
        if self.field_id.ttype == "many2one":
            mail.values[name] = record.id
        else:
            mail.values.setdefault(name, []).append(Command.link(record.id))
