from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.access_matrix import AccessMatrix
from odoo.addons.helpdesk_contact.tests.common import ContactCommon


@tagged("post_install", "-at_install")
class TestAccess(AccessMatrix, ContactCommon):
    """The addon brings no model and no rights; one that does needs a matrix."""

    addon = "helpdesk_ticket_timesheet"
    roles = ()

    def test_no_model_of_its_own(self):
        self.assertFalse(self._find_models())
