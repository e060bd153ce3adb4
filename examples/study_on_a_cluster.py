"""A study on a Dask cluster, and the same bytes as from this process alone.

The cluster here is two processes of this machine; a larger one is another address:
`moo-inference solve --trials 20000 --dask tcp://host:8786`. Needs `pip install -e ".[dask]"` in a clone.
"""

import tempfile
from pathlib import Path

from dask.distributed import LocalCluster

import moo_inference as mi
from moo_inference.execution.checkpoint import checkpoint


def main():
    catalog = mi.load_catalog("paper")
    options = {"estimator": mi.MonteCarlo(trials=20_000), "k_max": 64}
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        checkpoint(Path(folder) / "results") as saved,
    ):
        study = mi.run_study(catalog, workers=cluster.scheduler_address, checkpoint=saved, **options)
        study.save(saved.results)
        print("finished tasks on disk:", len(list(saved.folder.glob("*.piece"))))
    alone = mi.run_study(catalog, **options)
    print("choices:", len(study.choices))
    print("same bytes:", study.to_csv() == alone.to_csv())


if __name__ == "__main__":  # Each worker imports this file.
    main()
