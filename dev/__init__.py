"""Run and test a real Odoo with the helpdesk addons.

``python3 -m dev help`` lists the commands; the Makefile has one target for each.  Only the standard
library is used, because this package is what installs everything else.  No addon imports it.
"""
