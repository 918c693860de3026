"""The child process of the pytest plugin: takes control, runs pytest, and answers requests in its run loop.

pytest itself collects the tests and sets fixtures up, so `conftest.py`, parameters, plugins and the root directory work
as they do in the run of the user. What is printed goes to standard error.
"""

from __future__ import annotations

import inspect
import os
import sys
from contextlib import chdir, suppress

from lockproof.campaign.protocol.messages import Done, Refused
from lockproof.campaign.protocol.setup import CollectedTest
from lockproof.campaign.worker.process import Connection
from lockproof.engines.control.install import install, instrumentation
from lockproof.testing.under_control.module_state import ModuleState  # here, since it takes what `install` replaces


def main() -> None:
    """Run pytest, and answer requests until the parent says that the tests end, or goes away."""
    connection = Connection()
    setup = connection.setup()
    if setup is None:
        return
    subject = setup.subject
    assert isinstance(subject, CollectedTest)
    install()
    sys.path[:] = setup.path

    import _pytest
    import pluggy
    import pytest

    for file in (_pytest.__file__, pluggy.__file__, os.path.dirname(__file__)):  # and all of lockproof.testing
        instrumentation.leave_alone(os.path.join(os.path.dirname(file or ""), ""))
    instrumentation.leave_alone(inspect.__file__)  # it only reads, and pytest asks it in each run

    from lockproof.testing.under_control.pytest_session import TestSession

    session = TestSession(connection, setup, subject, ModuleState)
    status: object = None
    with chdir(subject.directory), suppress(SystemExit):
        own = (
            "--capture=no", f"--basetemp={subject.place}/files", "-o", f"cache_dir={subject.place}/cache",
            "-o", "tmp_path_retention_policy=failed", "-W", "ignore::pytest.PytestAssertRewriteWarning",
        )  # fmt: skip
        status = pytest.main([*subject.words, *own], plugins=[session])
    if session.served:
        connection.answer(Done())
    else:
        connection.answer(
            Refused(
                f"pytest ended with status {status} in the process under control before it ran a test",
                "it refuses an option there, or a conftest.py does",
                "run one of the tests alone with --lockproof-parallel, and look at what is printed",
            )
        )


if __name__ == "__main__":
    main()
