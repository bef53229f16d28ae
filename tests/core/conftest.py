"""Makes the helpers of this folder (golden.py, madeup.py) importable, as the engines do it too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
