from odoo.tests import tagged, warmup

from .common import TicketCommon

LIST_FIELDS = {
    "number": {},
    "name": {},
    "customer_id": {"fields": {"display_name": {}}},
    "partner_name": {},
    "topic_id": {"fields": {"display_name": {}}},
    "severity_id": {"fields": {"display_name": {}}},
    "severity_color": {},
    "user_id": {"fields": {"display_name": {}}},
    "stage_id": {"fields": {"display_name": {}}},
    "state": {},
    "is_open": {},
}


@tagged("post_install", "-at_install")
class TestQueries(TicketCommon):
    """The number of queries must not grow with the number of tickets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.users"].flush_model()
        topics = cls.env["helpdesk.ticket.topic"].search([])
        severities = cls.env["helpdesk.ticket.severity"].search([])
        people = cls.env["res.partner"].create(
            [{"name": f"P{i}", "parent_id": cls.customer.id} for i in range(50)]
        )
        cls.tickets = cls.env["helpdesk.ticket"].concat(
            *(
                cls._create_ticket(
                    partner_id=person.id,
                    topic_id=topics[i % len(topics)].id,
                    severity_id=severities[i % len(severities)].id,
                    user_id=cls.agent.id if i % 2 else cls.manager.id,
                )
                for i, person in enumerate(people)
            )
        )

    def _count_list_queries(self, tickets):
        self.env.flush_all()
        self.env.invalidate_all()
        Ticket = self.agent_env["helpdesk.ticket"]
        before = self.env.cr.sql_log_count
        Ticket.web_search_read([("id", "in", tickets.ids)], LIST_FIELDS)
        return self.env.cr.sql_log_count - before

    @warmup
    def test_list(self):
        self._count_list_queries(self.tickets)
        few = self._count_list_queries(self.tickets[:2])
        many = self._count_list_queries(self.tickets)
        self.assertEqual(few, many)

    @warmup
    def test_assigning_many(self):
        """The life cycle moves tickets in sets."""
        self.tickets[1:].user_id = False
        self.tickets[0]._move("closed")  # which stage that is, is remembered
        self.env.flush_all()
        counts = []
        for tickets in (self.tickets[1:3], self.tickets[3:]):
            tickets = tickets.with_context(tracking_disable=True)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            tickets._move("closed")
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_searched_columns_have_an_index(self):
        """Every many2one of a ticket leads an index, of its own or of several."""
        model = self.env["helpdesk.ticket"]
        self.env.cr.execute(
            """SELECT a.attname FROM pg_index i
               JOIN pg_attribute a ON a.attrelid = i.indrelid
                                  AND a.attnum = i.indkey[0]
               WHERE i.indrelid = 'helpdesk_ticket'::regclass"""
        )
        indexed = {name for (name,) in self.env.cr.fetchall()}
        without = [
            name
            for name, field in model._fields.items()
            if field.type == "many2one"
            and field.store
            and name not in ("create_uid", "write_uid", "activity_type_id")
            and name not in indexed
        ]
        self.assertFalse(without)
