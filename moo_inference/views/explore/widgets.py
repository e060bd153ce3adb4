"""One value shown by two widgets, of which either may be moved while the other still shows an older value."""

from dataclasses import dataclass, field


@dataclass
class Paired:
    """A number and a slider for the same value.

    A browser sends the state of all its widgets with every change. While keys come fast it has not yet seen what the
    page has set the other widget to, and also sends that one's older value: this must not be taken for a change.

    Attributes:
        value: what both are to show.
    """

    value: float
    _last: dict[str, float] = field(default_factory=dict)
    _sent: dict[str, set[float]] = field(default_factory=dict)

    def settle(self, number: float, slider: float) -> float:
        """The value after both widgets have been heard; one that was moved wins, the slider if both were.

        Args:
            number: the label of the number.
            slider: the label of the slider.
        """
        before = self.value
        for widget, heard in (("number", number), ("slider", slider)):
            if heard == before:
                # It has caught up with the page.
                self._sent[widget] = set()
            elif heard != self._last.get(widget, before) and heard not in self._sent.get(widget, ()):
                self.value = heard
            self._last[widget] = heard
        for widget in ("number", "slider"):
            self._sent.setdefault(widget, set()).add(self.value)
        return self.value
