from odoo.addons.helpdesk_email_collector.decision import Arrival

from .common import CollectorCommon


class Looked:
    """What a try-out says of a mail."""

    def __init__(self, mail, place, decision):
        self.mail, self.place = mail, place
        self.decision, self.reason = decision.kind, decision.reason
        self.values, self.trace = decision.values, decision.trace


class RulesCommon(CollectorCommon):
    """Ways to make rules, and to let a mail be decided about without storing it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Rule = cls.env["helpdesk.email.collector"]

    @classmethod
    def _field(cls, name):
        return cls.env["ir.model.fields"]._get("helpdesk.ticket", name)

    @classmethod
    def _add_rule(cls, *conditions, operations=("ignore",), **values):
        """Create a rule.

        :param conditions: (source, operator, value) with a dict of more values
        :param operations: codes, or dicts of values
        """
        filters = []
        for source, operator, value, *more in conditions:
            filters.append({"source": source, "operator": operator, "value": value})
            for extra in more:
                filters[-1].update(extra)
        parts = [
            operation if isinstance(operation, dict) else {"code": operation}
            for operation in operations
        ]
        return cls.Rule.create(
            {
                "name": "Sorting",
                "sequence": 1,
                "active": True,
                "every_mail_confirmed": True,
                "company_id": cls.company.id,
                "filter_ids": [
                    (0, 0, {"sequence": number, **filter_values})
                    for number, filter_values in enumerate(filters)
                ],
                "operation_ids": [
                    (0, 0, {"sequence": number, **part})
                    for number, part in enumerate(parts)
                ],
                **values,
            }
        )

    @classmethod
    def _set(cls, name, record=None, **values):
        """Return the values of an operation that sets a field."""
        fixed = {"value": str(record.id)} if record else {"value_from": "extract"}
        return {
            "code": "set_field",
            "field_id": cls._field(name).id,
            **fixed,
            **values,
        }

    def _decide(self, raw, tracing=True, **values):
        """Let a mail be decided about as a new one; nothing is written.

        :return: `Looked`, with its trace
        """
        arrival = Arrival(self.company.id, self.server.id, **values)
        if tracing:
            return Looked(*self.Inbox._look(raw, arrival))
        mail = next(self.Inbox._read([(raw, "", arrival)]))
        place = self.Inbox._find_place(mail, arrival, self.Inbox._look_up([mail]))
        return Looked(mail, place, self.Rule._decide(mail, place))
