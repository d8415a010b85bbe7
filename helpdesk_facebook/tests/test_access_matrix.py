from odoo import fields
from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.access_matrix import AccessMatrixTests

from .common import FacebookCommon


@tagged("post_install", "-at_install")
class TestAccessMatrix(AccessMatrixTests, FacebookCommon):
    """What each role may do with pages and what goes through them."""

    addon = "helpdesk_facebook"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.threads = {}
        for company in cls.company + cls.other_company:
            page = cls._create_page(f"9{company.id}", company_id=company.id)
            cls.threads[company] = cls.env["helpdesk.facebook.thread"].create(
                {
                    "page_id": page.id,
                    "sender": "1",
                    "key": "message",
                    "reply_to": "1",
                    "last_date": fields.Datetime.now(),
                }
            )

    def _fresh(self, model, values):
        unique = {"page_id", "external_id"} if "page" in model else {"external_id"}
        return {
            name: f"{value}{next(self.numbers)}" if name in unique else value
            for name, value in super()._fresh(model, values).items()
        }

    def _kinds_helpdesk_facebook_page(self):
        return self._both(
            lambda company: {
                "name": "Page",
                "page_id": f"8{company.id}",
                "company_id": company.id,
                "language_id": self.env.ref("base.lang_en").id,
                "app_secret": "a",
                "page_token": "b",
                "verify_token": "c",
            }
        )

    def _kinds_helpdesk_facebook_thread(self):
        return self._both(
            lambda company: {
                "reply_to": "1",
                "page_id": self.threads[company].page_id.id,
                "sender": f"2{next(self.numbers)}",
                "key": "message",
                "last_date": fields.Datetime.now(),
            }
        )

    def _kinds_helpdesk_facebook_event(self):
        return self._both(
            lambda company: {
                "state": "done",
                "external_id": f"e{company.id}",
                "kind": "message",
                "page_id": self.threads[company].page_id.id,
            }
        )

    def _kinds_helpdesk_facebook_delivery(self):
        def prepare(company):
            ticket = self._create_ticket(
                company_id=company.id, partner_id=False, team_id=False
            )
            return {
                "text": "Hello",
                "thread_id": self.threads[company].id,
                "ticket_id": ticket.id,
                "message_id": ticket._message_log(body="x").id,
            }

        return self._both(prepare)
