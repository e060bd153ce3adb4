"""Files of our own that were damaged or tampered with are not trusted: the work is done anew, or refused in a line."""

import contextlib
import hashlib
import io
import json
import random
import zipfile

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.cli import app as cli
from moo_inference.errors import ReaderError
from moo_inference.execution.checkpoint import TASKS_FOLDER, checkpoint
from moo_inference.policy.policy import Policy
from moo_inference.solvers import nsga2
from moo_inference.studies.assessment import assess_many
from moo_inference.studies.comparison import catalog_problems, compare_solvers
from moo_inference.studies.route import route

PAPER = mi.load_catalog("paper").select(["gpt-5"], ["essay-feedback"])


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def raw(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def zipped(compression, **members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def claiming(shape, kind="<f8"):
    """An array of which the header says more than there is."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + b"\0" * 16


def forgeries(good):
    """What may stand in the place of a piece whose arrays are these; each with a digest that is right."""
    first, *_ = good
    body = npz(**good)
    one = good[first]
    yield from (b"", b"PK", b"x" * 500, npz(), raw(np.arange(3)), raw(one), body[:-30], body[: len(body) // 2])
    yield npz(other=np.arange(3))
    yield npz(**{**good, "more": np.arange(3)})
    yield npz(**{name: values for name, values in good.items() if name != first})
    for name, values in good.items():
        for wrong in (
            values[..., None],
            values.reshape(-1)[:-1],
            np.zeros(0, values.dtype),
            np.float32(0),
            values.astype("U8"),
            values.astype(">f8"),
            values.astype(complex),
            np.zeros(values.shape, dtype=[("a", "<i8")]),
        ):
            yield npz(**{**good, name: wrong})
        if values.dtype.kind == "i":
            yield npz(**{**good, name: values + 10**9})
            yield npz(**{**good, name: -values - 10**9})
    for shape in ("(1152921504606846976,)", "(-1,)", "(10**9,)", "((((", "(" * 5000, "(True,)"):
        yield zipped(zipfile.ZIP_STORED, **dict.fromkeys(good, claiming(shape)))
    yield zipped(zipfile.ZIP_STORED, **dict.fromkeys(good, claiming("(1,)", "|O")))
    yield zipped(zipfile.ZIP_DEFLATED, **{name: raw(values) for name, values in good.items()})
    dice = random.Random(1)  # noqa: S311 (no secret)
    for _ in range(10):
        damaged = bytearray(body)
        for _ in range(dice.randint(1, 12)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        yield bytes(damaged)


def study(kept):
    return mi.run_study(PAPER, k_max=6, checkpoint=kept).to_csv()


def searched(kept):
    solver = lambda problem: nsga2(problem, seed=3, pop_size=4)  # noqa: E731
    return mi.run_study(PAPER, k_max=16, solver=solver, decisions=["max-cube"], checkpoint=kept).to_csv()


def assessed(kept):
    noisy = mi.MonteCarlo(trials=9)
    return repr(
        assess_many(PAPER.models, PAPER.scenarios, ["max-cube"], noisy, replications=3, k_max=6, checkpoint=kept)
    )


def compared(kept):
    problems = catalog_problems(PAPER, k_max=6)
    found = compare_solvers(problems, ["exhaustive"], [0], decisions=["max-cube"], checkpoint=kept)
    return found.runs.drop(columns="seconds").to_csv()


@pytest.mark.parametrize("work", [study, searched, assessed, compared])
def test_a_forged_piece_is_done_anew(work, tmp_path, monkeypatch):
    with checkpoint(tmp_path) as kept:
        right = work(kept)
    paths = sorted((tmp_path / TASKS_FOLDER).rglob("*.piece"))
    keys = {}
    kept_digest = {path: path.read_bytes() for path in paths}
    read = kept.read

    def noted(key, fits):
        keys[kept._path(key)] = key
        return read(key, fits)

    with checkpoint(tmp_path) as again:
        monkeypatch.setattr(again, "read", noted)
        assert work(again) == right
    for path in paths:
        if work is searched and not keys[path].startswith("front of"):
            continue
        good = dict(np.load(io.BytesIO(kept_digest[path][32:])))
        for body in forgeries(good):
            path.write_bytes(hashlib.sha256(keys[path].encode() + b"\0" + body).digest() + body)
            with checkpoint(tmp_path) as forged:
                found = work(forged)
            # Nothing tells numbers of the right kind from others, where they are whole and could be.
            if found != right:
                assert np.load(io.BytesIO(body)).files == list(good)
        path.unlink()
        path.mkdir()
        with checkpoint(tmp_path) as blocked, pytest.raises(OSError, match="cannot be written"):
            work(blocked)
        path.rmdir()
        path.write_bytes(kept_digest[path])


DEEP = {"lists": "[" * 100_000 + "]" * 100_000, "some": "[" * 500 + "]" * 500}
DEEP["objects"] = '{"a":' * 100_000 + "1" + "}" * 100_000


def run(*words):
    with pytest.raises(SystemExit) as stopped:
        cli.main([str(word) for word in words])
    return stopped.value.code


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    home = tmp_path_factory.mktemp("saved")
    words = ("-s", "essay-feedback", "--k-max", "4", "-m", "gpt-5")
    assert run("solve", *words, "-d", "max-cube", "--out", home / "study") == 0
    assert run("route", *words, "-d", "max-cube", "--out", home / "route") == 0
    return home


def wrong_values(value):
    """What may stand where a value should."""
    yield from (None, {}, "x", -1, 10**40, [[]], [None], ["x"])
    yield [value]


def one_line_or_an_answer(words, capsys):
    status = run(*words)
    _, err = capsys.readouterr()
    assert "Traceback" not in err
    assert status in (0, 1, 2, 4), err
    if status == 2:
        assert err
        assert all(line.startswith("moo-inference: ") for line in err.splitlines()), err


def test_settings_that_are_none_are_refused_in_a_line(saved, tmp_path, capsys, monkeypatch):
    from moo_inference.records import diff, replay

    # The work itself is not what is tried here.
    whole = mi.run_study(PAPER, k_max=2, decisions=["max-cube"])
    for place in (replay, diff):
        monkeypatch.setattr(place, "run_study", lambda *_, **__: whole, raising=False)
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "choices.json").write_bytes((saved / "study" / "choices.json").read_bytes())
    path = folder / "settings.json"
    settings = json.loads((saved / "study" / "settings.json").read_text())
    texts = [*DEEP.values(), "", "[]", "1", "null", '{"run": "study"}', "{" * 9]
    texts += [f'{{"catalog": {deep}}}' for deep in DEEP.values()]
    for name, value in settings.items():
        texts += [json.dumps({**settings, name: wrong}) for wrong in wrong_values(value)]
        texts.append(json.dumps({other: settings[other] for other in settings if other != name}))
    for text in texts:
        path.write_text(text)
        one_line_or_an_answer(("diff", folder, saved / "study"), capsys)
    for text in [*texts[:10], *(json.dumps({**settings, "asked": wrong}) for wrong in wrong_values({}))]:
        path.write_text(text)
        one_line_or_an_answer(("check", "--baseline", folder), capsys)
        one_line_or_an_answer(("solve", "-m", "gpt-5", "-s", "essay-feedback", "--k-max", "2", "--out", folder), capsys)


@pytest.mark.parametrize("name", ["choices.json", "route.json"])
def test_choices_that_are_none_are_refused_in_a_line(name, saved, tmp_path, capsys):
    home = saved / ("study" if name == "choices.json" else "route")
    (tmp_path / "settings.json").write_bytes((home / "settings.json").read_bytes())
    good = json.loads((home / name).read_text())
    row = good[0] if isinstance(good, list) else good
    texts = [*DEEP.values(), "", "1", "[1]", "{}", "[[]]"]
    for key in ("scenario", "model", "decision", "status", "k", "pgs"):
        for wrong in wrong_values(row.get(key)):
            changed = {**row, key: wrong}
            texts.append(json.dumps([changed] if isinstance(good, list) else changed))
    for text in texts:
        (tmp_path / name).write_text(text)
        one_line_or_an_answer(("check", "--baseline", tmp_path), capsys)


def test_settings_of_kept_pieces_that_are_none_are_begun_anew(tmp_path):
    with checkpoint(tmp_path) as kept:
        right = study(kept)
    path = tmp_path / TASKS_FOLDER / "study" / "settings.json"
    for text in (*DEEP.values(), "", "[]", "null", "{", "\x00"):
        path.write_text(text)
        with checkpoint(tmp_path) as kept:
            assert study(kept) == right


def test_policies_that_are_none_are_refused_in_a_line(tmp_path):
    path = tmp_path / "policy.json"
    route(PAPER, "essay-feedback", "max-cube", k_max=4).policy().save(path)
    means = json.loads(path.read_text())
    rows = len(means["k"])
    columns = {"stop": ["first-verified"] * rows, "parallel": [2] * rows, "keep": ["oracle"] * rows}
    texts = [*DEEP.values(), "", "[]", "1", "null"]
    for good in (means, {**means, "format": "moo-inference policy 3", **columns}):
        path.write_text(json.dumps(good))
        Policy.load(path)
        for name, value in good.items():
            texts += [json.dumps({**good, name: wrong}) for wrong in wrong_values(value)]
            if isinstance(value, list):
                texts += [json.dumps({**good, name: [wrong, *value[1:]]}) for wrong in wrong_values(0)]
    for text in texts:
        path.write_text(text)
        with contextlib.suppress(ReaderError):
            Policy.load(path).choose(c_max=1.0, t_max=100.0)
