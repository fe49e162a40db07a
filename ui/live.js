// Renews what a page shows, as often as the page asks for, while somebody looks at it.
// A part of the page is a child of main with an id; those that did not change stay.
let tag = "";

function put(part, other) {
  const open = [...part.querySelectorAll("details[open]")].map((d) => d.id);
  const left = [...part.querySelectorAll(".scroll")].map((s) => s.scrollLeft);
  part.replaceWith(other);
  for (const d of other.querySelectorAll("details")) d.open = open.includes(d.id) || d.open;
  other.querySelectorAll(".scroll").forEach((s, i) => { s.scrollLeft = left[i] ?? 0; });
}

function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = document.querySelector("main"), other = page.querySelector("main");
  const ids = (m) => [...m.children].map((part) => part.id).join();
  document.title = page.title;
  main.dataset.live = other.dataset.live ?? "";
  if (ids(main) !== ids(other)) return put(main, other);
  [...main.children].forEach((part, i) => {
    const news = other.querySelector("#" + part.id);
    if (part.outerHTML !== news.outerHTML) put(part, news);
  });
}

async function renew() {
  try {
    const answer = await fetch(location.href, { headers: tag ? { "If-None-Match": tag } : {}, redirect: "error" });
    if (answer.status !== 304 && !answer.ok) throw new Error(answer.status);
    if (answer.ok) show(await answer.text());
    tag = answer.headers.get("ETag") ?? tag;
    document.body.classList.remove("late");
  } catch {
    document.body.classList.add("late");
  }
}

async function watch() {
  for (let pause; (pause = Number(document.querySelector("main").dataset.live)); ) {
    await new Promise((over) => setTimeout(over, pause));
    if (!document.hidden) await renew();
  }
}

watch();
