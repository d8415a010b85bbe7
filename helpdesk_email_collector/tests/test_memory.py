from odoo.tests import tagged

from ..collected_mail import CollectedMail
from ..memory import forget, recall, remembering
from .common import SUPPORT, CollectorCommon, plain_mail


@tagged("post_install", "-at_install")
class TestMemory(CollectorCommon):
    """What is asked once for the mails of a transaction, and when it is asked anew."""

    def _recall(self, *names):
        def find(new):
            self.asked.append(new)
            return {name: name.upper() for name in new if name != "nobody"}

        return recall(self.env, "kind", names, find)

    def setUp(self):
        super().setUp()
        self.asked = []

    def test_asked_once(self):
        with remembering(self.env):
            self.assertEqual(self._recall("a", "b", "a"), {"a": "A", "b": "B"})
            with remembering(self.env):
                found = self._recall("b", "nobody")
            self.assertEqual(found, {"b": "B", "nobody": None})
            self._recall("a", "nobody")
        self.assertEqual(self.asked, [["a", "b"], ["nobody"]])

    def test_asked_anew(self):
        """After a change, in another block, and outside of all of them."""
        with remembering(self.env):
            self._recall("a")
            forget(self.env)
            self._recall("a")
        with remembering(self.env):
            self._recall("a")
        self._recall("a")
        self._recall("a")
        self.assertEqual(len(self.asked), 5)

    def test_asked_anew_in_the_next_transaction(self):
        with self.committing() as env, remembering(env):
            recall(env, "kind", ["a"], lambda new: {"a": 1})
            env.cr.commit()
            found = recall(env, "kind", ["a"], lambda new: {"a": 2})
        self.assertEqual(found, {"a": 2})

    def test_aliases(self):
        """E06: an alias that is made or changed meanwhile is found."""
        mail = CollectedMail(plain_mail(), company=self.company)
        env = self.env(
            context={"helpdesk_mail": mail}, user=self.env.ref("base.user_root")
        )
        domains, aliases = env["mail.alias.domain"], env["mail.alias"]
        address = "new@alias.example"
        question = [("alias_full_name", "=", address)]
        with remembering(self.env):
            self.assertEqual(domains._find_aliases([address, SUPPORT]), [])
            self.assertFalse(aliases.search(question))
            domain = self.env["mail.alias.domain"].create({"name": "alias.example"})
            alias = self.env["mail.alias"].create(
                {
                    "alias_name": "new",
                    "alias_domain_id": domain.id,
                    "alias_model_id": self.env["ir.model"]._get_id("helpdesk.ticket"),
                }
            )
            self.assertEqual(domains._find_aliases([address]), [address])
            self.assertEqual(aliases.search(question), alias)
            with self.assertQueryCount(0):
                self.assertEqual(aliases.search(question), alias)
            alias.alias_name = "other"
            self.assertEqual(domains._find_aliases([address]), [])
            self.assertFalse(aliases.search(question))
            domain.catchall_alias = "new"
            self.assertEqual(domains._find_aliases([address]), [address])

    def test_identifiers(self):
        """E05: a message that is made meanwhile is found."""
        mail = CollectedMail(plain_mail(), company=self.company)
        messages = self.env["mail.message"].sudo().with_context(helpdesk_mail=mail)
        question = [("message_id", "=", "<1@memory>")]
        with remembering(self.env):
            self.assertFalse(messages.search(question, limit=1))
            made = messages.create({"message_id": "<1@memory>", "body": "x"})
            self.assertEqual(messages.search(question, limit=1), made)
            with self.assertQueryCount(0):
                self.assertEqual(messages.search(question, limit=1), made)
            self.assertFalse(messages.search(question, limit=1, offset=1))

    def test_further_addresses(self):
        """K03: a contact who gets a further address meanwhile is found."""
        contacts = self.env["res.partner"].sudo()
        with remembering(self.env):
            self.assertFalse(contacts._helpdesk_find_by_email("late@x.example"))
            self.anna.helpdesk_address_ids = [(0, 0, {"email": "late@x.example"})]
            found = contacts._helpdesk_find_by_email("late@x.example")
            self.assertEqual(found, self.anna)
            self.anna.helpdesk_address_ids.unlink()
            self.assertFalse(contacts._helpdesk_find_by_email("late@x.example"))

    def test_mail_domains(self):
        """C09: a customer who gets a domain meanwhile is found."""
        domains = self.env(su=True)["helpdesk.mail.domain"]
        with remembering(self.env):
            self.assertFalse(domains._find_owners("x@late.example"))
            self.customer.helpdesk_domain_ids = [(0, 0, {"name": "late.example"})]
            self.assertEqual(domains._find_owners("x@late.example"), self.customer)
            self.customer.helpdesk_domain_ids.unlink()
            self.assertFalse(domains._find_owners("x@late.example"))
