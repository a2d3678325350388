"""GraphQL's own rules, where PostgreSQL makes the JSON and graphql-core checks none of it."""

import pytest

from federation.records.registry import RECORD_TYPES
from hub.gateway.planning.naming import camel
from tests.hub.gateway.serving import WORLD

[FIRST, SECOND, *_] = sorted(row["key"] for row in WORLD.current("Product"))


async def products(hub, selections, **asking):
    data = await hub.data(f"{{ products(first: 2) {{ {selections} }} }}", **asking)
    return data["products"]


async def test_fields_asked_twice_are_merged_at_every_level(hub):
    data = await hub.data(
        "{ products(first: 1) { nodes { key holder { key } } } "
        "products(first: 1) { nodes { origin key holder { origin } } } }"
    )
    [node] = data["products"]["nodes"]
    assert list(node) == ["key", "holder", "origin"]
    assert node["holder"] is None or list(node["holder"]) == ["key", "origin"]


async def test_one_list_under_two_aliases_has_two_selections(hub):
    found = await products(hub, "a: nodes { key } b: nodes { origin } edges { node { key } }")
    assert found["a"] == [{"key": FIRST}, {"key": SECOND}]
    assert [list(node) for node in found["b"]] == [["origin"], ["origin"]]
    assert found["edges"] == [{"node": {"key": FIRST}}, {"node": {"key": SECOND}}]


async def test_one_node_of_an_edge_under_two_aliases(hub):
    found = await products(hub, "edges { x: node { key } cursor y: node { holder { key } } }")
    assert [list(edge) for edge in found["edges"]] == [["x", "cursor", "y"]] * 2
    assert [edge["x"]["key"] for edge in found["edges"]] == [FIRST, SECOND]


@pytest.mark.parametrize(
    "fragments",
    [
        "... on Product { key } ... { origin }",
        "... on Node { ... on Product { key origin } }",
        "...P",
        "...P ...P key",
        "... @include(if: true) { ...P } ... @skip(if: true) { name }",
    ],
)
async def test_fragments_select_as_if_written_out(hub, fragments):
    answer = await hub.ask(
        f"{{ products(first: 2) {{ nodes {{ {fragments} }} }} }}"
        + ("fragment P on Product { key origin }" if "...P" in fragments else "")
    )
    nodes = answer["data"]["products"]["nodes"]
    assert [node["key"] for node in nodes] == [FIRST, SECOND]
    assert [set(node) for node in nodes] == [{"key", "origin"}] * 2


async def test_fragments_on_the_connection_and_its_parts(hub):
    found = await hub.data(
        "{ products(first: 1) { ...C } }"
        "fragment C on ProductConnection { pageInfo { ...I } edges { ...E } }"
        "fragment I on PageInfo { hasNextPage } fragment E on ProductEdge { node { key } }"
    )
    assert found["products"] == {
        "pageInfo": {"hasNextPage": True},
        "edges": [{"node": {"key": FIRST}}],
    }


@pytest.mark.parametrize("shown", [True, False])
async def test_skip_and_include_take_variables_at_every_level(hub, shown):
    found = await hub.data(
        """query ($yes: Boolean!, $no: Boolean!) {
          products(first: 1) @include(if: true) {
            totalCount @include(if: $yes)
            pageInfo @skip(if: $no) { endCursor hasNextPage @include(if: $yes) }
            edges { cursor @skip(if: $no) node { key } }
            nodes {
              key
              name @include(if: $yes)
              authorisedOn @skip(if: $no) { text precision @include(if: $yes) }
              holder @include(if: $yes) { key }
              ingredients @skip(if: $no) { key }
            }
          }
          packages @include(if: $yes) { totalCount }
        }""",
        variables={"yes": shown, "no": not shown},
    )
    [node] = found["products"]["nodes"]
    assert ("packages" in found) is shown
    assert ("totalCount" in found["products"]) is shown
    assert ("pageInfo" in found["products"]) is shown
    assert set(found["products"]["edges"][0]) == ({"node", "cursor"} if shown else {"node"})
    rest = {"name", "authorisedOn", "holder", "ingredients"} if shown else set()
    assert set(node) == {"key"} | rest


async def test_a_selection_that_is_all_skipped_is_an_empty_object(hub):
    found = await products(
        hub,
        "nodes { key @skip(if: true) } pageInfo { hasNextPage @skip(if: true) } "
        "edges { node @skip(if: true) { key } } ",
    )
    assert found == {"nodes": [{}, {}], "pageInfo": {}, "edges": [{}, {}]}


async def test_typename_is_told_everywhere(hub):
    data = await hub.data(
        """{ __typename
          notices: supplyNotices(first: 500, filter: {startsOn: {isNull: false}}) {
            __typename pageInfo { __typename }
            edges { __typename cursor node { t: __typename startsOn { __typename } } } }
          products(first: 500) { nodes { holder { __typename } ingredients { __typename } } }
          me { __typename } }"""
    )
    assert data["__typename"] == "Query"
    notices = data["notices"]
    assert notices["__typename"] == "SupplyNoticeConnection"
    assert notices["pageInfo"] == {"__typename": "PageInfo"}
    assert {edge["__typename"] for edge in notices["edges"]} == {"SupplyNoticeEdge"}
    assert {edge["node"]["t"] for edge in notices["edges"]} == {"SupplyNotice"}
    dates = {edge["node"]["startsOn"]["__typename"] for edge in notices["edges"]}
    assert dates == {"PartialDate"}
    nodes = data["products"]["nodes"]
    assert {"__typename": "Organization"} in [node["holder"] for node in nodes]
    assert {"__typename": "Ingredient"} in [one for node in nodes for one in node["ingredients"]]
    assert data["me"] == {"__typename": "Me"}


