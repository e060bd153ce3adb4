import csv

import pytest
from conftest import GOLDEN

import moo_inference as mi
from moo_inference.errors import CatalogError, UnknownNameError

GOOD = """\
models:
  a:
    name: A
    usd_per_million_input_tokens: 1.25
    usd_per_million_output_tokens: 10
    seconds_per_input_token: 5e-4
    seconds_per_output_token: 0.005
    input_tokens: {mean: 1024, std: 64}
    output_tokens: {mean: 2048, std: 128}
    accuracy: {mean: 0.94, std: 0.02}
    parallel: 4
scenarios:
  x: {name: X, c_max: 0.5, t_max: null, a_min: 0.9}
"""


def load(tmp_path, text):
    path = tmp_path / "catalog.yaml"
    path.write_text(text, encoding="utf-8")
    return mi.load_catalog(path)


def errors_of(tmp_path, text):
    with pytest.raises(CatalogError) as caught:
        load(tmp_path, text)
    return caught.value.errors


def test_the_paper_s_catalog_is_its_table_3(paper):
    with (GOLDEN / "paper_table_3.csv").open() as stream:
        rows = list(csv.DictReader(line for line in stream if not line.startswith("#")))
    assert [row["model"] for row in rows] == list(paper.models)
    for row in rows:
        model = paper.models[row["model"]]
        got = (
            model.usd_per_million_input_tokens / 1e6,
            model.usd_per_million_output_tokens / 1e6,
            model.seconds_per_input_token,
            model.seconds_per_output_token,
            model.accuracy.mean,
            model.accuracy.std,
        )
        assert got == pytest.approx([float(row[key]) for key in ("c_in", "c_out", "t_in", "t_out", "mean", "std")])
        assert (model.input_tokens.mean, model.input_tokens.std) == (1024, 64)
        assert (model.output_tokens.mean, model.output_tokens.std) == (2048, 128)
        assert (model.parallel, model.latency) == (4, "ideal")


def test_the_paper_s_budgets(paper):
    budgets = {key: (s.c_max, s.t_max, s.a_min) for key, s in paper.scenarios.items()}
    assert budgets == {
        "essay-feedback": (0.50, 60, 0.93),
        "medical-ai": (0.95, 3600, 0.98),
        "proposal-writing": (0.65, 1800, 0.96),
    }


def test_a_file_is_loaded_and_latency_may_be_absent(tmp_path):
    catalog = load(tmp_path, GOOD)
    assert catalog.models["a"].seconds_per_input_token == 0.0005
    assert catalog.models["a"].latency == "waves"
    assert catalog.scenarios["x"].t_max is None


def test_what_is_saved_is_loaded_equal(tmp_path, paper):
    dear = paper.models["gpt-5"].replace(
        name="Дорогая: <модель> #1", usd_per_million_output_tokens=2000, price_checked=True
    )
    odd = paper.replace(models={**paper.models, "no": dear, "1e3": dear})
    for catalog in (paper, odd):
        mi.save_catalog(catalog, tmp_path / "saved.yaml")
        assert mi.load_catalog(tmp_path / "saved.yaml") == catalog
        assert list(mi.load_catalog(tmp_path / "saved.yaml").models) == list(catalog.models)
    assert list(tmp_path.iterdir()) == [tmp_path / "saved.yaml"]


@pytest.mark.parametrize(
    "name", ["1e-6", ".5e1", "no", "~", "12", "a: b", " lead", "two\nlines", "a\x85b", "a\u2028b", "🙂", "</b>"]
)
def test_a_name_that_looks_like_something_else_is_read_back_as_text(tmp_path, paper, name):
    catalog = mi.Catalog(
        models={name: paper.models["gpt-5"].replace(name=name)},
        scenarios={name: paper.scenarios["medical-ai"].replace(name=name)},
    )
    mi.save_catalog(catalog, tmp_path / "saved.yaml")
    assert mi.load_catalog(tmp_path / "saved.yaml") == catalog


