"""The subject, the model and the factory of a setup: by their names, or unpickled."""

from __future__ import annotations

import base64
import importlib.util
import pickle
import sys
from typing import Any

from lockproof.campaign.protocol.setup import CollectedTest, Named, Pickled


def named(subject: Named | Pickled | CollectedTest) -> tuple[Any, Any, Any]:
    """Return the target, the model and the factory: as objects, or by their names."""
    if isinstance(subject, Named):
        return subject.target, subject.model, subject.factory
    assert isinstance(subject, Pickled), "tests have a worker of their own"
    for name, file in subject.modules.items():
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, file)
            assert spec is not None and spec.loader is not None
            sys.modules[name] = module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
    target, model, factory = pickle.loads(base64.b64decode(subject.payload))
    return target, model, factory
