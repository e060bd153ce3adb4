"""The paper's experiment, one trial and one formula at a time, sharing nothing. The oracle of the fast paths.

Written from the paper's equations and the order in which its code draws; imports nothing of moo_inference.
"""

import math
from functools import cache

import numpy as np
from scipy import optimize, stats


@cache
def before_clipping(mean, std):
    """Mean and standard deviation of a normal that has these once it is clipped at 1, by the normal's own integrals."""
    if (mean - 1) / std > 8:
        return mean, std

    def misses(guess):
        mu, sigma = guess[0], math.exp(guess[1])
        beyond = stats.norm(mu - 1, sigma)
        share = beyond.sf(0)
        first = (mu - 1) * share + sigma * stats.norm.pdf((mu - 1) / sigma)
        second = ((mu - 1) ** 2 + sigma**2) * share + (mu - 1) * sigma * stats.norm.pdf((mu - 1) / sigma)
        return [first + 1 - mean, math.sqrt(max(second - first**2, 0.0)) - std]

    mu, log_sigma = optimize.fsolve(misses, [mean, math.log(std)], xtol=1e-12)
    return mu, math.exp(log_sigma)


def tokens_of(length, z):
    """The length at a standard normal z: at least one token, with the mean and the spread that are given."""
    if length.std == 0:
        return length.mean
    kind = length.kind or ("normal" if length.std <= length.mean / 3 else "gamma")
    beyond = length.mean - 1
    if kind == "gamma":
        return 1 + stats.gamma.ppf(stats.norm.cdf(z), (beyond / length.std) ** 2, scale=length.std**2 / beyond)
    if kind == "lognormal":
        s = math.sqrt(math.log(1 + (length.std / beyond) ** 2))
        return 1 + stats.lognorm.ppf(stats.norm.cdf(z), s, scale=beyond / math.exp(s**2 / 2))
    mu, sigma = before_clipping(length.mean, length.std)
    return max(1.0, mu + sigma * z)


def simulate_trial(model, z_in, z_out, z_accuracy, parallel, waves=False):
    """Cost, time and accuracy of one query of len(z_in) passes (Eq. 1-6), or with the time of waves of passes.

    All passes have the prompt of the first, unless the model says that each has its own; a wave reads it once.
    """
    cost = time = 0.0
    times = []
    accuracies = []
    for one_in, one_out, one_accuracy in zip(z_in, z_out, z_accuracy, strict=True):
        l_in = tokens_of(model.input_tokens, one_in if model.prompt == "per-pass" else z_in[0])
        l_out = tokens_of(model.output_tokens, one_out)
        cost += (model.usd_per_million_input_tokens * l_in + model.usd_per_million_output_tokens * l_out) / 1e6
        times.append(model.seconds_per_input_token * l_in + model.seconds_per_output_token * l_out)
        time += times[-1] / parallel
        accuracies.append(min(1.0, max(0.0, model.accuracy.mean + model.accuracy.std * one_accuracy)))
    if waves:
        time = sum(max(times[start : start + parallel]) for start in range(0, len(times), parallel))
    return cost, time, max(accuracies)


def independent_trials(model, k, trials, seed, parallel, waves=False):
    """(trials, 3) draws of cost, time and accuracy; k has its own generator, used trial by trial."""
    generator = np.random.default_rng(seed + k)
    rows = []
    for _ in range(trials):
        z_in, z_out, z_accuracy = (generator.standard_normal(k) for _ in range(3))
        rows.append(simulate_trial(model, z_in, z_out, z_accuracy, parallel, waves))
    return np.array(rows)


def common_trials(model, k, trials, seed, parallel, waves=False):
    """The same with one stream, in which pass after pass all trials draw input, output, accuracy."""
    generator = np.random.default_rng(seed)
    z = np.array([[generator.standard_normal(trials) for _ in range(3)] for _ in range(k)])
    return np.array([simulate_trial(model, *z[:, :, trial].T, parallel, waves) for trial in range(trials)])


def summary(rows):
    """For cost, time and accuracy: mean, std, 2.5 and 97.5 percentile, standard error."""
    return [
        (
            float(np.mean(column)),
            float(np.std(column)),
            float(np.percentile(column, 2.5)),
            float(np.percentile(column, 97.5)),
            float(np.std(column)) / math.sqrt(len(column)),
        )
        for column in rows.T
    ]


def feasible_points(model, scenario, ks, trials, seed, parallel):
    """[(k, cost, time, accuracy)] of the k that meet all budgets (Eq. 8)."""
    points = []
    for k in ks:
        cost, time, accuracy = independent_trials(model, k, trials, seed, parallel).mean(axis=0)
        if cost <= scenario.c_max and time <= scenario.t_max and accuracy >= scenario.a_min:
            points.append((k, cost, time, accuracy))
    return points


def pareto(points):
    """The points that no other dominates (Eq. 13, 14)."""

    def dominates(q, p):
        no_worse = q[1] <= p[1] and q[2] <= p[2] and q[3] >= p[3]
        return no_worse and (q[1] < p[1] or q[2] < p[2] or q[3] > p[3])

    return [p for p in points if not any(dominates(q, p) for q in points)]


def choose(rule, points, scenario):
    """The k that a rule of the paper's code picks of the feasible points, or None."""
    if not points:
        return None
    front = pareto(points)
    if rule == "accuracy-max":
        return max(points, key=lambda p: (p[3], -p[0]))[0]
    if rule == "max-cube":

        def volume(p):
            return p[3] * max(0, 1 - p[1] / scenario.c_max) * max(0, 1 - p[2] / scenario.t_max)

        return max(points, key=lambda p: (volume(p), -p[0]))[0]
    if rule == "utopia-closest":
        return min(front, key=lambda p: math.dist((p[1] / scenario.c_max, p[2] / scenario.t_max, 1 - p[3]), (0, 0, 0)))[
            0
        ]
    best, sharpest = None, 1e-9
    for before, here, after in zip(front, front[1:], front[2:], strict=False):
        p0, p1, p2 = ((p[1] / scenario.c_max, p[2] / scenario.t_max, p[3]) for p in (before, here, after))
        first = [(c - a) / 2 for a, c in zip(p0, p2, strict=True)]
        second = [c - 2 * b + a for a, b, c in zip(p0, p1, p2, strict=True)]
        kappa = abs(first[0] * second[1] - first[1] * second[0]) / math.hypot(*first) ** 3
        if kappa > sharpest:
            best, sharpest = here[0], kappa
    return best
