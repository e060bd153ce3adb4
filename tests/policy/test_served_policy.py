"""A policy file that answers queries of a server, which replays real attempts, against what all orders of them give."""

import tempfile
from functools import cache
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from chat_server import Attempt, ChatServer, complete
from conftest import ROOT
from scipy.stats import beta

import moo_inference as mi
from moo_inference.policy.passes import Stage, at_once, escalate
from moo_inference.policy.policy import Policy, Running
from moo_inference.studies.route import route

EXCERPT = ROOT / "tests" / "data" / "attempts" / "epoch_gpqa_excerpt.csv.gz"
NANO, MINI = "openai/gpt-5-nano-2025-08-07@high", "openai/gpt-5-mini-2025-08-07@high"
PRICES = {NANO: (0.05, 0.4), MINI: (0.25, 2.0)}
"""USD per million tokens, read and written."""

FEW = {4: ("17", "24", "27", "37", "59"), 5: ("36", "59")}
"""By how many of their attempts are replayed in every order: questions on which nano disagrees with itself."""

MANY = tuple(str(number) for number in range(1, 60, 3))
QUANTITIES = ("passes", "USD", "seconds", "accuracy")


class Recorded:
    """The attempts of a model at a question: what each is worth, and what the server returns of it."""

    def __init__(self, model, table):
        read, written = PRICES[model]
        self.answer = [None if np.isnan(group) else f"option {group:.0f}" for group in table.answer_group]
        self.right = table.correct.astype(float).tolist()
        self.usd = ((table.tokens_in * read + table.tokens_out * written) / 1e6).tolist()
        self.seconds = table.seconds.tolist()
        self.served = [
            Attempt(answer or "no idea", *rest)
            for answer, *rest in zip(self.answer, table.tokens_in, table.tokens_out, table.seconds, strict=True)
        ]
        self.key = {answer for answer, right in zip(self.answer, self.right, strict=True) if right}


@cache
def recorded():
    table = pd.read_csv(EXCERPT, dtype={"question": str}).sort_values("sample")
    table["id"] = table.model + "@" + table.effort.fillna("")
    return {key: Recorded(key[0], rows) for key, rows in table[table.id.isin(PRICES)].groupby(["id", "question"])}


@pytest.fixture(scope="module")
def server():
    with ChatServer({key: own.served for key, own in recorded().items()}) as running:
        yield running


def votes_of(answers):
    return {one: answers.count(one) for one in answers if one is not None}


@cache
def sure(first, second):
    return beta.sf(0.5, first + 1, second + 1)


def one_order(own, order, k, parallel, stop):
    """What one order of attempts gives by the policy's own words: passes, USD, seconds, share of right answers kept."""
    name, _, level = (stop or "").partition("=")
    passes, seconds = [], 0.0
    while len(passes) < k:
        batch = list(order[len(passes) : min(k, len(passes) + parallel)])
        passes += batch
        seconds += max(own.seconds[place] for place in batch)
        first, second, *_ = [*sorted(votes_of([own.answer[place] for place in passes]).values(), reverse=True), 0, 0]
        if name == "vote-until-sure" and first and sure(first, second) >= float(level or 0.95):
            break
        if name == "first-verified" and any(own.right[place] for place in passes):
            break
    if name == "first-verified":
        right = max(own.right[place] for place in passes)
    else:
        votes = votes_of([own.answer[place] for place in passes])
        leaders = [one for one, many in votes.items() if many == max(votes.values())]
        right = sum(one in own.key for one in leaders) / max(1, len(leaders))
    return len(passes), sum(own.usd[place] for place in passes), seconds, right


@cache
def every_order(model, question, n, k, parallel, stop):
    """(4,) means over all orders of the first n attempts at a question."""
    own = recorded()[model, question]
    return np.mean([one_order(own, order, k, parallel, stop) for order in permutations(range(n), k)], axis=0)


def expected(questions, n, k, parallel, stop, model=NANO):
    """(4,) means over questions."""
    return np.mean([every_order(model, question, n, k, parallel, stop) for question in questions], axis=0)


