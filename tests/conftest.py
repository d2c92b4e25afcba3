"""The settings of hypothesis for all tests.

The default profile draws the same examples every time, so that a failure here is a failure everywhere.
`HYPOTHESIS_PROFILE=search` draws more and different examples each time.
"""

import os

from hypothesis import HealthCheck, settings

CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
settings.register_profile("suite", deadline=None, derandomize=True, max_examples=60, database=None, suppress_health_check=CHECKS)
settings.register_profile("search", deadline=None, max_examples=2000, suppress_health_check=CHECKS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))
