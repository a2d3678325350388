"""As much of curl as the guides use, for a machine that has none."""

import argparse
import sys
from urllib.request import Request, urlopen

parser = argparse.ArgumentParser()
parser.add_argument("-s", action="store_true")
parser.add_argument("-H", action="append", default=[])
parser.add_argument("-d")
parser.add_argument("address")
asked = parser.parse_args()
headers = dict(header.split(": ", 1) for header in asked.H)
with urlopen(Request(asked.address, asked.d.encode(), headers), timeout=60) as answer:
    sys.stdout.buffer.write(answer.read())
