from . import actions
from . import address
