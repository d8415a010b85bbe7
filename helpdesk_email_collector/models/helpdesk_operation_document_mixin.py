from odoo import api, models


class HelpdeskOperationDocumentMixin(models.AbstractModel):
    """Operations that make another document of a mail: a task; a lead or an event with
    the addons for those apps (E03)."""

    _name = "helpdesk.operation.document.mixin"
    _description = "Operations That Create Documents"

    @api.model
    def _get_document_codes(self):
        """Return the operations whose document may stand for a ticket."""
        return {"create_task"}

    @api.model
    def _prepare_document_values(self, mail):
        """Return what every document takes of a mail; a hook.

        :param CollectedMail mail: the mail
        :return: dict of `name`, `description` and `partner_id`
        """
        contact = self.env["helpdesk.email.collector"]._get_contact(mail)
        partner = mail.ticket.partner_id if mail.ticket else contact
        subject = mail.msg_dict.get("subject") or ""
        return {
            "name": subject.strip() or self.env._("No subject"),
            "description": mail.msg_dict.get("body") or False,
            "partner_id": partner.id,
        }

    def _link_document(self, document, mail):
        """Write into the document and the ticket where the other is.

        :param document: a record with a chatter
        :param CollectedMail mail: the mail, with its ticket if there is one
        """
        if not mail.ticket:
            return
        document.message_post_with_source(
            "mail.message_origin_link",
            render_values={"self": document, "origin": mail.ticket},
            subtype_xmlid="mail.mt_note",
        )
        mail.ticket._message_log(
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

    def _apply_create_task(self, mail):
        values = self._prepare_document_values(mail)
        if mail.ticket:
            values.update(mail.ticket._prepare_task_values())
        project = self._get_value_record()
        if not project:
            return
        # the gateway's technical user must not become the assignee
        tasks = self.env["project.task"].with_context(default_user_ids=False)
        task = tasks.create({**values, "project_id": project.id, "user_ids": False})
        self._link_document(task, mail)

    def _describe_create_task(self, mail=None):
        return self.env._(
            "Create a task in %(project)s",
            project=self._get_value_record().display_name or "–",
        )
