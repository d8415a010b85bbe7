from . import helpdesk_dictionary_mixin
from . import helpdesk_channel
from . import helpdesk_team
from . import helpdesk_ticket_severity
from . import helpdesk_ticket_stage
from . import helpdesk_ticket_tag
from . import helpdesk_ticket_topic
from . import helpdesk_ticket_type
