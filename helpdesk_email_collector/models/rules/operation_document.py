from odoo import api, models


class HelpdeskEmailCollectorOperation(models.Model):
    """Operations that create another document from a mail (E03): a task here, a lead or
    an event in the addons for those apps."""

    _inherit = "helpdesk.email.collector.operation"

    @api.model
    def _get_document_codes(self):
        """Return the operations whose document can replace a ticket; a hook."""
        return {"create_task"}

    @api.model
    def _prepare_document_values(self, mail, place, ticket):
        """Return the values that all documents take from a mail; a hook.

        :param Mail mail: the parsed mail
        :param Place place: who wrote it and where it belongs
        :param ticket: `helpdesk.ticket` that contains the mail, or an empty recordset
        :return: `name`, `description` and `partner_id`
        :rtype: dict
        """
        return {
            "name": mail.subject.strip() or self.env._("No subject"),
            "description": mail.body or False,
            "partner_id": ticket.partner_id.id or place.author_id or False,
        }

    def _link_document(self, document, ticket):
        """Log a link to the other one on the document and on the ticket.

        :param document: record with a chatter
        :param ticket: `helpdesk.ticket` that contains the mail, or an empty recordset
        """
        if not ticket:
            return
        document.message_post_with_source(
            "mail.message_origin_link",
            render_values={"self": document, "origin": ticket},
            subtype_xmlid="mail.mt_note",
        )
        ticket._message_log(
            body=self.env._(
                "The rule “%(rule)s” created %(document)s.",
                rule=self.collector_id.name,
                document=document._get_html_link(),
            )
        )

    # -- create_task -----------------------------------------------------------

    def _value_model_create_task(self):
        return "project.project"

    def _fault_create_task(self):
        if not self._get_value_record():
            return self.env._("Choose the project that the task is created in.")
        return ""

    def _apply_create_task(self, mail, place, decision, ticket, answers):
        values = self._prepare_document_values(mail, place, ticket)
        if ticket:
            values.update(ticket._prepare_task_values())
        project = self._get_value_record()
        if not project:
            return
        # the gateway's technical user must not become the assignee
        tasks = self.env["project.task"].with_context(default_user_ids=False)
        task = tasks.create({**values, "project_id": project.id, "user_ids": False})
        self._link_document(task, ticket)

    def _describe_create_task(self, mail=None, place=None, decision=None):
        return self.env._(
            "Create a task in %(project)s",
            project=self._get_value_record().display_name or "–",
        )
