"""pluggy: two threads register one plugin, and neither is told that it is registered already.

`register` asks whether the name is taken long before it takes it; the hooks of the plugin are then called twice.
"""

from types import SimpleNamespace
from typing import Any

from pluggy import PluginManager
from two_threads import meet, told

manager, plugin = PluginManager("project"), SimpleNamespace()


def register() -> Any:
    return manager.register(plugin, "plugin")


results = meet(register, "register", "hookimpls: list", register)
told(results == ("plugin", "plugin"), f"register(plugin) || register(plugin): {results}")
