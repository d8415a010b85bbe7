from . import signed_link
from . import helpdesk_ticket_visit
from . import res_company
