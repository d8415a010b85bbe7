from . import visibility
from . import actions
