"""Which numbers are taken for numbers."""

from typing import Literal

Accept = Literal["valid", "possible"]
"""valid: of a range in use (`is_valid_number`). possible: of a length in use (`is_possible_number`)."""
