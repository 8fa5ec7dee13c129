/**
 * What runs in the page: the table that sorts and searches, and the map. Plain JavaScript without a library, as the page must
 * work from a file.
 */
export const pageScript = `
const data = JSON.parse(document.getElementById("sites").textContent);
const columns = ["kind", "address", "section", "isa", "bytes", "text", "symbol", "key", "verdicts", "findings"];
const shown = 500;
const hex = (n) => "0x" + n.toString(16).padStart(8, "0");
const show = (value, column) => value === null ? "" : column === 1 ? hex(value) : String(value);
for (const row of data) row.search = row.map(show).join(" ").toLowerCase();
let order = { column: 1, down: false };
const body = document.querySelector("#table tbody");
const find = document.getElementById("find");
function draw() {
  const words = find.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const rows = data.filter((row) => words.every((word) => row.search.includes(word)));
  const { column, down } = order;
  rows.sort((a, b) => {
    const [x, y] = [a[column] ?? "", b[column] ?? ""];
    return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
  });
  body.replaceChildren(...rows.slice(0, shown).map((row) => {
    const line = document.createElement("tr");
    row.slice(0, columns.length).forEach((value, i) => {
      const cell = document.createElement("td");
      cell.textContent = show(value, i);
      line.append(cell);
    });
    return line;
  }));
  const more = rows.length > shown ? ", the first " + shown + " shown" : "";
  document.getElementById("count").textContent = rows.length.toLocaleString("en") + " sites" + more;
}
document.querySelectorAll("#table th").forEach((head, i) => {
  head.addEventListener("click", () => {
    order = { column: i, down: order.column === i && !order.down };
    document.querySelectorAll("#table th").forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
    draw();
  });
});
find.addEventListener("input", draw);
document.querySelectorAll("#map rect").forEach((part) => {
  part.addEventListener("click", () => { find.value = part.dataset.section; draw(); });
});
draw();
`;
