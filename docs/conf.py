"""How Sphinx builds the pages: `python docs/build.py` is the command, and warnings are errors."""

import re
from pathlib import Path
from typing import Any

from commands import reference
from pygments.lexers.shell import BashSessionLexer

import moo_inference
import moo_inference.decision
import moo_inference.studies

DOCS = Path(__file__).resolve().parent

project = "moo_inference"
author = "The moo_inference authors"
version = release = moo_inference.__version__
project_copyright = author

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    # Copies MathJax to the pages, so that formulas show without a network.
    "sphinx-mathjax-offline",
]
exclude_patterns = ["images", "**/.*"]

# A block without a language is output, not code.
highlight_language = "text"
html_theme = "furo"
html_title = "moo_inference"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_use_index = False
html_domain_indices = False
html_copy_source = False
html_show_sourcelink = False

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
# What sphinx-mathjax-offline brings is MathJax 3, which Sphinx would otherwise set up as version 4.
mathjax3_config: dict[str, Any] = {"options": {}}

# Docstrings mark code by single backticks, as Markdown does.
default_role = "code"
autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
# Types stand in the signatures.
napoleon_attr_annotations = False

# Names that are loaded when they are first used are none of their module's before.
for package in (moo_inference.decision, moo_inference.studies):
    for name in package.__all__:
        getattr(package, name)

nitpicky = True
_ELSEWHERE = "numpy|np|pandas|pd|pymoo|pydantic|scipy|matplotlib|mpl_toolkits|collections|typing|pathlib|os|abc"
_INNER = "|".join(
    (
        r"catalog\.accuracy\.(Annotated|_kind)",
        r"catalog\.(attempt_columns\.TextColumn|recorded_entry\.AttemptsSource|variants\.SomeModel)",
        r"decision\.(?!choice)\w+\.[A-Z]\w+",
        r"documents\.csv_file\.Chunk",
        r"documents\.files\.Kind",
        r"errors\._Made",
        r"estimators\.stopped_totals\.StoppedTotals",
        r"evaluation\.(drawn_queries\.Drawing|question_stops\.QuestionStops|outcomes\.Outcomes|records\.Evaluation)",
        r"execution\.tasks\.(Result|Task)",
        r"fitting\.model_fields\.ModelFields",
        r"views\.markers\.Marker",
        r"paper\.claims\.Claim",
        r"pareto\.infeasibility\.(OutOfReach|Shortfall)",
        r"policy\.scores\.Scoring",
        r"studies\.(baselines\.BaselineChoice|posterior\.Posterior|rules\.LeftOut)",
        r"views\.figures\.style\.Size",
        r"views\.marks\.Mark",
    )
)
nitpick_ignore_regex = [
    # Other projects' types: their pages cannot be looked up without a network.
    ("py:.*", rf"({_ELSEWHERE})\b.*"),
    # Types that appear in signatures only.
    ("py:class", rf"moo_inference\.({_INNER})"),
    # Parts of aliases that Sphinx cuts at their commas: tuple[float, float], the tags of the kinds of accuracy, and
    # where a default is made by a factory.
    ("py:class", r"tuple\[(float|str|~moo_inference\.readers\.prices\.price\.Tier)|outcomes|normal|beta"),
]


class TranscriptLexer(BashSessionLexer):
    """A command and what it prints: a line is a command where it begins with a dollar and a blank, and nowhere else.

    An amount of money at the beginning of a line of output, even behind blanks, is no prompt.
    """

    name = "Transcript"
    aliases = ("console",)
    _ps1rgx = re.compile(r"^(\$ )(.*\n?)")


def escape(app: object, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Make docstrings mean the same in reStructuredText: bars and stars outside of code are no markup."""
    if what in {"property", "attribute", "data"}:
        # Else napoleon takes what stands before a colon for a type.
        lines.insert(0, r"\ ")
    for number, line in enumerate(lines):
        parts = re.split(r"(`[^`]*`)", line)
        # An address of a scheduler is no link.
        parts[::2] = [re.sub(r"tcp://[\w:.]+", r"`\g<0>`", part) for part in parts[::2]]
        parts[::2] = [re.sub(r"(?<!^)(?<!\\)\*|(?<!\\)\||(?<=\w)_(?!\w)", r"\\\g<0>", part) for part in parts[::2]]
        lines[number] = "".join(parts)


def leave_out(app: object, what: str, name: str, obj: object, skip: bool, options: object) -> bool | None:
    """Leave out what pydantic and named tuples add of their own."""
    by_itself = name in {"model_config", "__new__"} or str(getattr(obj, "__doc__", "")).startswith("Alias for field")
    return True if by_itself else None


def link_files(app: object, docname: str, source: list[str]) -> None:
    """Make links to Markdown files outside of this folder links to copies of them, as those to other files are."""
    folder = (DOCS / docname).parent

    def marked(match: re.Match[str]) -> str:
        target = (folder / match[1]).resolve()
        outside = target.is_file() and not target.is_relative_to(DOCS)
        return f"](path:{match[1]})" if outside else match[0]

    source[0] = re.sub(r"\]\(([.][^)#]+[.]md)\)", marked, source[0])


def fill_in_commands(app: object, docname: str, source: list[str]) -> None:
    """Put the commands where a page asks for them."""
    place = "<!-- commands -->"
    if place in source[0]:
        source[0] = source[0].replace(place, reference())


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.add_lexer("console", TranscriptLexer)
    app.connect("source-read", link_files)
    app.connect("source-read", fill_in_commands)
    app.connect("autodoc-skip-member", leave_out)
    app.connect("autodoc-process-docstring", escape, priority=100)
