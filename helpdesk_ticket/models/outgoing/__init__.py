from . import customer_mail
from . import answer_address
from . import notices
from . import helpdesk_ticket_notice
from . import bundle
