import polars as pl
import pytest

from federation.members.korea.dose_forms import (
    form_in_name,
    hira_form,
    hira_routes,
    named_form,
)


def read(name, group=None):
    stated = form_in_name(pl.lit(name), pl.lit(group, dtype=pl.String))
    form = named_form(stated, pl.lit(group, dtype=pl.String))
    return pl.select(stated.alias("stated"), form.alias("form")).row(0)


@pytest.mark.parametrize(
    ("name", "stated", "form"),
    [
        ("메이트정(탈니플루메이트)", "정", "TABLET"),
        ("아테노린정25밀리그램(아테놀롤)(수출용)", "정", "TABLET"),
        ("글리벡필름코팅정100밀리그램", "필름코팅정", "FILM_COATED_TABLET"),
        ("나시드캡슐150㎎(니자티딘)", "캡슐", "CAPSULE"),
        ("지오연질캡슐", "연질캡슐", "CAPSULE_SOFT"),
        ("아드릭신정주(약(이름)속)", "주", "INJECTION"),
        ("고나도핀주사액150IU/mL(인난포자극호르몬, 유전자재조합)", "주사액", "INJECTION"),
        ("클로목신건조시럽125mg/5mL", "건조시럽", "POWDER_FOR_SYRUP"),
        ("나졸크림_(15g/1개)", "크림", "CREAM"),
        ("카프릴정12.5밀리그람(캅토프릴)수출명;Captolong", "정", "TABLET"),
        ("앤지덤패취0.2밀리그람/시간", "패취", "TRANSDERMAL_PATCH"),
    ],
)
def test_a_name_ends_in_its_dose_form(name, stated, form):
    assert read(name) == (stated, form)


@pytest.mark.parametrize(
    ("name", "group", "form"),
    [
        ("하트만액", "331", "SOLUTION_FOR_INFUSION"),
        ("크리맥액(돔페리돈)", "239", "ORAL_LIQUID"),
        ("하이플포비돈요오드액", "261", "CUTANEOUS_LIQUID"),
        ("보스민액(에피네프린)", "245", "UNMAPPED"),
        ("카마졸질정(클로트리마졸)", "265", "VAGINAL_TABLET"),
        ("마스질정(클레마스틴푸마르산염)", "141", "UNMAPPED"),
        ("센시티브프로릴리프", "치약제", "TOOTHPASTE"),
    ],
)
def test_the_class_decides_where_the_ending_is_vague(name, group, form):
    assert read(name, group)[1] == form


@pytest.mark.parametrize(
    "name", ["원비디", "대한정제수", "엔토코트(부데소니드)", "킬파스프로그램", ""]
)
def test_a_name_that_ends_otherwise_states_no_dose_form(name):
    assert read(name) == (None, None)


@pytest.mark.parametrize(
    ("form", "route", "expected"),
    [
        ("정제,저작정", "내복", ("TABLET", ["ORAL"])),
        ("설하정", "내복", ("SUBLINGUAL_TABLET", ["SUBLINGUAL"])),
        ("주사제", "주사", ("INJECTION", ["PARENTERAL"])),
        ("점안제(점안액)", "외용", ("EYE_DROPS", ["OCULAR"])),
        ("구강정", "내복", ("UNMAPPED", ["ORAL"])),
        ("액제", "외용", ("UNMAPPED", ["UNMAPPED"])),
        ("새로운제형", "기타", ("UNMAPPED", ["UNMAPPED"])),
        (None, "외용", (None, ["UNMAPPED"])),
    ],
)
def test_a_form_of_hira_says_enough_with_its_route(form, route, expected):
    columns = (pl.lit(form, dtype=pl.String), pl.lit(route))
    found = pl.select(hira_form(*columns).alias("form"), hira_routes(*columns).alias("routes"))
    assert found.row(0) == expected
