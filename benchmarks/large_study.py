"""A study of 300 random models in 10 random scenarios under the paper's four rules, k to 1,024, in closed form.

Prints the seconds of wall time and of the processor, and the largest memory. To hold it to one core:

    taskset -c 0 python benchmarks/large_study.py [--models 300] [--latency waves] [--workers 2]
"""

import argparse
import resource
import time

import numpy as np

import moo_inference as mi

RULES = ("accuracy-max", "max-cube", "utopia-closest", "knee-point")


def random_model(generator: np.random.Generator, name: str, latency: str) -> mi.Model:
    """A model about as different from the others as those of the paper are; its lengths are never clipped."""
    price = generator.uniform(0.05, 3)
    return mi.Model(
        name=name,
        usd_per_million_input_tokens=price,
        usd_per_million_output_tokens=price * generator.uniform(2, 8),
        seconds_per_input_token=generator.uniform(1e-5, 1e-3),
        seconds_per_output_token=generator.uniform(0.002, 0.03),
        input_tokens={"mean": generator.uniform(100, 2000), "std": generator.uniform(1, 10)},
        output_tokens={"mean": generator.uniform(300, 3000), "std": generator.uniform(5, 30)},
        accuracy={"mean": generator.uniform(0.2, 0.8), "std": generator.uniform(0.02, 0.2)},
        parallel=4,
        latency=latency,
    )


def random_scenario(generator: np.random.Generator, name: str) -> mi.Scenario:
    """Budgets of 1 cent to 10 USD, 10 seconds to an hour, and an accuracy of 0.3 to 0.8."""
    return mi.Scenario(
        name=name,
        c_max=float(10 ** generator.uniform(-2, 1)),
        t_max=float(10 ** generator.uniform(1, 3.5)),
        a_min=float(generator.uniform(0.3, 0.8)),
    )


def main() -> None:
    """Run it and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=300)
    parser.add_argument("--scenarios", type=int, default=10)
    parser.add_argument("--k-max", type=int, default=1024)
    parser.add_argument("--latency", choices=("ideal", "waves"), default="ideal")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    generator = np.random.default_rng(1)
    catalog = mi.Catalog(
        models={f"m{n}": random_model(generator, f"model {n}", given.latency) for n in range(given.models)},
        scenarios={f"s{n}": random_scenario(generator, f"scenario {n}") for n in range(given.scenarios)},
    )
    started, processor = time.perf_counter(), time.process_time()
    study = mi.run_study(catalog, decisions=RULES, k_max=given.k_max, workers=given.workers)
    rows = len(study.choices)
    wall, processor = time.perf_counter() - started, time.process_time() - processor
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{rows} choices: {wall:.2f} s, {processor:.2f} s of the processor, {memory:.0f} MB at most")


if __name__ == "__main__":
    main()
