from . import settings
from . import rules
from . import inbox
from . import mailbox
from . import ticket
from . import mail_thread
from . import helpdesk_ticket_request
from . import res_partner
