"""What stopping early saves on real attempts, what it loses, how much longer it takes, and held-out gains.

Of each setting of the built-in catalogs with 8 attempts at every question and answers: the vote that stops when it is
95 % sure against the vote of 8, and the first verified pass against the best of 8, one by one and in batches of 2 and
4. All are counted exactly; `pytest tests/evaluation/test_stopped_queries.py` compares them with enumeration. Time is
beside all 8 at once. On held-out halves accuracy-max chooses k on one half of the questions, with and without stopping,
and both choices are valued on the other half.

Run: python benchmarks/stopping.py [FIGURE]
"""

import sys
from collections.abc import Mapping
from itertools import combinations

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

import moo_inference as mi
from moo_inference.catalog.limits import UNLIMITED
from moo_inference.catalog.recorded import with_keep
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.catalog.variants import with_stops
from moo_inference.estimators.conditions import Conditions
from moo_inference.evaluation.voting import ABSENT
from moo_inference.studies.held_out import HeldOut, held_out

K = 8
BATCHES = (1, 2, 4)
CATALOGS = {"gpqa-diamond": "GPQA Diamond", "otis-mock-aime": "OTIS Mock AIME"}
POLICIES = {"vote-until-sure": "vote until 95 % sure", "first-verified": "first verified"}
CREDIT = "Attempts: Epoch AI, 'AI Benchmarking Hub' (epoch.ai/benchmarks), CC BY 4.0."
COLOURS = {"vote-until-sure": "#0072B2", "first-verified": "#D55E00"}
MARKERS = {1: "o", 2: "s", 4: "^"}

FloatArray = NDArray[np.float64]


def settings(catalog: str) -> dict[str, RecordedModel]:
    """The models of a catalog with K attempts at every question, and with answers, by id."""
    return {
        key: model
        for key, model in mi.load_catalog(catalog).models.items()
        if isinstance(model, RecordedModel)
        and model.attempts.fewest >= K
        and model.attempts.answer is not None
        and bool((model.attempts.answer != ABSENT).any())
    }


def against_all(models: Mapping[str, RecordedModel], policy: str, batch: int) -> FloatArray:
    """(n, 3) of each model: share of the dollars saved, points lost, share of time more, at K passes."""
    rows = []
    for key, model in models.items():
        catalog = mi.Catalog(models={key: model}, scenarios={"s": UNLIMITED})
        alike = "vote-until-sure" if policy == "vote-until-sure" else "first-verified"
        whole, stopped = with_stops(catalog, ["fixed", f"{alike}/{batch}"]).models.values()
        first, second = (mi.Recorded().estimate(own, [K]).means[0] for own in (whole, stopped))
        rows.append((1 - second[0] / first[0], 100 * (first[-1] - second[-1]), second[1] / first[1] - 1))
    return np.array(rows)


def on_halves(models: Mapping[str, RecordedModel], policy: str) -> list[HeldOut]:
    """What each model gains on held-out halves by a policy, one by one."""
    found = []
    for key, model in models.items():
        catalog = mi.Catalog(models={key: model}, scenarios={"s": UNLIMITED})
        variants = with_stops(catalog, ["fixed", f"{policy}/1"])
        found.append(held_out(variants, "s", "accuracy-max", conditions=Conditions(k_max=K)))
    return found


def cascades(models: Mapping[str, RecordedModel]) -> list[HeldOut]:
    """What each pair of settings gains on held-out halves by a vote where two cheap passes disagree."""
    voting = {key: with_keep(model, "majority") for key, model in models.items()}
    found = []
    for pair in combinations(voting, 2):
        catalog = mi.Catalog(models={key: voting[key] for key in pair}, scenarios={"s": UNLIMITED})
        variants = with_stops(catalog, ["fixed", "escalate"])
        found.append(held_out(variants, "s", "accuracy-max", conditions=Conditions(k_max=K)))
    return found


