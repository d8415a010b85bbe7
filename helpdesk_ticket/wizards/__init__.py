from . import base_import
from . import helpdesk_partner_delete
from . import helpdesk_private_message
from . import helpdesk_team_archive
from . import helpdesk_ticket_close
from . import helpdesk_ticket_merge
from . import helpdesk_ticket_split
