"""pandas' describe() of a CSV file: pandas_describe.py FILE; without arguments, its version."""
import sys

import pandas

if len(sys.argv) < 2:
    print(pandas.__version__)
else:
    print(pandas.read_csv(sys.argv[1]).describe(include="all").to_string())
