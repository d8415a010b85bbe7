from . import helpdesk_partner_delete
from . import helpdesk_ticket_close
