"""The products subgraph of Apollo's tests, made by the hub's schema builder and HTTP layer.

What it holds, the tests state. Everybody may ask: there is no token in those tests.
"""

from typing import Any

import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry import federation
from strawberry.schema.config import StrawberryConfig
from strawberry.schema_directive import Location

from hub.gateway.edge.endpoint import GraphQLEndpoint
from hub.gateway.subgraph import schema as subgraph
from hub.identity.authentication import Admission
from hub.identity.types import Purpose
from tests.hub.gateway.serving import caller_of


@federation.schema_directive(
    locations=[Location.OBJECT],
    name="custom",
    compose=True,
    import_url="https://myspecs.dev/myCustomDirective/v1.0",
)
class Custom:
    pass


@federation.type(shareable=True)
class ProductDimension:
    size: str | None
    weight: float | None
    unit: str | None = federation.field(inaccessible=True)


@strawberry.type
class ProductVariation:
    id: strawberry.ID


@strawberry.type
class CaseStudy:
    case_number: strawberry.ID
    description: str | None


@federation.type(keys=["study { caseNumber }"])
class ProductResearch:
    study: CaseStudy
    outcome: str | None

    @classmethod
    def resolve_reference(cls, study: dict[str, Any]) -> "ProductResearch | None":
        return next((one for one in RESEARCH if one.study.case_number == study["caseNumber"]), None)


@federation.type(keys=["email"], extend=True)
class User:
    email: strawberry.ID = federation.field(external=True)
    total_products_created: int | None = federation.field(external=True)
    years_of_employment: int = federation.field(external=True)
    name: str | None = federation.field(override="users", default="Jane Smith")

    @federation.field(requires=["totalProductsCreated", "yearsOfEmployment"])
    def average_products_created_per_year(self) -> int | None:
        if self.total_products_created is None:
            return None
        return round(self.total_products_created / self.years_of_employment)

    @classmethod
    def resolve_reference(cls, **given: Any) -> "User | None":
        if given["email"] != USER.email:
            return None
        return cls(
            email=given["email"],
            total_products_created=given.get("totalProductsCreated"),
            years_of_employment=given.get("yearsOfEmployment", USER.years_of_employment),
        )


@federation.type(keys=["sku package"])
class DeprecatedProduct:
    sku: str
    package: str
    reason: str | None
    created_by: User | None

    @classmethod
    def resolve_reference(cls, sku: str, package: str) -> "DeprecatedProduct | None":
        return DEPRECATED if (sku, package) == (DEPRECATED.sku, DEPRECATED.package) else None


@federation.interface_object(keys=["id"])
class Inventory:
    id: strawberry.ID
    deprecated_products: list[DeprecatedProduct]

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> "Inventory":  # noqa: A002 - the key's name
        return cls(id=id, deprecated_products=[DEPRECATED])


@federation.type(
    directives=[Custom()],
    keys=["id", "sku package", "sku variation { id }"],
)
class Product:
    id: strawberry.ID
    sku: str | None
    package: str | None
    variation: ProductVariation | None
    dimensions: ProductDimension | None
    research: list[ProductResearch]
    created_by: User | None = federation.field(provides=["totalProductsCreated"])
    notes: str | None = federation.field(tags=["internal"])

    @classmethod
    def resolve_reference(cls, **given: Any) -> "Product | None":
        return next((one for one in PRODUCTS if one.is_named(given)), None)

    def is_named(self, given: dict[str, Any]) -> bool:
        if "id" in given:
            return self.id == given["id"]
        if "package" in given:
            return (self.sku, self.package) == (given["sku"], given["package"])
        return (self.sku, self.variation.id) == (given["sku"], given["variation"]["id"])


USER = User(
    email=strawberry.ID("support@apollographql.com"),
    total_products_created=1337,
    years_of_employment=10,
)
DEPRECATED = DeprecatedProduct(
    sku="apollo-federation-v1",
    package="@apollo/federation-v1",
    reason="Migrate to Federation V2",
    created_by=USER,
)
RESEARCH = [
    ProductResearch(
        study=CaseStudy(case_number=strawberry.ID(number), description=name), outcome=None
    )
    for number, name in (("1234", "Federation Study"), ("1235", "Studio Study"))
]
PRODUCTS = [
    Product(
        id=strawberry.ID(f"apollo-{sku}"),
        sku=sku,
        package=package,
        variation=ProductVariation(id=strawberry.ID(variation)),
        dimensions=ProductDimension(size="small", weight=1, unit="kg"),
        research=[research],
        created_by=USER,
        notes=None,
    )
    for sku, package, variation, research in (
        ("federation", "@apollo/federation", "OSS", RESEARCH[0]),
        ("studio", "", "platform", RESEARCH[1]),
    )
]


@strawberry.type
class Query:
    @strawberry.field
    def product(self, id: strawberry.ID) -> Product | None:  # noqa: A002 - the argument's name
        return Product.resolve_reference(id=id)

    @strawberry.field(deprecation_reason="Use product query instead")
    def deprecated_product(self, sku: str, package: str) -> DeprecatedProduct | None:
        return DeprecatedProduct.resolve_reference(sku, package)

    _service = subgraph.service_query()["_service"]


class _Everybody:
    """Lets everybody in."""

    async def admit(self, _: Any) -> Admission:
        caller = caller_of("us-fda", Purpose.EXERCISE)

        async def again():
            return caller

        return Admission(caller, again)

    def headers(self, _: Any) -> dict[str, str]:
        return {}


class _Nothing:
    """Decides nothing: there is no record."""

    digest = class_key = "nothing"


async def _undisclosed(*_: Any) -> None:
    """Keep no record of what was shown."""


def products_app() -> Starlette:
    schema = subgraph.SubgraphSchema(
        query=Query,
        types=[Product, DeprecatedProduct, ProductResearch, User, Inventory],
        config=StrawberryConfig(scalar_map=subgraph.SCALARS),
        federation_version="2.3",
    )
    endpoint = GraphQLEndpoint(
        schema,
        _Everybody(),
        lambda _: _Nothing(),
        None,
        _undisclosed,
        changes=None,
        desks=None,
    )
    return Starlette(routes=[Route("/", endpoint.answer, methods=["POST"])])
