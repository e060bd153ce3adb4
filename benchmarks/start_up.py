"""What starting costs: commands and imports against `import numpy`, and the most memory of large runs.

Run: python benchmarks/start_up.py
"""

import sys
from pathlib import Path

from report import show
from timing import Figure, commands_take_turns, compare

COMMAND = str(Path(sys.executable).parent / "moo-inference")
BUDGETS = ("--cost", "0.05", "--time", "120", "--accuracy", "0.8")

WHY = (
    "Solving and choosing: imports alone are 1.0 to 1.2 s of 1.5 to 1.7 on an Intel Xeon (python -X importtime), "
    "of these NumPy 0.19, SciPy 0.10 to 0.16, and this package's own modules 0.32 to 0.47."
)
LARGE = """
import moo_inference as mi
catalog = mi.load_catalog("paper")
mi.run_study(catalog, estimator=mi.MonteCarlo(trials=300, draws="independent"), k_step=4).choices
mi.MonteCarlo(trials={trials}).estimate(catalog.models["gpt-5"], range(1, {k_max} + 1))
"""


def python(code: str) -> tuple[str, ...]:
    """A command that runs some code."""
    return (sys.executable, "-c", code)


def figures(quick: bool = False) -> list[Figure]:
    """Processor time and memory of whole processes."""
    trials, k_max = (1000, 32) if quick else (100_000, 256)
    bare, numpy, parser = (f"python -c '{code}'" for code in ("pass", "import numpy", "import typer"))
    chosen = "importing numpy, scipy.special, pydantic"
    choose = {name: f"moo-inference choose, {name}" for name in ("paper", "gpqa-diamond", "otis-mock-aime")}
    imports = "importing numpy, scipy.special, moocore, pandas, pydantic"
    package, helped, policy = "import moo_inference", "moo-inference --help", "import moo_inference.policy.policy"
    solve = "moo-inference solve, the built-in catalog"
    large = f"The paper's experiment, then common draws, {trials:,} trials, k to {k_max}: peak memory"
    floors = {numpy: python("import numpy"), imports: python("import numpy, scipy.special, moocore, pandas, pydantic")}
    seconds, _ = commands_take_turns(
        {
            **floors,
            bare: python("pass"),
            parser: python("import typer"),
            package: python(package),
            policy: python(policy),
            helped: (COMMAND, "--help"),
            solve: (COMMAND, "solve"),
            chosen: python("import numpy, scipy.special, pydantic"),
            **{words: (COMMAND, "choose", "--catalog", name, *BUDGETS) for name, words in choose.items()},
        },
        1 if quick else 5,
        not_counted=0 if quick else 1,
    )
    # A peak is no lower the second time.
    peaks = {**floors, large: python(LARGE.format(trials=trials, k_max=k_max))}
    _, memory = commands_take_turns(peaks, 1, not_counted=0)
    return [
        compare(helped, seconds, helped, numpy, parser, target=2.2),
        compare(package, seconds, package, numpy, bare),
        compare(policy, seconds, policy, numpy, numpy),
        compare(solve, seconds, solve, numpy, chosen, target=4, why=WHY),
        *(compare(words, seconds, words, chosen, numpy, target=1.5, why=WHY) for words in choose.values()),
        compare(large, memory, large, numpy, imports, target=300, target_of="ours", unit="MB"),
    ]


if __name__ == "__main__":
    show(figures)
