import time
def frag_bomb(n, fan=2):
    parts = ["query { supplyNotices { nodes { ...F0 } } }"]
    for i in range(n):
        parts.append("fragment F%d on SupplyNotice { %s }" % (i, " ".join("...F%d" % (i+1) for _ in range(fan))))
    parts.append("fragment F%d on SupplyNotice { key }" % n)
    return "\n".join(parts)
DOCS = {
 "empty nodes": "{ supplyNotices(first: 2) { nodes { title @skip(if: true) } } }",
 "empty conn": "{ supplyNotices(first: 2) { nodes @skip(if: true) { title } } }",
 "empty edges": "{ supplyNotices(first: 2) { edges { node @skip(if: true) { title } } } }",
 "empty pageinfo": "{ supplyNotices(first: 2) { pageInfo { endCursor @skip(if: true) } } }",
 "empty partial": "{ supplyNotices(first: 2) { nodes { startsOn { text @skip(if:true)} product { key @skip(if:true) } } } }",
 "nul node": r'{ node(id: "KR.Product.\u0000") { id } }',
 "nul filter": r'{ supplyNotices(filter: {title: {eq: "\u0000"}}) { totalCount } }',
 "sibling": '{ me { client } supplyNotices(first: 0) { totalCount } products { totalCount } }',
 "dec nan": '{ stockReports(filter: {quantity: {gt: "NaN"}}) { totalCount } }',
 "dec snan": '{ stockReports(filter: {quantity: {gt: "sNaN"}}) { totalCount } }',
 "dec big": '{ stockReports(filter: {quantity: {gt: "1e1000000"}}) { totalCount } }',
 "dec bad": '{ stockReports(filter: {quantity: {gt: "abc"}}) { totalCount } }',
 "date naive": '{ supplyNotices(asOf: "2026-11-01T00:00:00") { totalCount } }',
 "date bad": '{ supplyNotices(asOf: "nope") { totalCount } }',
 "date far": '{ supplyNotices(asOf: "9999-12-31T23:59:59-12:00") { totalCount } }',
 "cur": '{ supplyNotices(after: "AAAA") { totalCount } }',
 "cur nonascii": '{ supplyNotices(after: "é") { totalCount } }',
 "changes dup": '{ changes(types: ["Product","Product"], first: 3) { nodes { seq key } } }',
 "changes none": '{ changes(types: []) { nodes { seq key } } }',
 "changes bad": '{ changes(types: ["X"]) { nodes { seq key } } }',
 "unknown frag": '{ me { ...Nope } }',
 "cycle": '{ me { ...A } } fragment A on Me { ...A }',
 "intro deep": '{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }',
 "frag bomb 16": frag_bomb(16),
 "wide same": "{ " + "me { client } " * 400 + "}",
 "wide same leaf": "{ me { " + "client " * 1900 + "} }",
 "aliases": "{ " + " ".join("a%d: me { client }" % i for i in range(61)) + "}",
 "tokens": "{ me { " + "client " * 2500 + "} }",
 "depth": "{ supplyNotices { nodes { product { supplyNotices { product { supplyNotices { product { supplyNotices { product { supplyNotices { product { supplyNotices { key } } } } } } } } } } } } }",
 "skip flood": "{ me { client " + "@skip(if: false) " * 60 + "} }",
 "sub": "subscription { x }",
 "mut": "mutation { x }",
 "two ops": "query A { me { client } } query B { me { member } }",
 "empty": "",
 "long alias": "{ supplyNotices { " + "a"*64 + ": nodes { key } } }",
 "long alias root": "{ " + "a"*64 + ": supplyNotices { nodes { key } } }",
 "list huge": "{ supplyNotices(filter: {key: {in: [%s]}}) { totalCount } }" % ",".join('"k%d"' % i for i in range(1900)),
 "offset": '{ supplyNotices(after: 3) { totalCount } }',
 "deferred": '{ me { ... @defer { client } } }',
}
async def test_it(hub):
    for name, d in DOCS.items():
        t = time.perf_counter()
        r = await hub.post(d)
        dt = (time.perf_counter() - t)*1000
        print(f"{name:16} {r.status_code} {dt:8.1f} ms {r.text[:420]}")
