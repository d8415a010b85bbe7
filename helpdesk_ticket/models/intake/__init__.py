from . import helpdesk_intake
from . import helpdesk_throttle
from . import helpdesk_ticket_request
from . import request_files
