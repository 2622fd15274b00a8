// The graph drawn as SVG. Boxes are made once and moved; lines are drawn anew. No text of a graph is
// ever read as HTML: it is set as text.

const SVG = "http://www.w3.org/2000/svg";
const BOLD = "600 13px system-ui, sans-serif", SMALL = "11px system-ui, sans-serif";
const LONGEST = 34;
const FULLEST = 50; // percent of colour, in the fill of the heaviest box

function element(name, attributes = {}, ...children) {
  const it = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) it.setAttribute(key, value);
  it.append(...children);
  return it;
}

const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();

function widthOf(text, font) {
  const key = font + text;
  if (!widths.has(key)) {
    pen.font = font;
    widths.set(key, pen.measureText(text).width);
  }
  return widths.get(key);
}

function shortened(text) {
  return text.length > LONGEST ? text.slice(0, LONGEST - 1) + "…" : text;
}

// What is written in each box, and how large that makes it.
function measures(graph) {
  const looks = new Map();
  return {
    box(id) {
      if (!looks.has(id)) looks.set(id, lookOf(graph, id));
      return looks.get(id);
    },
    title(place) {
      if (place < 0) return { width: 0 };
      const words = [graph.clusters[place].label, subtitle(graph.clusters[place])].map(shortened);
      return { words, width: 34 + widthOf(words[0], BOLD) + 6 + widthOf(words[1], SMALL) };
    },
  };
}

function lookOf(graph, id) {
  const place = Number(id.slice(1));
  const node = graph.nodes[place];
  if (id[0] === "c") {
    const { kind, label, name, detail, size, failed } = summary(graph, graph.clusters[place]);
    return { ...sized(kind, label, [name, detail, size], 44), status: failed && failed.status };
  }
  if (isNumber(node)) return sized("number", node.label, [], 16);
  const [first, ...more] = node.lines;
  const lines = BOXES.has(node.kind) ? [node.name, node.detail, ...node.lines]
    : [node.detail, [node.kind, first].filter(Boolean).join(" · "), ...more];
  // A message has its own lines.
  const cut = hasFailed(node) ? String : shortened;
  return { ...sized(node.kind, node.label, lines, BOXES.has(node.kind) ? 26 : 36, cut), share: node.share, asked: node.asked, status: node.status };
}

function sized(kind, label, details, room, cut = shortened) {
  const lines = [label, ...details.filter(Boolean)].map(cut);
  const width = Math.max(...lines.map((line, i) => widthOf(line, i ? SMALL : BOLD))) + room;
  return { kind, lines, width: Math.ceil(Math.max(width, kind === "number" ? 0 : 56)), height: textHeight(lines) };
}

function textHeight(lines) {
  return 12 + 17 + 14 * (lines.length - 1);
}

class View {
  constructor(graph) {
    this.graph = graph;
    this.measure = measures(graph);
    this.boxes = document.getElementById("boxes");
    this.lines = document.getElementById("lines");
    this.nodes = document.getElementById("nodes");
    this.drawn = new Map();
  }

  draw(open) {
    this.laid = layOut(this.graph, open, this.measure);
    const { frames, lines, nodes } = this.laid;
    this.boxes.replaceChildren(...frames.map(({ x, y, width, height }) => element("rect", { x, y, width, height, rx: 10 })));
    this.lines.replaceChildren(...lines.map(lineOf));
    this.titles = new Map(frames.map((frame) => [frame.id, frame]));
    this.arrangeBoxes(nodes);
  }

  // In the order of the tape, a title before what is in its layer: so Tab goes through them.
  arrangeBoxes(nodes) {
    const wanted = [...[...nodes.keys()].map((id) => [this.firstOf(id), 1, id]),
      ...[...this.titles.keys()].map((id) => [this.firstOf(id), 0, id])];
    wanted.sort((a, b) => a[0] - b[0] || a[1] - b[1] || Number(a[2].slice(1)) - Number(b[2].slice(1)));
    const kept = new Map();
    let next = this.nodes.firstChild;
    for (const [, , id] of wanted) {
      const isTitle = this.titles.has(id);
      const key = id + (isTitle ? " open" : "") + (nodes.get(id)?.strip ?? "");
      const it = this.drawn.get(key) ?? (isTitle ? this.titleOf(id) : this.boxOf(id, nodes.get(id)));
      const { x, y } = isTitle ? this.titles.get(id) : nodes.get(id);
      it.style.transform = `translate(${round(x)}px, ${round(y)}px)`;
      kept.set(key, it);
      if (it === next) next = next.nextSibling;
      else this.nodes.insertBefore(it, next);
    }
    for (const [key, it] of this.drawn) if (!kept.has(key)) it.remove();
    this.drawn = kept;
    this.byId = new Map([...kept.values()].map((it) => [it.id, it]));
  }

  firstOf(id) {
    return id[0] === "n" ? Number(id.slice(1)) : this.graph.clusters[Number(id.slice(1))].members[0];
  }

