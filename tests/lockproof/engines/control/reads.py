"""A race of its own module, where nothing else stores attributes by name: a call that sets one by `setattr`."""

from __future__ import annotations

from collections.abc import Callable


class Setting:
    """Is called to set."""

    def __init__(self) -> None:
        self.setting = 0

    def __call__(self) -> None:
        setattr(self, "setting", 1)  # noqa: B010  (the point of it)

    def read(self) -> bool:
        first = self.setting
        second = self.setting
        return first == second


def threads(seen: list[bool]) -> list[Callable[[], object]]:
    setting = Setting()
    return [setting, lambda: seen.append(setting.read())]
