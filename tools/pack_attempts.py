"""Packs the attempts of the built-in catalogs, so that they load in milliseconds: see catalog/packed_attempts.py.

Run after a file of attempts has changed: python tools/pack_attempts.py
"""

import io

import numpy as np

import moo_inference as mi
from moo_inference.catalog.attempt_files import MEASURED
from moo_inference.catalog.packed_attempts import COLUMNS, pack, packed_beside
from moo_inference.documents.files import write_atomically


def main() -> None:
    """Pack every file."""
    for path in sorted(MEASURED.glob("*.csv.gz")):
        content = io.BytesIO()
        np.savez_compressed(content, **pack(mi.read_attempts(path, columns=COLUMNS)))
        write_atomically(packed_beside(path), content.getvalue())
        print(f"{packed_beside(path).name}: {len(content.getvalue()):,} bytes")


if __name__ == "__main__":
    main()
