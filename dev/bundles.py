"""Make the web client's bundles in a database.  Runs in Odoo's shell."""

env["ir.qweb"]._pregenerate_assets_bundles()  # noqa: F821 - Odoo's shell brings env
env.cr.commit()  # noqa: F821
