"""Records of choices: what choices.json holds, there and back."""

import json

from conftest import ROOT

import moo_inference as mi
from moo_inference.studies.choice_record import ChoiceRecord


def test_records_are_what_the_file_holds():
    catalog = mi.load_catalog(ROOT / "examples" / "pipeline.yaml")
    study = mi.run_study(catalog, decisions=["accuracy-max"], k_max=8)
    held = json.loads(study.to_json())
    records = study.records()
    assert [record.to_dict() for record in records] == held
    assert [list(record.to_dict()) for record in records] == [list(row) for row in held]
    assert [ChoiceRecord.from_dict(row) for row in held] == records
    assert {record.of_pipeline for record in records} == {True, False}
    assert all(record.key.subject.startswith("pipeline ") == record.of_pipeline for record in records)


def test_a_baseline_is_known_by_its_name_of_today():
    record = ChoiceRecord("s", "m", "cost-only", "ok", 3)
    assert record.key == ("s", "m", "accuracy-within-cost")
    assert record.to_dict()["decision"] == "cost-only"
