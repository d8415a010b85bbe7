from . import account_analytic_line
from . import contract_contract
from . import helpdesk_ticket
