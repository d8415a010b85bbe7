from . import visibility
from . import actions
from . import address