@cache
def model_of(questions, n, keep, parallel):
    """Nano as the program reads the first n attempts at some questions."""
    table = pd.read_csv(EXCERPT, dtype={"question": str})
    own = table[(table.model + "@" + table.effort.fillna("") == NANO) & (table["sample"] <= n)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "attempts.csv"
        own[own.question.isin(questions)].to_csv(path, index=False)
        attempts = mi.read_attempts(path, columns={"answer": "answer_group"})
    read, written = PRICES[NANO]
    return attempts.model(
        usd_per_million_input_tokens=read, usd_per_million_output_tokens=written, keep=keep, parallel=parallel
    )


def counted(questions, n, k, parallel, stop):
    """(4,) what `Recorded` counts of the first n attempts at some questions."""
    curve = mi.Recorded(stop=stop).estimate(model_of(questions, n, keep_of(stop), parallel), [k])
    return np.array([curve.mean_passes[0], curve.cost.mean[0], curve.time.mean[0], curve.accuracy.mean[0]])


def keep_of(stop):
    return "oracle" if stop and stop.startswith("first") else "majority"


def policy_of(predicted, k, parallel, stop, path):
    """A policy file with one row, read again."""
    _, usd, seconds, accuracy = predicted
    running = Running((stop,), (parallel,), (keep_of(stop),))
    place, F = np.array([0]), np.array([[usd, seconds, 1 - accuracy]])
    Policy((NANO,), place, np.array([k]), F, {}, running=running).save(path)
    return Policy.load(path)


class Client:
    """What a serving layer adds: how a pass is made, what it costs, and what to make of its text."""

    def __init__(self, server, question, order, *, threads=True):
        self.server, self.question, self.threads = server, question, threads
        Client.queries += 1
        self.user = f"q{Client.queries} {','.join(map(str, order))}"

    queries = 0

    def ask(self, model, passes):
        def call():
            return complete(self.server.address, model, self.question, self.user)

        return at_once(call, passes) if self.threads else [call() for _ in range(passes)]

    def answer_of(self, made):
        return made.text if made.text.startswith("option") else None

    def right(self, model, made):
        return made.text in recorded()[model, self.question].key

    def answered(self, choice):
        """(4,) what one query took and gave."""
        run = choice.run(self.ask, verify=lambda made: self.right(choice.model, made), answer_of=self.answer_of)
        return self.spent(choice.model, [run], run.kept)

    def spent(self, model, runs, kept):
        """Passes, USD, seconds, and whether what is kept is right."""
        passes = [made for run in runs for made in run.passes]
        read, written = PRICES[model]
        usd = sum(made.tokens_in * read + made.tokens_out * written for made in passes) / 1e6
        seconds = 0.0
        for run in runs:
            ends = np.cumsum(run.batches)
            for start, end in zip(ends - run.batches, ends, strict=True):
                seconds += max(made.seconds for made in run.passes[start:end])
        return len(passes), usd, seconds, float(kept is not None and self.right(model, kept))


@pytest.mark.parametrize("parallel", [1, 2])
@pytest.mark.parametrize("stop", [None, "first-verified", "vote-until-sure=0.75", "vote-until-sure=0.86"])
def test_all_orders_give_exactly_what_is_expected(server, tmp_path, stop, parallel):
    for n, questions in FEW.items():
        if n == 5 and (parallel, stop) != (1, "vote-until-sure=0.75"):
            continue
        predicted = expected(questions, n, n, parallel, stop)
        choice = policy_of(predicted, n, parallel, stop, tmp_path / "p.json").choose(
            c_max=predicted[1] * 1.001, rule="cheapest"
        )
        queries = [
            Client(server, question, order, threads=False).answered(choice)
            for question in questions
            for order in permutations(range(n))
        ]
        found = np.mean(queries, axis=0)
        np.testing.assert_allclose(found, predicted, rtol=1e-9)
        np.testing.assert_allclose(counted(questions, n, n, parallel, stop), predicted, rtol=1e-9)
        np.testing.assert_allclose([choice.cost, choice.accuracy], predicted[[1, 3]], rtol=1e-9)


def test_every_row_of_a_routed_policy_is_served_as_it_says(server, tmp_path):
    """Fixed numbers of passes and early stops beside each other, from attempts to a file to queries."""
    model = model_of(FEW[4], 4, "oracle", 2)
    catalog = mi.Catalog(models={NANO: model}, scenarios={"s": mi.Scenario(name="s", c_max=1.0, t_max=1e4, a_min=0.0)})
    route(catalog, "s", k_max=4, stop=["fixed", "first-verified/1"]).policy().save(tmp_path / "p.json")
    policy = Policy.load(tmp_path / "p.json")
    assert policy.models == (NANO,)
    assert set(zip(*policy.running, strict=True)) == {(None, 2, "oracle"), ("first-verified/1", 1, "oracle")}
    for usd in policy.F[:, 0]:
        choice = policy.choose(c_max=usd, rule="accuracy-max")
        queries = [
            Client(server, question, order, threads=False).answered(choice)
            for question in FEW[4]
            for order in permutations(range(4))
        ]
        _, *found = np.mean(queries, axis=0)
        np.testing.assert_allclose(found, [choice.cost, choice.time, choice.accuracy], rtol=1e-9)


@pytest.mark.parametrize(("stop", "parallel"), [("first-verified", 2), ("vote-until-sure=0.86", 1)])
def test_random_orders_give_it_within_their_error(server, tmp_path, stop, parallel):
    predicted = expected(MANY, 8, 4, parallel, stop)
    policy = policy_of(predicted, 4, parallel, stop, tmp_path / "p.json")
    assert policy.choose(c_max=predicted[1] * 0.99) is None
    choice = policy.choose(c_max=predicted[1] * 1.01, rule="cheapest")
    np.testing.assert_allclose(counted(MANY, 8, 4, parallel, stop), predicted, rtol=1e-9)
    random = np.random.default_rng(20)
    by_question = np.array(
        [[Client(server, question, random.permutation(8)).answered(choice) for _ in range(15)] for question in MANY]
    )
    # Each question has as many queries, so that the error is that within questions alone.
    error = np.sqrt((by_question.var(axis=1, ddof=1) / by_question.shape[1]).sum(axis=0)) / len(MANY)
    found = by_question.mean(axis=(0, 1))
    far = np.abs(found - predicted) / error
    assert (far < 4).all(), dict(zip(QUANTITIES, far, strict=True))
    # The control: another level, or none, is noticed in what is spent.
    wrong = expected(MANY, 8, 4, parallel, None if stop == "first-verified" else "vote-until-sure=0.75")
    assert (np.abs(found - wrong) / error)[:3].min() > 6


def test_a_cheap_setting_first_and_a_stronger_one_where_it_disagrees(server):
    """Two passes of nano, and where they differ up to three of mini: every order of four attempts of each."""
    found, predicted = [], []
    for question in ("24", "27"):
        for cheap in permutations(range(4), 2):
            for strong in permutations(range(4), 3):
                # Both settings are asked in the order that the query names, so each has its own user.
                clients = [Client(server, question, order, threads=False) for order in (cheap, strong)]
                stages = [
                    Stage(lambda passes, own=clients[0]: own.ask(NANO, passes), 2, parallel=2),
                    Stage(lambda passes, own=clients[1]: own.ask(MINI, passes), 3, stop="vote-until-sure=0.75"),
                ]
                done = escalate(stages, answer_of=clients[0].answer_of)
                spent = [
                    clients[0].spent(model, [run], run.kept)
                    for model, run in zip((NANO, MINI), done.runs, strict=False)
                ]
                found.append([*np.sum(spent, axis=0)[:3], spent[-1][3], len(done.runs)])
                nano, mini = recorded()[NANO, question], recorded()[MINI, question]
                own = [one_order(nano, cheap, 2, 2, None)]
                if nano.answer[cheap[0]] is None or nano.answer[cheap[0]] != nano.answer[cheap[1]]:
                    own.append(one_order(mini, strong, 3, 1, "vote-until-sure=0.75"))
                predicted.append([*np.sum(own, axis=0)[:3], own[-1][3], len(own)])
    np.testing.assert_allclose(np.mean(found, axis=0), np.mean(predicted, axis=0), rtol=1e-9)
    assert 1.2 < np.mean(found, axis=0)[-1] < 1.9


def test_a_request_that_fails_is_a_pass_without_an_answer():
    answers = ["option 1", None, "option 2", "option 1", "option 1"]
    with ChatServer({("m", "q"): [Attempt(text, 1, 1, 0.1) for text in answers]}) as server:
        client = Client(server, "q", range(5))
        run = policy_run(client, 5)
        assert (run.used, run.failed, run.kept.text) == (5, 1, "option 1")
        assert "500" in str(next(made for made in run.passes if isinstance(made, Exception)))
        nothing = Client(server, "q", [1, 1])
        assert policy_run(nothing, 2).kept is None


def policy_run(client, k):
    from moo_inference.policy.choice import Choice

    choice = Choice("m", k, 1.0, 1.0, 0.5, {}, "vote-until-sure", 2, "majority")
    return choice.run(client.ask, answer_of=client.answer_of)
