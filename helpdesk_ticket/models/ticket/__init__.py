from . import people, reach
