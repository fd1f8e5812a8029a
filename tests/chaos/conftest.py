"""The modules that the chaos is made of are beside it; a terminal is in another directory."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "terminal")]
