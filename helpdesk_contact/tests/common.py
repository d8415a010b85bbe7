import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.tests import TransactionCase, new_test_user
from odoo.tools import config

from odoo.addons.base.models import res_users

from .. import secret


def count_steps(action):
    """Return how many steps of Python an action takes: lines, and calls of built-ins.

    Time tells little on a busy machine. These are the same each time, and what costs
    more than its length takes more than twice of them for twice the length.

    :param action: a function without arguments
    """
    count = 0

    def trace(_frame, event, _argument):
        nonlocal count
        count += event == "line"
        return trace

    def profile(_frame, event, _argument):
        nonlocal count
        count += event == "c_call"

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(trace)
    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return count


class ContactCommon(TransactionCase):
    """Two companies, an agent and a manager, a customer with two contacts."""

    @classmethod
    def setUpClass(cls):
        # Passwords of the tests protect nothing: hashing each takes most of a second.
        cls.classPatch(res_users, "MIN_ROUNDS", 1)
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Our Helpdesk"})
        cls.other_company = cls.env["res.company"].create({"name": "Other Helpdesk"})
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.agent = cls._create_user("agent", "helpdesk_contact.group_helpdesk_user")
        cls.manager = cls._create_user(
            "manager", "helpdesk_contact.group_helpdesk_manager"
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Bäckerei Huber", "is_company": True}
        )
        cls.anna, cls.bernd = cls.env["res.partner"].create(
            [
                {
                    "firstname": "Anna",
                    "lastname": "Huber",
                    "email": "anna@huber.example",
                    "parent_id": cls.customer.id,
                },
                {
                    "firstname": "Bernd",
                    "lastname": "Maier",
                    "email": "bernd@huber.example",
                    "parent_id": cls.customer.id,
                },
            ]
        )

    @classmethod
    def _create_user(cls, login, groups, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            login=f"test-{login}",
            groups=groups,
            email=f"{login}@helpdesk.example",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )


class OwnKeyMixin:
    """For tests of secrets: the file of the key is one of their own, `key_file`."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        options = {"data_dir": folder.name, secret.OPTION: None}
        cls.enterClassContext(
            patch.object(secret, "config", {**config.options, **options})
        )
        cls.key_file = Path(folder.name, secret.FILE)
        super().setUpClass()