async def test_node_finds_a_record_of_every_type(hub):
    for name in RECORD_TYPES:
        key = WORLD.current(name)[0]["key"]
        other = "Package" if name != "Package" else "Product"
        data = await hub.data(
            f"query ($id: ID!) {{ node(id: $id) {{ __typename id ... on {name} {{ key }} }} "
            f"other: node(id: $id) {{ ... on Node {{ id }} ... on {other} {{ key }} }} }}",
            variables={"id": key},
        )
        assert data["node"] == {"__typename": name, "id": key, "key": key}
        assert data["other"] == {"id": key}


@pytest.mark.parametrize(
    "key", ["", "KR", "KR.Product", "KR.Nothing.1", "KR.Product.none", "..", "\u2028", FIRST + " "]
)
async def test_node_without_a_record_is_null(hub, key):
    asked = "query ($id: ID!) { node(id: $id) { id } }"
    assert await hub.data(asked, variables={"id": key}) == {"node": None}


async def test_one_document_asks_every_root_field_at_once(hub):
    roots = " ".join(f"{camel(t.plural)} {{ totalCount }}" for t in RECORD_TYPES.values())
    data = await hub.data(f'{{ me {{ client }} {roots} node(id: "{FIRST}") {{ id }} }}')
    assert data["me"] == {"client": "kr-mfds"}
    assert data["node"] == {"id": FIRST}
    for name, record_type in RECORD_TYPES.items():
        assert data[camel(record_type.plural)] == {"totalCount": len(WORLD.current(name))}


@pytest.mark.parametrize(
    ("variables", "count"), [({}, 2), ({"n": 3}, 3), ({"n": 3, "unused": 1}, 3)]
)
async def test_variables_have_defaults(hub, variables, count):
    asked = "query ($n: Int! = 2) { products(first: $n) { nodes { key } } }"
    data = await hub.data(asked, variables=variables)
    assert len(data["products"]["nodes"]) == count


async def test_variables_reach_nested_arguments_and_input_objects(hub):
    data = await hub.data(
        """query ($n: Int!, $origins: [Origin!], $by: [ProductOrder!]) {
          products(first: 500, filter: {origin: {in: $origins}}, orderBy: $by) {
            nodes { key origin ingredients(first: $n) { key } } } }""",
        variables={
            "n": 1,
            "origins": ["KR", "US"],
            "by": [{"field": "ORIGIN", "direction": "DESC"}],
        },
    )
    nodes = data["products"]["nodes"]
    origins = [node["origin"] for node in nodes]
    assert origins == sorted(origins, reverse=True)
    assert set(origins) == {"KR", "US"}
    assert max(len(node["ingredients"]) for node in nodes) == 1


async def test_the_named_operation_runs(hub):
    document = "query A { me { client } } query B { products(first: 1) { nodes { key } } }"
    assert await hub.data(document, operationName="A") == {"me": {"client": "kr-mfds"}}
    assert "products" in await hub.data(document, operationName="B")


@pytest.mark.parametrize("name", [None, "", "C"])
async def test_an_operation_that_is_not_named_rightly_is_refused(hub, name):
    document = "query A { me { client } } query B { me { member } }"
    answer = await hub.ask(document, operationName=name)
    assert "data" not in answer
    assert "operation" in answer["errors"][0]["message"]


async def test_a_failing_field_leaves_its_siblings_alone(hub):
    answer = await hub.ask(
        """{ before: products(first: 1) { nodes { key } }
          bad: products(first: 501) { totalCount }
          worse: packages(after: "nonsense") { totalCount }
          me { client }
          after: products(first: 1) { nodes { key } } }"""
    )
    assert answer["data"] == {
        "before": {"nodes": [{"key": FIRST}]},
        "bad": None,
        "worse": None,
        "me": {"client": "kr-mfds"},
        "after": {"nodes": [{"key": FIRST}]},
    }
    failed = {(*error["path"], error["extensions"]["code"]) for error in answer["errors"]}
    assert failed == {("bad", "PAGE_SIZE"), ("worse", "BAD_CURSOR")}


async def test_introspection_works_for_a_caller(hub):
    data = await hub.data('{ __schema { queryType { name } } __type(name: "Product") { kind } }')
    assert data == {"__schema": {"queryType": {"name": "Query"}}, "__type": {"kind": "OBJECT"}}


async def test_the_answer_keeps_the_order_of_the_question(hub):
    answer = await hub.post("{ me { client } b: products { totalCount } a: me { member } }")
    assert list(answer.json()["data"]) == ["me", "b", "a"]
    assert list(answer.json()) == ["data", "extensions"]
