"""Make the web client's bundles of an instance.  Runs in Odoo's shell.

Each browser test would make them anew otherwise: what a test stores is rolled back.
"""

env["ir.qweb"]._pregenerate_assets_bundles()  # noqa: F821 - Odoo's shell brings env
env.cr.commit()  # noqa: F821
