// Everything about one node, beside the picture; or, where none is chosen, what the picture shows.

function html(name, attributes = {}, ...children) {
  const it = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) it.setAttribute(key, value);
  it.append(...children);
  return it;
}

const KINDS = [
  ["op", "operation"], ["variable", "variable"], ["input", "input"], ["parameter", "parameter, trained"],
  ["read", "memory read"], ["written", "memory written"], ["constant", "constant"], ["output", "output"], ["layer", "layer, folded"],
  ["backward", "rules of an operation, backward"], ["gradient", "gradient"], ["saved", "value saved before"],
];
const STATUSES = [["added", "added"], ["removed", "removed"], ["changed", "changed"], ["failed", "failed: it raised the error"]];
const KEYS = ([before, on]) => [
  ["Click", "what a box holds; a layer unfolds, its title folds it"], ["/", "search; Enter goes through what was found"],
  ["Tab", "along the tape"], [before, "to an operand, to a user"], [on, "back and on along the tape"],
  ["Enter", "open a box"], ["Esc", "close it"], ["+ − 0", "zoom; show everything"], ["F U", "fold, unfold all layers"],
];

class Panel {
  constructor(graph, choose) {
    this.graph = graph;
    this.choose = choose;
    this.it = document.getElementById("panel");
    this.below = document.getElementById("legend");
    this.below.hidden = !graph.legend;
    if (graph.legend) this.below.append(...this.legend());
    this.about();
  }

  about() {
    const { nodes, clusters, note, legend, sideways } = this.graph;
    const operations = nodes.filter((node) => node.kind === "op").length;
    const layers = clusters.filter((it) => !isFrame(it) && (it.parent < 0 || isFrame(clusters[it.parent]))).length;
    const parameters = nodes.filter((node) => node.kind === "parameter").length;
    const counts = [
      operations && counted(operations, "operation"), layers && counted(layers, "layer"),
      parameters && counted(parameters, "parameter array"),
    ];
    const start = counts.some(Boolean) ? `${counts.filter(Boolean).join(", ")}. ` : "";
    this.fill("about",
      html("h2", {}, "What is what"),
      html("p", {}, `${start}Values flow ${sideways ? "to the right" : "down"}, from the inputs to the output. `
        + "Point at a box, or tap it: what it was computed from lights up, and what it goes into."),
      note ? html("p", { class: "note" }, note) : "",
      legend ? "" : html("ul", { class: "legend" }, ...this.legend()),
      html("ul", { class: "legend" }, html("li", { class: "before" }, "what it is computed from"), html("li", { class: "after" }, "what it goes into"),
        this.graph.edges.some((edge) => edge.saved) ? html("li", { class: "used" }, "used in the backward pass") : ""),
      html("h3", { class: "keys" }, "Keys"),
      table("keys", KEYS(sideways ? ["← →", "↑ ↓"] : ["↑ ↓", "← →"])),
      this.list());
  }

  // What shapes and colours mean, of those that there are; where two graphs are one, what became of
  // the first.
  legend() {
    const { nodes, edges, clusters, fill } = this.graph;
    const is = (key, wanted) => nodes.some((node) => node[key] === wanted);
    return [
      ...KINDS.filter(([kind]) => is("kind", kind) || (kind === "layer" && clusters.some((it) => !isFrame(it)))),
      ...STATUSES.filter(([status]) => is("status", status)),
      ...(edges.some(({ label }) => label) ? [["back", "the gradient that comes back along a line"]] : []),
      ...(edges.some(({ asked }) => asked) ? [["asked", "the path asked for"]] : []),
      ...(fill ? [["fill", fill]] : []),
    ].map(([kind, says]) => html("li", { class: kind }, says));
  }

  // The graph without a picture; made when asked for.
  list() {
    const details = html("details", { id: "list" }, html("summary", {}, "All nodes as a list"));
    details.addEventListener("toggle", () => {
      if (details.open && !details.querySelector("ol")) details.append(html("ol", {}, ...this.graph.nodes.map((node) => html("li", {}, this.link(node)))));
    });
    return details;
  }

  link(node, port = "", back = "") {
    const it = html("button", { class: `link ${node.kind}` }, html("b", {}, node.label));
    if (node.name) it.append(" ", html("span", {}, node.name));
    const home = layerNames(this.graph, node).join(" / ");
    it.append(" ", html("small", {}, [port && `as ${port}`, sizeOf(node), home && `in ${home}`, back && `gradient ${back}`].filter(Boolean).join(" · ")));
    it.addEventListener("click", () => this.choose(node.id));
    return it;
  }

