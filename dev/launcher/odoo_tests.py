"""Odoo's command line, with each test run when all addons are loaded.

Odoo runs most tests of a module as soon as that module is loaded, so that addons which are loaded later have no part in
them: what these break would not be seen.
"""

import odoo.cli
from odoo.tests import loader
from odoo.tests.suite import OdooSuite

make_suite = loader.make_suite


def make_late_suite(module_names, position="at_install"):
    """Return no tests while modules are loaded, and those of both positions afterwards."""
    if position == "at_install":
        return OdooSuite([])
    names = list(module_names)
    tests = [test for each in ("at_install", "post_install") for test in make_suite(names, each)]
    return OdooSuite(sorted(tests, key=lambda test: getattr(test, "test_sequence", 0)))


if __name__ == "__main__":
    loader.make_suite = make_late_suite
    odoo.cli.main()
