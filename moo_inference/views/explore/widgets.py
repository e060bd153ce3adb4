"""One value shown by a number and a slider, of which either may be moved while the other still shows an older value."""

from dataclasses import dataclass, field


@dataclass
class Paired:
    """A number and a slider for the same value.

    A browser sends the state of all its widgets with every change. While a slider is dragged it has not yet seen what
    the page has set the number to, and also sends that one's older value: this must not be taken for a change.

    Attributes:
        value: what both are to show.
    """

    value: float
    _last: float | None = None
    _set: set[float] = field(default_factory=set)
    _stamp: float = 0

    def settle(self, number: float, slider: float | None, stamp: float) -> float:
        """The value after both widgets have been heard; one that was moved wins, the slider if both were.

        Args:
            number: the value of the number.
            slider: what the slider has sent last; None where it was never touched.
            stamp: rises with all that the slider sends.
        """
        before = self.value
        if number == before:
            # It has caught up with the page.
            self._set = set()
        elif number != (before if self._last is None else self._last) and number not in self._set:
            self.value = number
        self._last = number
        if slider is not None and stamp > self._stamp:
            self.value = slider
        self._stamp = max(stamp, self._stamp)
        self._set.add(self.value)
        return self.value
