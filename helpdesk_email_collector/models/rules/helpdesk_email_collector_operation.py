from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...decision import CREATE, REPLY

# Mail of programs: without a rule that names it, these may act on it all the same.
HARMLESS_CODES = {"set_field", "find_customer", "attach_mail", "move_mail"}
HARMLESS_CODES |= {"ignore", "stop"}
# Programs never get an answer, whatever a rule says (RFC 3834, 2).
ANSWERING_CODES = {"send_template", "reject"}
# What an operation is made of.
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


class HelpdeskEmailCollectorOperation(models.Model):
    """What a rule does (E03).

    An operation is a selection value of `code` and a method
    `_prepare_<code>(mail, place, decision)`, called before the ticket exists, which
    returns the `Decision` and changes nothing, or
    `_apply_<code>(mail, place, decision, ticket, answers)`, called when the ticket has
    its mail, or both. `_describe_<code>(mail, place, decision)` says what they would
    do, and without a mail, what they do in general; `_fault_<code>()` says what is
    missing.
    """

    _name = "helpdesk.email.collector.operation"
    _inherit = ["helpdesk.mail.source.mixin", "helpdesk.rule.part.mixin"]
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
            ("stop", "Stop: no further rules"),
        ],
        "Operation",
        required=True,
        default="create_ticket",
    )
    description = fields.Char("What It Does", compute="_compute_description")

    @api.depends(*PARAMETERS)
    @api.depends_context("lang")
    def _compute_description(self):
        for operation, known in zip(self, self._with_records(), strict=True):
            operation.description = operation.code and known._get_description()

    @api.model
    def _get_steps(self):
        """Return when operations act: the prefixes of their methods."""
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
        """Where there is one company, what belongs to it makes the rule its own."""
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
        """Return what is missing or wrong in one sentence; empty when all is well."""
        self.ensure_one()
        fault = getattr(self, f"_fault_{self.code}", None)
        return (fault and fault()) or self._get_extract_fault()

    def _get_faults(self):
        """Return what is wrong with each operation: dict of sentences by id."""
        return {operation.id: operation._get_fault() for operation in self}

    # -- what it does, in words ------------------------------------------------

    def _get_description(self, mail=None, place=None, decision=None):
        """Return what the operation does; with a mail, what it would do to it (E04).

        :param Mail mail: the mail of a try-out
        :param Place place: where that belongs
        :param Decision decision: with what this operation prepared
        """
        self.ensure_one()
        describe = getattr(self, f"_describe_{self.code}", None)
        label = dict(self._fields["code"]._description_selection(self.env))[self.code]
        text = describe(mail, place, decision) if describe else label
        if mail and self._is_refused(place, decision):
            return self.env._("%(text)s – not done: this is automatic mail", text=text)
        return text

    # -- running ---------------------------------------------------------------

    def _stops(self):
        """Tell whether no further rule is asked after this operation."""
        return self.code in ("ignore", "reject", "stop")

    def _is_refused(self, place, decision):
        """Tell whether this must not be done to the mail of a program (E07).

        A rule may act on automatic mail when one of its conditions names such mail.
        """
        if not place.automatic or self.code in HARMLESS_CODES:
            return False
        named = self.collector_id.id in decision.outspoken
        return not named or self.code in ANSWERING_CODES

    def _prepare(self, mail, place, decision):
        """Return the decision with what the operation adds to it; writes nothing.

        :param Mail mail: the mail
        :param Place place: where it belongs
        :param Decision decision: what is decided so far
        :rtype: Decision
        """
        self.ensure_one()
        if self._is_refused(place, decision):
            return decision
        prepare = getattr(self, f"_prepare_{self.code}", None)
        if prepare:
            decision = prepare(mail, place, decision)
        if hasattr(self, f"_apply_{self.code}"):
            operations = (*decision.operations, self.id)
            decision = decision.change(operations=operations)
        return decision

    @api.model
    def _apply(self, mail, place, decision, ticket, answers):
        """Carry out what was prepared: on the ticket with its mail, or, when there is
        none, what needs no ticket.

        :param ticket: `helpdesk.ticket` that holds the mail, or none
        :param bool answers: whether automatic answers may go to the sender
        :return: whether one went
        """
        holds = decision.kind in (CREATE, REPLY)
        ticket = ticket if holds else ticket.browse()
        # sudo: rules are readable by managers, and apply to everybody's mail
        operations = self.sudo().browse(decision.operations)
        answered = False
        for operation in operations._with_records():
            if ticket or operation._applies_without_ticket():
                apply = getattr(operation, f"_apply_{operation.code}")
                answered |= apply(mail, place, decision, ticket, answers) is True
        return answered

    @api.model
    def _get_ticketless_codes(self):
        """Return the operations that also act on a mail that makes no ticket."""
        return {"forward", "move_mail", "create_task", "reject"}

    def _applies_without_ticket(self):
        return self.code in self._get_ticketless_codes()
