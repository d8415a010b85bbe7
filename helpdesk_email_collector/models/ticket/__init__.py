from . import participants
from . import trust
from . import helpdesk_team
from . import helpdesk_ticket
