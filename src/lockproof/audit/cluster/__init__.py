"""Units of work on a Dask cluster: the driver, what runs on the workers, and a cluster on this machine."""
