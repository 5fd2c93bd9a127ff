// Comfort alone: without script, tables keep their order, figures open and close, and details are opened by hand.
"use strict";

// Sort a table by a column: numbers by value, other text alphabetically, empty cells last.
function sortBy(table, column, descending) {
  const text = (row) => row.cells[column].textContent.trim();
  const plain = (row) => text(row).replace(/\u2212/g, "-").replace(/(\d),(?=\d{3})/g, "$1");
  const number = (row) => parseFloat(plain(row).replace(/^[^\d.+-]+/, ""));
  const rows = [...table.tBodies[0].rows];
  const filled = rows.filter((row) => text(row) !== "");
  const numeric = filled.length > 0 && filled.every((row) => !Number.isNaN(number(row)));
  const compare = numeric ? (a, b) => number(a) - number(b) : (a, b) => text(a).localeCompare(text(b), "en");
  filled.sort((a, b) => (descending ? compare(b, a) : compare(a, b)));
  table.tBodies[0].append(...filled, ...rows.filter((row) => text(row) === ""));
}

for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    button.title = "Sort by this column";
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      sortBy(table, column, descending);
    });
    head.append(button);
  });
}

// A link to a manifest opens it; Escape, and a second click on the picture, close an enlarged figure.
function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") target.open = true;
}
function closeFigure() {
  const figure = document.querySelector("figure:target");
  if (figure) location.hash = figure.parentElement.id;
  return figure !== null;
}
addEventListener("hashchange", openTarget);
addEventListener("keydown", (event) => event.key === "Escape" && closeFigure());
for (const link of document.querySelectorAll("a.enlarge")) {
  link.addEventListener("click", (event) => closeFigure() && event.preventDefault());
}
// On paper nothing is folded.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
openTarget();