  node(place) {
    const node = this.graph.nodes[place];
    const layer = layerNames(this.graph, node).join(" / ");
    const details = ["layer", "operations"].includes(node.kind) ? "holds" : "arguments";
    const facts = [["status", node.status], ["name", node.name], [details, node.detail], ["shape", node.shape], ["dtype", node.dtype], ["layer", layer], ...node.facts];
    const said = new Set();
    const kept = facts.filter(([label, text]) => text && !said.has(label) && said.add(label));
    this.fill("node",
      this.head(KINDS.find(([kind]) => kind === node.kind)?.[1] ?? node.kind, node.label, node.kind),
      table("facts", kept),
      node.heat ? heatMap(node.heat) : "",
      ...this.links("Computed from", node.operands.map((edge) => [this.graph.nodes[edge.tail], edge.port, edge.label])),
      ...this.links("Used by", node.users.map((edge) => [this.graph.nodes[edge.head], edge.port, edge.label])));
  }

  layer(place) {
    const cluster = this.graph.clusters[place];
    const { operations, size } = summary(this.graph, cluster);
    const inside = new Set(cluster.members);
    const parameters = cluster.members.map((it) => this.graph.nodes[it]).filter((node) => node.kind === "parameter");
    const crossing = (side, end) => {
      const ends = cluster.members.flatMap((it) => this.graph.nodes[it][side].map((edge) => edge[end]));
      return [...new Set(ends)].filter((it) => !inside.has(it)).map((it) => [this.graph.nodes[it], ""]);
    };
    this.fill("layer",
      this.head(isFrame(cluster) ? cluster.kind : "layer", cluster.label, "layer"),
      table("facts", [["class", cluster.kind], ["result", size], ["operations", operations.length.toLocaleString("en")], ["FLOPs", total(operations, "FLOPs")]].filter(([, text]) => text)),
      ...this.links("Parameters", parameters.map((it) => [it, ""])),
      ...this.links("Takes", crossing("operands", "tail")),
      ...this.links("Used by", crossing("users", "head")),
      ...this.links("Operations", operations.map((it) => [it, ""])));
  }

  head(kind, label, look) {
    const close = html("button", { class: "close", "aria-label": "Close", title: "Close (Esc)" }, "×");
    close.addEventListener("click", () => this.choose(null));
    return html("div", { class: "head" }, html("span", { class: `kind ${look}` }, kind), html("h2", {}, label), close);
  }

  links(title, ends) {
    if (!ends.length) return [];
    const list = html("ul", { class: "links" });
    const add = (from, to) => list.append(...ends.slice(from, to).map(([node, port, back]) => html("li", {}, this.link(node, port, back))));
    add(0, 50);
    if (ends.length > 50) {
      const more = html("button", { class: "more" }, `${(ends.length - 50).toLocaleString("en")} more`);
      more.addEventListener("click", () => { more.remove(); add(50); });
      list.after(more);
      return [html("h3", {}, `${title} (${ends.length.toLocaleString("en")})`), list, more];
    }
    return [html("h3", {}, title), list];
  }

  fill(kind, ...children) {
    this.it.className = kind;
    this.it.replaceChildren(...children);
    this.it.scrollTop = 0;
  }
}

// A larger value as coloured cells: letters from "a", the least, over "i", which is 0, to "q".
function heatMap({ cells, says }) {
  const rows = cells.split("/");
  const size = Math.min(20, 300 / rows[0].length);
  const map = element("svg", { class: "heat", width: size * rows[0].length, height: size * rows.length, role: "img", "aria-label": `heat map: ${says}` });
  rows.forEach((row, y) => [...row].forEach((letter, x) => {
    const level = (letter.charCodeAt(0) - 105) / 8;
    const cell = element("rect", { x: x * size, y: y * size, width: size, height: size });
    cell.style.fill = letter === "." ? "var(--highlight)"
      : `color-mix(in srgb, var(--${level > 0 ? "positive" : "negative"}) ${100 * Math.abs(level)}%, var(--zero))`;
    map.append(cell);
  }));
  return html("figure", {}, map, html("figcaption", {}, says));
}

// The sum of a fact over nodes, "12,288", or "12,288 and more" where some have no number for it.
function total(nodes, label) {
  const texts = nodes.flatMap((node) => node.facts.filter(([name]) => name === label).map(([, text]) => text));
  const numbers = texts.map((text) => Number(text.split(" ")[0].replaceAll(",", "")));
  const exact = numbers.every((it, i) => !Number.isNaN(it) && !texts[i].endsWith(" and more"));
  const sum = numbers.reduce((all, it) => all + (it || 0), 0);
  return numbers.some((it) => !Number.isNaN(it)) ? sum.toLocaleString("en") + (exact ? "" : " and more") : "";
}

function table(name, rows) {
  return html("dl", { class: name }, ...rows.flatMap(([label, text]) => [
    html("dt", {}, label), html("dd", text.length > 40 || text.includes("\n") ? { class: "long" } : {}, text),
  ]));
}
