"""Connections to a Dask cluster: one that runs already, by its address, or one on this machine for one run."""

from __future__ import annotations

import contextlib
import importlib
import logging
import warnings
from collections.abc import Iterator
from typing import Any, Final

from lockproof.core.errors import LockproofError

LOCAL: Final = "local"
"""In place of an address: start workers on this machine, and end them afterwards."""

TRIES: Final = 3
"""How many workers one unit may lose before it counts as failed."""

CONNECTING: Final = 20.0
"""Seconds to wait for the scheduler."""


def distributed() -> Any:
    """Return the module `distributed`.

    Raises:
        LockproofError: it is not installed.

    """
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise LockproofError(
            f"--dask needs distributed, which cannot be imported: {error}",
            "it comes with an extra",
            "pip install distributed",
        ) from None


@contextlib.contextmanager
def connected(address: str, jobs: int) -> Iterator[Any]:
    """Yield a client of the cluster at `address`.

    Args:
        address: where the scheduler listens, like `tcp://host:8786`; or `LOCAL`.
        jobs: how many workers a cluster on this machine gets, at least 1.

    Raises:
        LockproofError: distributed is not installed, or nothing answers there.

    """
    module = distributed()
    if address == LOCAL:
        with _local(jobs) as cluster, module.Client(cluster) as client:
            yield client
        return
    try:
        with warnings.catch_warnings():  # which versions may differ is checked for lockproof, and Python may
            warnings.simplefilter("ignore", importlib.import_module("distributed.versions").VersionMismatchWarning)
            client = module.Client(address, timeout=CONNECTING, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        raise LockproofError(
            f"no scheduler of Dask answers at {address}: {str(error) or type(error).__name__}",
            "a wrong address, a scheduler that does not run, or another release of distributed there",
            f"start one with `dask scheduler`, which prints its address; or give --dask {LOCAL}",
        ) from None
    with client:
        yield client


@contextlib.contextmanager
def _local(jobs: int) -> Iterator[Any]:
    """Yield a cluster of `jobs` workers with one thread each. A nanny replaces a worker that is lost."""
    settings = {
        "distributed.scheduler.allowed-failures": TRIES - 1,
        "distributed.scheduler.worker-saturation": 1.0,  # a worker takes no unit that would wait behind another one
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
    }
    with importlib.import_module("dask").config.set(settings):
        cluster = distributed().LocalCluster(
            n_workers=jobs, threads_per_worker=1, processes=True, host="127.0.0.1", memory_limit=0,
            dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": False}, silence_logs=logging.CRITICAL,
            preload="lockproof.audit.cluster.on_worker",
        )  # fmt: skip
        with cluster:
            yield cluster
