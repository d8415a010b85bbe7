from . import helpdesk_deadline
from . import helpdesk_ticket
from . import helpdesk_email_collector
from . import helpdesk_email_collector_filter
from . import helpdesk_email_collector_operation
