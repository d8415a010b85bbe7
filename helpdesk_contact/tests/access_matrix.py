"""Who may do what: every cell tried, and compared with `docs/access.md`."""

import itertools
import os
from pathlib import Path

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "access.md"
# Set to anything, the test writes the section of its addon instead of comparing it.
SWITCH = "HELPDESK_WRITE_ACCESS"
OPERATIONS = {"create": "C", "read": "R", "write": "W", "unlink": "D"}
NOTHING = "–"
OWN = "own company"
OTHER = "other company"
SHARED = "all companies"
MINE = "one's own"
COLLEAGUES = "a colleague's"
ROLES = {
    "User": "helpdesk_contact.group_helpdesk_user",
    "Manager": "helpdesk_contact.group_helpdesk_manager",
    "Accountant": "account.group_account_invoice",
    "Employee": "base.group_user",
    "Administrator": "base.group_system",
    "Portal": "base.group_portal",
    "Public": "base.group_public",
}


class UndoneError(Exception):
    """Ends an attempt that was allowed, so that it leaves nothing behind."""


class AccessMatrix:
    """To be mixed into a test class of an addon with two companies.

    For each model that the addon defines, or gives access to, the class has a method
    `_kinds_<model>` that returns the values of a record of each kind, the first of them
    one that can be written back. A new model without one fails the test. The order of
    the values is that of the rows.
    """

    addon = None
    roles = ROLES
    # Models of Odoo itself, of which nothing is made or deleted in a test
    only_read = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.numbers = itertools.count()
        cls.users = {role: cls._create_role(role) for role in cls.roles}

    @classmethod
    def _create_role(cls, role):
        """Return the user of a role, who belongs to our company only."""
        return new_test_user(
            cls.env,
            f"role-{role.lower().replace(' ', '-')}",
            groups=cls.roles[role],
            email=f"{role.lower().replace(' ', '-')}@role.example",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    # -- what there is ----------------------------------------------------------

    def _find_models(self):
        """Return the models that the addon defines or gives access to, by name."""
        data = self.env["ir.model.data"].search(
            [("module", "=", self.addon), ("model", "=", "ir.model.access")]
        )
        given = self.env["ir.model.access"].browse(data.mapped("res_id"))
        defined = {
            name
            for name, model in self.registry.items()
            if model._original_module == self.addon and not model._abstract
        }
        return sorted(defined | set(given.mapped("model_id.model")))

    def _get_kinds(self, model):
        method = f"_kinds_{model.replace('.', '_')}"
        if not hasattr(self, method):
            self.fail(
                f"{model} is not in the matrix of access: add {method}() to "
                f"{type(self).__name__}, which returns values of a record by kind."
            )
        return getattr(self, method)()

    def _make(self, model, values):
        """Create a record that the roles try their rights on; a hook."""
        return self.env[model].create(values)

    def _fresh(self, model, values):
        """Return the values of one more record: some must be unique; a hook."""
        number = next(self.numbers)
        changes = {"name": f"{values.get('name')} {number}", "sequence": 100 + number}
        return {name: changes.get(name, value) for name, value in values.items()}

    def _both(self, prepare):
        """Return values for our company and the other one.

        :param prepare: takes a company, returns values
        """
        return {OWN: prepare(self.company), OTHER: prepare(self.other_company)}

    def _shared(self, prepare):
        """Return values for both companies, and for a record that all of them use."""
        return {**self._both(prepare), SHARED: prepare(self.company.browse())}

    def _dialog(self, values):
        """Return values of a dialog: Odoo shows it to the user who opened it."""
        return {MINE: values, COLLEAGUES: values}

    # -- the attempts -----------------------------------------------------------

    def _is_allowed(self, attempt):
        try:
            with self.env.cr.savepoint():
                attempt()
                self.env.flush_all()
                raise UndoneError
        except UndoneError:
            return True
        except AccessError:
            return False

    def _try_cell(self, user, model, kind, values, record):
        """Return the letters of what a user may do with a record."""
        mine = self.env(user=user, context={"tracking_disable": True})[model]
        name = next(iter(values))

        def create():
            try:
                created = mine.create(self._fresh(model, values))
                created.sudo().flush_recordset()
            except AccessError:
                raise
            except UserError as error:
                # what belongs to another company does not fit to the user's own
                raise AccessError(str(error)) from error
            return created

        def get_record():
            return create() if kind == MINE else mine.browse(record.id)

        def read():
            found = get_record()
            found.read(["display_name"])
            self.assertTrue(mine.search_count([("id", "=", found.id)]))

        attempts = {
            "create": create,
            "read": read,
            "write": lambda: get_record().write({name: values[name]}),
            "unlink": lambda: get_record().unlink(),
        }
        if kind == COLLEAGUES:
            del attempts["create"]
        if model in self.only_read:
            attempts = {"read": read}
        allowed = {
            operation
            for operation, attempt in attempts.items()
            if self._is_allowed(attempt)
        }
        if record and "read" not in allowed:
            self.assertFalse(
                self._finds(mine, record), f"{user.login} finds {model} ({kind})"
            )
        return "".join(OPERATIONS[name] for name in OPERATIONS if name in allowed)

    def _finds(self, mine, record):
        """Say whether a search, count, suggestion or group holds what cannot be
        read."""
        domain = [("id", "=", record.id)]
        calls = (
            lambda: mine.search(domain),
            lambda: mine.search_count(domain),
            lambda: mine.name_search("", domain),
            lambda: mine.formatted_read_group(domain, ["id"], ["__count"]),
        )
        for call in calls:
            try:
                if call():
                    return True
            except AccessError:
                continue
        return False

    def _try_all(self):
        """Return what each role may do: rows of letters by model and kind."""
        matrix = {}
        for model in self._find_models():
            for kind, values in self._get_kinds(model).items():
                record = None if kind == MINE else self._make(model, values)
                self.env.flush_all()
                matrix[model, kind] = [
                    self._try_cell(user, model, kind, values, record) or NOTHING
                    for user in self.users.values()
                ]
        return matrix

    # -- the document -----------------------------------------------------------

    def _get_marks(self):
        return f"<!-- {self.addon} -->", f"<!-- end of {self.addon} -->"

    def _read_document(self):
        """Return the matrix of the document."""
        begin, end = self._get_marks()
        text = DOCUMENT.read_text()
        self.assertIn(begin, text, f"{DOCUMENT} has no section of {self.addon}")
        lines = text.partition(begin)[2].partition(end)[0].strip().splitlines()
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
        self.assertEqual(rows[0][2:], list(self.roles))
        return {(row[0].strip("`"), row[1]): row[2:] for row in rows[2:]}

    def _write_document(self, matrix):
        begin, end = self._get_marks()
        rows = [["Model", "Records", *self.roles]]
        rows.append(["---"] * len(rows[0]))
        rows += [
            [f"`{model}`", kind, *cells] for (model, kind), cells in matrix.items()
        ]
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        text = DOCUMENT.read_text()
        before, _begin, rest = text.partition(begin)
        after = rest.partition(end)[2]
        DOCUMENT.write_text(f"{before}{begin}\n\n{table}\n\n{end}{after}")


class AccessMatrixTests(AccessMatrix):
    """The tests of an addon; its class names the addon."""

    def test_matrix_is_that_of_the_document(self):
        """Each cell, tried through the ORM, is what `docs/access.md` says."""
        matrix = self._try_all()
        self._check_principles(matrix)
        if os.environ.get(SWITCH):
            self._write_document(matrix)
        # An addon that was installed without its repository has no document.
        if DOCUMENT.parent.is_dir():
            written = self._read_document()
            differences = {
                row: {"written": written.get(row), "tried": matrix.get(row)}
                for row in written.keys() | matrix.keys()
                if written.get(row) != matrix.get(row)
            }
            self.assertFalse(differences)

    def _check_principles(self, matrix):
        """What must hold, whatever the document says."""
        roles = list(self.roles)
        for (model, kind), cells in matrix.items():
            if not model.startswith("helpdesk."):
                continue
            by_role = dict(zip(roles, cells, strict=True))
            with self.subTest(model=model, kind=kind):
                if kind in (OTHER, COLLEAGUES):
                    self.assertEqual(set(cells), {NOTHING})
                self.assertEqual(by_role["Public"], NOTHING)
                for role in ("Employee", "Portal", "Primary contact"):
                    self.assertIn(by_role.get(role, NOTHING), (NOTHING, "R"))

    def test_dialogs_compute_as_their_user(self):
        """What a dialog computes, it computes with the rights of who opened it.

        Otherwise whoever names the id of a record in a call reads what is in it.
        """
        for name in self._find_models():
            model = self.env[name]
            if not model.is_transient():
                continue
            superuser = [
                field.name
                for field in model._fields.values()
                if field.compute and field.compute_sudo and field.name != "display_name"
            ]
            with self.subTest(model=name):
                self.assertFalse(superuser)
