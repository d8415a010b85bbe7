from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.access_api import AccessApiTests
from odoo.addons.helpdesk_contact.tests.access_matrix import (
    OTHER,
    OWN,
    SHARED,
    AccessMatrixTests,
)
from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import CollectorCommon, plain_mail


@tagged("post_install", "-at_install")
class TestAccessMatrix(
    AccessApiTests, AccessMatrixTests, CollectorCommon, PatientHttpCase
):
    """What each role may do with mailboxes, mails and rules (rel-A8, rel-G1)."""

    addon = "helpdesk_email_collector"
    only_read = ("ir.model", "ir.model.fields")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rules = {
            kind: cls.env["helpdesk.email.collector"].create(
                {
                    "name": "Ours",
                    "active": True,
                    "every_mail_confirmed": True,
                    "company_id": company.id,
                    "operation_ids": [(0, 0, {"code": "ignore"})],
                }
            )
            for kind, company in (
                (OWN, cls.company),
                (OTHER, cls.other_company),
                (SHARED, cls.company.browse()),
            )
        }
        cls.mails = {
            company: cls._store_for(company)
            for company in cls.company + cls.other_company
        }

    @classmethod
    def _store_for(cls, company):
        inbox = cls.env["helpdesk.inbox.mail"]
        raw = plain_mail(subject=f"Mail {next(cls.numbers)}")
        return inbox._store(
            inbox._prepare_values(
                [(raw, "1")], company=company, server=cls.server.browse()
            )
        )

    def _kinds_fetchmail_server(self):
        kinds = self._both(
            lambda company: {
                "name": "Mailbox",
                "is_helpdesk_collector": True,
                "server_type": "imap",
                "server": "mail.demo.example",
                "company_id": company.id,
            }
        )
        odoos = {**kinds[OWN], "is_helpdesk_collector": False, "object_id": False}
        return {**kinds, "not of the helpdesk": odoos}

    def _kinds_helpdesk_inbox_mail(self):
        return self._both(lambda company: {"subject": "x", "company_id": company.id})

    def _kinds_helpdesk_inbox_access(self):
        return self._both(
            lambda company: {
                "kind": "content",
                "mail_id": self.mails[company].id,
                "user_id": self.manager.id,
                "date": "2030-01-01 00:00:00",
            }
        )

    def _kinds_ir_model(self):
        return {f"{SHARED}, reading": {"model": "helpdesk.ticket"}}

    def _kinds_ir_model_fields(self):
        return {f"{SHARED}, reading": {"model": "helpdesk.ticket", "name": "name"}}

    def _make(self, model, values):
        if model == "ir.model.fields":
            return self.env[model]._get(values["model"], values["name"])
        if model == "ir.model":
            return self.env[model]._get(values["model"])
        if model == "helpdesk.inbox.mail":
            return self._store_for(self.company.browse(values["company_id"]))
        return super()._make(model, values)

    def _kinds_helpdesk_email_collector(self):
        return self._shared(
            lambda company: {
                "name": "A rule",
                "active": True,
                "every_mail_confirmed": True,
                "company_id": company.id,
                "operation_ids": [(0, 0, {"code": "ignore"})],
            }
        )

    def _kinds_helpdesk_email_collector_filter(self):
        return {
            kind: {"value": "x", "source": "from", "collector_id": rule.id}
            for kind, rule in self.rules.items()
        }

    def _kinds_helpdesk_email_collector_operation(self):
        return {
            kind: {"sequence": 1, "code": "stop", "collector_id": rule.id}
            for kind, rule in self.rules.items()
        }

    def _kinds_helpdesk_email_tryout(self):
        return self._dialog({"origin": "paste"})

    def _kinds_helpdesk_email_replay(self):
        return self._dialog({"count": 10})

    def _kinds_helpdesk_email_replay_line(self):
        replay = self.env["helpdesk.email.replay"].create({"count": 10})
        mail = self.mails[self.company]
        return self._dialog({"before": "x", "mail_id": mail.id, "replay_id": replay.id})

    def _kinds_helpdesk_ticket_misfiled(self):
        return self._dialog({"mistake": "new", "ticket_id": self._create_ticket().id})