  boxOf(id, look) {
    const it = element("g", { id, class: `node ${look.kind}`, tabindex: 0, role: "button", "aria-label": this.spoken(id, look) });
    const { width, height } = look;
    const round = BOXES.has(look.kind) ? 7 : height / 2;
    if (look.kind === "layer") it.append(element("rect", { class: "behind", x: 4, y: 4, width, height, rx: 7 }));
    it.append(element("rect", { class: "shape", width, height, rx: round }));
    if (look.status) it.classList.add(look.status);
    if (look.asked) it.classList.add("asked");
    if (look.share) {
      it.classList.add("filled");
      it.lastChild.style.fill = `color-mix(in srgb, var(--gradient) ${Math.round(FULLEST * look.share)}%, var(--paper))`;
    }
    if (look.kind === "output") it.append(element("rect", { class: "inner", x: 3, y: 3, width: width - 6, height: height - 6, rx: round - 3 }));
    const [left, top] = look.strip ? this.strip(it, look) : [0, 0];
    const spare = look.strip ? (height - top - textHeight(look.lines)) / 2 : 0;
    look.lines.forEach((line, i) => {
      const y = top + spare + 19 + 14 * i;
      it.append(element("text", { class: i ? "small" : "label", x: left + (width - left) / 2, y, "text-anchor": "middle" }, line));
    });
    if (id[0] === "c") { // a layer that was folded before is a box like any other
      it.setAttribute("aria-expanded", "false");
      it.append(element("path", { class: "sign", d: `M${width - 16},${11} h8 m-4,-4 v8` }));
    }
    return it;
  }

  // The cells where operands enter, on the side that they come from; return what room they leave.
  strip(it, { strip, depth, width, height }) {
    const { sideways } = this.graph;
    strip.forEach((port, i, { length }) => {
      const [x, y] = sideways ? [depth / 2, (height * (i + 0.5)) / length + 4] : [(width * (i + 0.5)) / length, 12];
      const d = sideways ? `M0,${(height * i) / length} h${depth}` : `M${(width * i) / length},0 v${depth}`;
      if (i) it.append(element("path", { class: "rule", d }));
      it.append(element("text", { class: "small", x, y, "text-anchor": "middle" }, port));
    });
    it.append(element("path", { class: "rule", d: sideways ? `M${depth},0 v${height}` : `M0,${depth} h${width}` }));
    return sideways ? [depth, 0] : [0, depth];
  }

  titleOf(id) {
    const { title } = this.titles.get(id);
    const it = element("g", { id, class: "title", tabindex: 0, role: "button", "aria-expanded": "true", "aria-label": `layer ${title.words.join(", ")}, open` });
    it.append(
      element("rect", { class: "shape", x: 4, y: 4, width: title.width, height: 23, rx: 6 }),
      element("path", { class: "sign", d: "M11,15.5 h8" }),
      element("text", { class: "label", x: 25, y: 20 }, title.words[0]),
      element("text", { class: "small", x: 31 + widthOf(title.words[0], BOLD), y: 20 }, title.words[1]));
    return it;
  }

  spoken(id, look) {
    const node = id[0] === "n" ? this.graph.nodes[Number(id.slice(1))] : null;
    if (!node) return `layer ${look.lines.join(", ")}, folded`;
    return [node.kind === "op" ? "operation" : node.kind, node.label, node.name, node.detail, sizeOf(node)].filter(Boolean).join(", ");
  }

  // Light what the given nodes are computed from, and what they go into; all else steps back.
  light(id, before, after, open) {
    const isIn = (set) => (it) => membersOf(this.graph, it).some((place) => set.has(place));
    const [isBefore, isAfter] = [isIn(before), isIn(after)];
    for (const it of this.byId.values()) {
      const own = it.id === id;
      it.classList.toggle("before", !own && isBefore(it.id));
      it.classList.toggle("after", !own && isAfter(it.id));
      it.classList.toggle("lit", own);
    }
    for (const it of this.lines.children) {
      it.classList.toggle("before", it.edges.some(({ head }) => before.has(head)));
      it.classList.toggle("after", it.edges.some(({ tail }) => after.has(tail)));
    }
    this.nodes.ownerSVGElement.classList.add("lighting");
  }

  unlight() {
    this.nodes.ownerSVGElement.classList.remove("lighting");
    for (const it of [...this.byId.values(), ...this.lines.children]) it.classList.remove("before", "after", "lit");
  }
}

function lineOf({ d, edges, arrow, again, word, back, at, anchor }) {
  const it = element("g", { class: again ? "line again" : "line" });
  it.append(element("path", { d, class: arrow ? "ends" : "" }));
  if (word) it.append(element("text", { class: "small", x: at[0], y: at[1], "text-anchor": "middle" }, word));
  if (back) it.append(element("text", { class: "small back", x: at[0], y: at[1], "text-anchor": anchor }, back));
  if (edges.some((edge) => edge.asked)) it.classList.add("asked");
  if (edges.every((edge) => edge.saved)) it.classList.add("saved");
  if (edges[0].status) it.classList.add(edges[0].status);
  it.edges = edges;
  return it;
}