def test_the_published_schema_is_the_same_catalog(tmp_path, paper):
    """Keys and units of the configuration that the paper's authors published."""
    lines = ["name: a demonstration", "models:"]
    for key, m in paper.models.items():
        lines.append(
            f"  {key}: {{name: {m.name}, c_in: {m.usd_per_million_input_tokens}e-6, "
            f"c_out: {m.usd_per_million_output_tokens}e-6, t_in: {m.seconds_per_input_token}, "
            f"t_out: {m.seconds_per_output_token}, mu_Lin: 1024, sigma_Lin: 64, mu_Lout: 2048, sigma_Lout: 128, "
            f"acc_mean: {m.accuracy.mean}, acc_std: {m.accuracy.std}, default_parallel: 4}}"
        )
    published = load(tmp_path, "\n".join(lines))
    assert published.scenarios == paper.scenarios
    for key, model in paper.models.items():
        got = published.models[key].model_dump()
        for field, value in model.model_dump().items():
            assert got[field] == (pytest.approx(value, rel=1e-15) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("1.25", "-1.25", 4, "models.a.usd_per_million_input_tokens: must be greater than or equal to 0, got -1.25"),
        ("1.25", ".nan", 4, "must be a finite number, got .nan"),
        ("1.25", "-.inf", 4, "must be a finite number, got -.inf"),
        ("1.25", "true", 4, "must be a valid number, got true"),
        ("1.25", "'1.25'", 4, "must be a valid number, got '1.25'"),
        ("1.25", "1.25e-6", 4, "1.25e-06 looks like USD per token, which would be 1.25 per million"),
        ("1.25", "12500", 4, "12,500 is more than any usual price (a unit slip?)"),
        ("1.25", "0", 4, "must be positive, or `free: true` must confirm that 0 is meant, got 0"),
        ("std: 64", "std: -64", 8, "models.a.input_tokens.std: must be greater than or equal to 0, got -64"),
        ("mean: 0.94", "mean: 1.94", 10, "models.a.accuracy.mean: must be less than or equal to 1, got 1.94"),
        ("parallel: 4", "paralel: 4", 11, "models.a.paralel: unknown key (did you mean 'parallel'?)"),
        ("std: 128", "sdt: 128", 9, "models.a.output_tokens.sdt: unknown key (did you mean 'std'?)"),
        ("parallel: 4", "latency: fast", 11, "models.a.latency: must be 'ideal' or 'waves', got 'fast'"),
        ("a_min: 0.9", "a_min: 0.9, t_quantile: 95", 13, "scenarios.x.t_quantile: must be less than 1, got 95"),
        ("a_min: 0.9", "a_min: 1.2", 13, "scenarios.x.a_min: must be less than or equal to 1, got 1.2"),
        (", a_min: 0.9", "", 13, "scenarios.x.a_min: must be given"),
        ("c_max: 0.5", "c_max: 0", 13, "scenarios.x.c_max: must be greater than 0, got 0"),
        ("scenarios:", "scenaros:", 12, "scenaros: unknown key (did you mean 'scenarios'?)"),
        ("    name: A\n", "", 2, "models.a.name: must be given"),
        ("  x: {name: X, c_max: 0.5, t_max: null, a_min: 0.9}", "  x: 3", 13, "must hold keys and values, got 3"),
        (
            "    parallel: 4\n",
            "    parallel: 4\n    parallel: 4\n",
            12,
            "must stand once, but it stands on line 11",
        ),
    ],
)
def test_an_error_is_told_with_file_line_key_and_what_was_got(tmp_path, old, new, line, words):
    assert old in GOOD
    errors = errors_of(tmp_path, GOOD.replace(old, new))
    assert any(
        message.startswith(f"{tmp_path / 'catalog.yaml'}:{line}: ") and words in message for message in errors
    ), errors


def test_three_errors_give_three_lines(tmp_path):
    bad = GOOD.replace("1.25", "-1").replace("std: 64", "std: -1").replace("a_min: 0.9", "a_min: 2")
    assert len(errors_of(tmp_path, bad)) == 3


@pytest.mark.parametrize("text", ["", "3", "[]", "models: 3", "models: {}", "scenarios: {}", "models: [a]"])
def test_a_file_without_models_is_refused(tmp_path, text):
    assert "must" in errors_of(tmp_path, text)[0]


PUBLISHED = """\
models:
  m: {name: M, c_in: 1.25e-6, c_out: 10e-6, t_in: 5e-4, t_out: 5e-3, mu_Lin: 1024, sigma_Lin: 64,
      mu_Lout: 2048, sigma_Lout: 128, acc_mean: 0.94, acc_std: 0.02}
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("c_out: 10e-6", "c_out: 10", "m.c_out: must be USD per token; 10 would be 10,000,000 USD per million tokens"),
        ("c_in: 1.25e-6", "c_in: 1e-11", "m.c_in: must be USD per token; 1e-11 would be 1e-05 USD per million"),
        ("sigma_Lin: 64", "sigma_Lin: -64", "m.sigma_Lin: must be greater than or equal to 0, got -64"),
        ("acc_mean: 0.94", "acc_mean: 94", "m.acc_mean: must be less than or equal to 1, got 94"),
        ("acc_mean", "acc_maen", "m.acc_maen: unknown key (did you mean 'acc_mean'?)"),
        (", acc_std: 0.02", "", "m.acc_std: must be given"),
        ("models:", "modls: 1\nmodels:", "modls: unknown key (did you mean 'models'?)"),
    ],
)
def test_errors_of_the_published_schema_use_its_own_words(tmp_path, old, new, words):
    assert old in PUBLISHED
    assert any(words in message for message in errors_of(tmp_path, PUBLISHED.replace(old, new)))


def test_a_meant_price_passes_in_the_published_schema(tmp_path):
    dear = PUBLISHED.replace("c_out: 10e-6", "c_out: 0.01, price_checked: true")
    assert load(tmp_path, dear).models["m"].usd_per_million_output_tokens == pytest.approx(10_000)


def test_select_names_every_unknown_id(paper):
    assert list(paper.select(["qwen3-max", "gpt-5"], ["medical-ai"]).models) == ["qwen3-max", "gpt-5"]
    with pytest.raises(UnknownNameError) as caught:
        paper.select(["gpt5", "x"], ["essay"])
    assert len(caught.value.errors) == 3
    assert "did you mean 'gpt-5'?" in caught.value.errors[0]
    assert "essay-feedback, medical-ai, proposal-writing" in caught.value.errors[2]


def test_an_unknown_spread_and_a_kind_are_kept_in_a_file(tmp_path, paper):
    model = paper.models[next(iter(paper.models))]
    changed = model.replace(
        input_tokens={"mean": 100.0, "std": None}, output_tokens={"mean": 9.0, "std": 3.0, "kind": "gamma"}
    )
    mi.save_catalog(paper.replace(models={"m": changed}), tmp_path / "c.yaml")
    assert "std: null\n" in (tmp_path / "c.yaml").read_text()
    assert mi.load_catalog(tmp_path / "c.yaml").models["m"] == changed
