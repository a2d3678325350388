"use strict";

const QUESTION = `# What is short, and who answers for it
query WhatIsShort {
  supplyNotices(
    first: 10
    filter: {status: {eq: ONGOING}}
  ) {
    totalCount
    nodes {
      origin
      title
      availability
      reasonText
      holder { name country }
      product {
        name
        ingredients { substance { inn } }
      }
    }
  }
}
`;

const HEADERS = JSON.stringify({ Authorization: "Bearer PASTE_YOUR_TOKEN_HERE" }, null, 2);

// GraphiQL's history keeps each question's headers, whatever `shouldPersistHeaders` says: the token
// would stay on the machine.
const storage = GraphiQL.createLocalStorage({ namespace: "hub" });
const { setItem } = storage;
storage.setItem = (key, value) =>
  setItem(key, /:(queries|favorites)$/.test(key) ? withoutToken(value) : value);

function withoutToken(history) {
  const kept = (name, value) => (name === "headers" ? HEADERS : value);
  return JSON.stringify(JSON.parse(history), kept);
}

// The schema is public, so that one may read and write questions before one has a token.
async function schema() {
  const answer = await fetch("/schema.graphql");
  if (!answer.ok) throw new Error(`the hub answers ${answer.status}`);
  return GraphiQL.GraphQL.buildSchema(await answer.text());
}

// Without an answer the page goes on, for whoever has a token.
async function session() {
  const answer = await fetch("/session");
  return answer.ok ? answer.json() : { person: null };
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// A purpose is on record with every answer: whoever may state several chooses one.
function purposeChoice(purposes) {
  const options = purposes.map((purpose) => element("option", { value: purpose }, purpose));
  if (options.length > 1) options.unshift(element("option", { value: "" }, "choose a purpose"));
  return element("select", { title: "What you ask for" }, ...options);
}

function signOutButton(csrf) {
  const button = element("button", {}, "Sign out");
  button.onclick = async () => {
    await fetch("/sign-out", { method: "POST", headers: { "Hub-CSRF": csrf } });
    location.reload();
  };
  return button;
}

// Says who is signed in, and gives a fetch that asks in their session.
function showPerson({ person, csrf }) {
  const who = `${person.subject}, ${person.organisation} (${person.member})`;
  const purpose = purposeChoice(person.purposes);
  document.getElementById("session").append(who, purpose, signOutButton(csrf));
  document.getElementById("hint").textContent =
    "You see what the owners’ agreements open to you for the purpose you choose; every answer is " +
    "on record. A token under Headers goes before your session.";
  return (url, init) => {
    const headers = new Headers(init.headers);
    if (headers.has("Authorization")) return fetch(url, init);
    headers.set("Hub-CSRF", csrf);
    if (purpose.value && !headers.has("Hub-Purpose")) headers.set("Hub-Purpose", purpose.value);
    return fetch(url, { ...init, headers });
  };
}

function showSignIn({ canSignIn }) {
  const link = element("a", { href: "/sign-in" }, "Sign in");
  if (canSignIn) document.getElementById("session").append(link);
}

async function open(place) {
  const found = await session();
  const ask = found.person ? showPerson(found) : fetch;
  if (!found.person) showSignIn(found);
  const editor = React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: "/graphql", fetch: ask }),
    schema: await schema(),
    storage,
    defaultQuery: QUESTION,
    defaultHeaders: found.person ? undefined : HEADERS,
    shouldPersistHeaders: false,
  });
  ReactDOM.createRoot(place).render(editor);
}

const place = document.getElementById("graphiql");
open(place).catch((error) => {
  place.textContent = `The query editor did not open (${error.message}): reload the page.`;
});
