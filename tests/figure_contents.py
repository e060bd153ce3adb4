"""What a figure holds, for the tests of figures: its texts, its markers, and what is cut off."""

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text


def drawn(figure):
    """The figure with everything in its place, as when it is drawn; its pixels are not made."""
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    return figure


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


def placed(ax):
    """The markers on an axes: shape, and where they are."""
    found = []
    for line in ax.lines:
        if line.get_linestyle() == "None":
            points = line.get_data_3d() if hasattr(line, "get_data_3d") else line.get_data()
            found.append((line.get_marker(), *(float(value[0]) for value in points)))
    return sorted(found)


def cut(figure):
    """Texts that reach beyond the sheet by more than a hair."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    width, height = figure.get_size_inches() * figure.dpi
    beyond = ticks_beyond_the_limits(figure)
    found = []
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in beyond:
            box = text.get_window_extent(renderer)
            if box.x0 < -2 or box.y0 < -2 or box.x1 > width + 2 or box.y1 > height + 2:
                found.append(text.get_text())
    return found


def ticks_beyond_the_limits(figure):
    """The labels of ticks outside the limits of their axis, which exist but are not shown."""
    found = set()
    for ax in figure.axes:
        for axis in filter(None, (ax.xaxis, ax.yaxis, getattr(ax, "zaxis", None))):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low <= tick.get_loc() <= high:
                    found |= {id(tick.label1), id(tick.label2)}
    return found