def print_cascades(found: list[HeldOut]) -> None:
    """In how many pairs a cascade is taken on held-out halves, and what it gains there."""
    taken = [one for one in found if one.compared]
    gained = [one for one in found if one.gained]
    print(f"  escalate from two passes that disagree to the vote of another setting: {len(found)} pairs")
    print(f"    taken on some half in {len(taken)}, a gain that the interval shows in {len(gained)}")
    for what, unit, gains in (
        ("dollars saved", "%", [one.shares["cost"] for one in taken]),
        ("accuracy gained", "points", [one.gains["accuracy"] for one in taken]),
    ):
        mean, low, high = 100 * np.median([(own.mean, own.low, own.high) for own in gains], axis=0)
        print(f"    {what} {mean:.2f} {unit} ({low:.2f} to {high:.2f}); medians of mean and ends")


def median(values: FloatArray, form: str) -> str:
    """The median, and the least and the most."""
    return f"{np.median(values):{form}} ({values.min():{form}} to {values.max():{form}})"


def draw(tables: Mapping[tuple[str, str, int], FloatArray], path: str) -> None:
    """Dollars saved against accuracy lost, and against time."""
    figure, axes = plt.subplots(1, 2, figsize=(9.2, 3.7), sharey=True, layout="constrained")
    for (_, policy, batch), table in tables.items():
        for ax, column in zip(axes, (1, 2), strict=True):
            x = table[:, column] if column == 1 else 1 + table[:, column]
            ax.scatter(x, 100 * table[:, 0], s=22, marker=MARKERS[batch], color=COLOURS[policy], alpha=0.6, linewidth=0)
    axes[0].set_ylabel("dollars saved beside all 8 passes, %", fontsize=9)
    axes[0].set_xlabel("accuracy lost, points", fontsize=9)
    axes[1].set_xlabel("times the time of all 8 passes at once", fontsize=9)
    for ax in axes:
        ax.tick_params(labelsize=8)
        ax.spines[["top", "right"]].set_visible(False)
    for policy, words in POLICIES.items():
        axes[1].scatter([], [], color=COLOURS[policy], s=22, label=words)
    for batch, marker in MARKERS.items():
        words = "one by one" if batch == 1 else f"in batches of {batch}"
        axes[1].scatter([], [], color="0.4", marker=marker, s=22, label=words)
    axes[1].legend(loc="upper right", fontsize=7, frameon=False)
    axes[0].axvline(0.3, color="0.7", linewidth=0.8, linestyle="--")
    figure.supxlabel(f"{CREDIT} Each point is a setting; dashed: 0.3 points.", fontsize=7, color="0.35")
    figure.savefig(path, dpi=150, metadata={"Software": None})
    plt.close(figure)


def main(path: str | None = None) -> None:
    """Print the table of both catalogs, and draw the figure."""
    tables: dict[tuple[str, str, int], FloatArray] = {}
    for name, title in CATALOGS.items():
        models = settings(name)
        print(f"{title}, {len(models)} settings with 8 attempts and answers, at most 8 passes: median (least to most)")
        for policy, words in POLICIES.items():
            for batch in BATCHES:
                own = tables[name, policy, batch] = against_all(models, policy, batch)
                how = "one by one" if batch == 1 else f"batches of {batch}"
                saved, lost, longer = own.T
                print(f"  {words}, {how}")
                print(f"    dollars saved {median(100 * saved, '.1f')} %, points lost {median(lost, '.2f')},")
                print(f"    time {median(1 + longer, '.2f')} times that of all 8 at once")
            found = on_halves(models, policy)
            shares = np.array(
                [[one.shares["cost"].mean, one.shares["cost"].low, one.shares["cost"].high] for one in found]
            )
            points = np.array(
                [[getattr(one.gains["accuracy"], end) for end in ("mean", "low", "high")] for one in found]
            )
            shown, ends = 100 * np.nanmedian(shares, axis=0), 100 * np.nanmedian(points, axis=0)
            print(f"  {words}, on held-out halves: gains in {sum(one.gained for one in found)} of {len(found)}")
            print(f"    dollars saved {shown[0]:.1f} % ({shown[1]:.1f} to {shown[2]:.1f}),")
            print(f"    accuracy {ends[0]:+.2f} points ({ends[1]:+.2f} to {ends[2]:+.2f}); medians of mean and ends")
        print_cascades(cascades(models))
    if path:
        draw(tables, path)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
