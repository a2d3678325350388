// Mercurius as its documentation sets it up for production: JIT, loaders against N+1, no GraphiQL.
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

const [connectionString, port] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: 8 });

const schema = `
  type Query { supplyNotices(first: Int = 50, after: String, origin: String!): Connection! }
  type Connection { nodes: [SupplyNotice!]! }
  type SupplyNotice {
    key: ID!
    origin: String!
    kind: String!
    status: String!
    title: String!
    nativeStatus: String!
    legalFact: String!
    reasonText: String
    holder: Organization
    product: Product
  }
  type Organization { name: String! }
  type Product { name: String! ingredients(first: Int = 20): [Ingredient!]! }
  type Ingredient { nativeText: String! substance: Substance }
  type Substance { inn: String! }
`;

const NOTICES = `
  SELECT key, origin, kind, status, title, native_status AS "nativeStatus",
    legal_fact AS "legalFact", reason_text AS "reasonText", holder_key, product_key
  FROM peers.supply_notice WHERE origin = $1 AND key > $2 ORDER BY key LIMIT $3`;
const INGREDIENTS = `
  SELECT product_key, native_text AS "nativeText", substance_key
  FROM peers.ingredient WHERE product_key = ANY($1) ORDER BY key`;

// A named statement is prepared once a connection.
async function rows(name, text, values) {
  return (await pool.query({ name, text, values })).rows;
}

// One statement for all objects of a level, as loaders do.
function byKey(table, column, foreign) {
  const text = `SELECT key, ${column} FROM peers.${table} WHERE key = ANY($1)`;
  return async (queries) => {
    const keys = queries.map(({ obj }) => obj[foreign]);
    const found = new Map((await rows(table, text, [keys])).map((row) => [row.key, row]));
    return keys.map((key) => found.get(key) ?? null);
  };
}

async function ingredients(queries) {
  const keys = queries.map(({ obj }) => obj.key);
  const found = Map.groupBy(await rows("ingredients", INGREDIENTS, [keys]), (r) => r.product_key);
  return queries.map(({ obj, params }) => (found.get(obj.key) ?? []).slice(0, params.first));
}

const app = Fastify();
app.register(mercurius, {
  schema,
  jit: 1,
  graphiql: false,
  resolvers: {
    Query: {
      supplyNotices: async (_, { first, after, origin }) => ({
        nodes: await rows("notices", NOTICES, [origin, after ?? "", first]),
      }),
    },
  },
  loaders: {
    SupplyNotice: {
      holder: byKey("organization", "name", "holder_key"),
      product: byKey("product", "name", "product_key"),
    },
    Product: { ingredients },
    Ingredient: { substance: byKey("substance", "inn", "substance_key") },
  },
});
await app.listen({ port: Number(port), host: "127.0.0.1" });
