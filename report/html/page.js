"use strict";
document.documentElement.classList.add("js");

// Tables sort by a click on a heading with data-sort: "text" or "number". A cell's data-v is what it sorts by, else its text.
const valueOf = (row, i) => row.cells[i].dataset.v ?? row.cells[i].textContent.trim();

function sortBy(th, descending) {
  const table = th.closest("table"), body = table.tBodies[0], i = th.cellIndex;
  const number = th.dataset.sort === "number";
  const compare = (a, b) => {
    const x = valueOf(a, i), y = valueOf(b, i);
    if ((x === "") !== (y === "")) return x === "" ? 1 : -1; // what is empty comes last, both ways
    const order = number ? Number(x) - Number(y) : x.localeCompare(y, "en", { numeric: true });
    return descending ? -order : order;
  };
  body.append(...[...body.rows].sort(compare)); // the sort is stable, so ties keep the order they had
  for (const other of th.parentNode.cells) other.removeAttribute("aria-sort");
  th.setAttribute("aria-sort", descending ? "descending" : "ascending");
}

for (const th of document.querySelectorAll("th[data-sort]")) {
  th.tabIndex = 0;
  const toggle = () => {
    sortBy(th, th.getAttribute("aria-sort") === "ascending");
    if (th.closest("#findings")) { filter(); remember(); }
  };
  th.addEventListener("click", toggle);
  th.addEventListener("keydown", (e) => {
    if (e.key === "Enter" || e.key === " ") { e.preventDefault(); toggle(); }
  });
}

// The findings are filtered by words and by attributes of their rows. What is chosen stands in the address, after
// #findings?, so that a view can be passed on.
const tools = document.getElementById("tools");
const rows = [...document.querySelectorAll("#findings tbody tr")];
const fields = tools ? [...tools.querySelectorAll("[name]")] : [];
const whole = document.getElementById("all");
let room = matchMedia("(max-width: 760px)").matches ? 25 : Infinity; // rows that are shown, until all are asked for
const sorted = () => document.querySelector("#findings th[aria-sort]");

function filter() {
  const words = tools.elements.q.value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = fields.filter((f) => f.name !== "q" && f.value !== "");
  let found = 0;
  for (const row of document.querySelectorAll("#findings tbody tr")) {
    row.text ??= row.textContent.toLowerCase();
    const fits = chosen.every((f) => row.dataset[f.name] === f.value) && words.every((w) => row.text.includes(w));
    if (fits) found++;
    row.hidden = !fits || found > room;
  }
  whole.hidden = found <= room;
  whole.textContent = `Show all ${found.toLocaleString("en")}`;
  const shown = Math.min(found, room).toLocaleString("en");
  document.getElementById("shown").textContent = `${shown} of ${rows.length.toLocaleString("en")} shown`;
}

function showAll() {
  room = Infinity;
  filter();
}

function remember() {
  const chosen = new URLSearchParams(fields.filter((f) => f.value !== "").map((f) => [f.name, f.value]));
  const th = sorted();
  if (th) chosen.set("sort", (th.getAttribute("aria-sort") === "descending" ? "-" : "") + th.id.slice("by-".length));
  history.replaceState(null, "", chosen.size ? `#findings?${chosen}` : "#findings");
}

function recall() {
  const [place, query] = location.hash.slice(1).split("?", 2);
  if (place !== "findings" || query === undefined) return;
  const chosen = new URLSearchParams(query);
  for (const f of fields) f.value = chosen.get(f.name) ?? "";
  const sort = chosen.get("sort") ?? "";
  const th = document.getElementById("by-" + sort.replace(/^-/, ""));
  if (th) sortBy(th, sort.startsWith("-"));
  filter();
  document.getElementById("findings").scrollIntoView();
}

if (tools) {
  tools.addEventListener("input", () => { filter(); remember(); });
  tools.addEventListener("reset", () => setTimeout(() => { filter(); remember(); }));
  tools.addEventListener("submit", (e) => e.preventDefault());
  whole.addEventListener("click", showAll);
  filter();
  recall();
  addEventListener("hashchange", recall);
}

// On paper every contract is unfolded, every rule and every finding there.
addEventListener("beforeprint", () => {
  if (tools) showAll();
  for (const d of document.querySelectorAll("details.contract:not([open]), details.fold:not([open])")) {
    d.open = true;
    d.dataset.folded = "";
  }
});
addEventListener("afterprint", () => {
  for (const d of document.querySelectorAll("details[data-folded]")) { d.open = false; delete d.dataset.folded; }
});

// An address may name a row or a contract: it is shown and unfolded.
function unfold() {
  const target = document.getElementById(location.hash.slice(1));
  if (!target || !target.matches("tr[id], details[id]")) return;
  target.hidden = false;
  const folded = target.matches("details") ? target : target.querySelector("details");
  if (folded) folded.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", unfold);
unfold();
