from . import helpdesk_partner_delete
