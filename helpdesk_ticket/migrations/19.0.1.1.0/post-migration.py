from odoo import SUPERUSER_ID, api

RULE = "helpdesk_ticket.helpdesk_ticket_rule_company"


def migrate(cr, version):
    """Let customers see by contact, whichever of our companies it is with (rel-G2).

    Rules are kept as an administrator may have changed them, so an update alone would
    leave this one as it was before there was a portal.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    rule = env.ref(RULE, raise_if_not_found=False)
    if rule and rule.domain_force == "[('company_id', 'in', company_ids)]":
        rule.domain_force = "[] if user.share else [('company_id', 'in', company_ids)]"
