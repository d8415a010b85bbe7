from . import helpdesk_email_replay
from . import helpdesk_email_replay_line
from . import helpdesk_email_tryout
from . import helpdesk_partner_delete
from . import helpdesk_ticket_misfiled
