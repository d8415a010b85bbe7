from . import test_cohort
