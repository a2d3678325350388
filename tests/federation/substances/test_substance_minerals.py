import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.substances.minerals import english_names
from federation.substances.normalise import key


@pytest.mark.parametrize(
    ("native", "english"),
    [
        ("염화칼슘", "calcium chloride"),
        ("침강탄산칼슘", "calcium carbonate"),
        ("탄산수소나트륨", "sodium bicarbonate"),
        ("塩化カルシウム水和物", "calcium chloride"),
        ("酸化亜鉛", "zinc oxide"),
        ("過酸化ベンゾイル", "benzoyl peroxide"),
        ("Calciumchlorid", "calcium chloride"),
        ("CHLORURE DE SODIUM", "sodium chloride"),
        ("붕산", "boric acid"),
        ("염산", "hydrochloric acid"),
        ("酒石酸", "tartaric acid"),
        ("乾燥酵母", "yeast"),
        ("무수유당", "lactose"),
    ],
)
def test_a_simple_name_is_put_into_english_by_its_parts(native, english):
    assert key(english) in english_names(key(native))


@pytest.mark.parametrize("text", ["", "나트륨", "アムロジピン", "amlodipine besilate", "산화"])
def test_what_is_not_wholly_such_a_name_has_no_english_name(text):
    assert english_names(key(text)) == ()


@given(st.text("염화칼슘산나트륨이수소物塩酸de", max_size=47))
def test_any_text_of_its_letters_is_answered_without_failing(text):
    assert isinstance(english_names(text), tuple)
