from . import res_partner
from . import identity
from . import partner_import
from . import search_indexes
