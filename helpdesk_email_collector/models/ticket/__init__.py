from . import participants
from . import trust
from . import helpdesk_ticket
