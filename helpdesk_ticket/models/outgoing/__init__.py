from . import mail
from . import answer_address
from . import notices
from . import quote
from . import helpdesk_ticket_notice
from . import bundle
