// The graph as data: nodes with their operands and users, layers with their members.

// What computes; everything else is a value.
const BOXES = new Set(["op", "layer", "operations", "backward"]);

function readGraph() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const say = (place) => data.words[place];
  const clusters = data.clusters.map(([label, kind, parent, sums], place) => ({
    place, label, kind, parent, sums, members: [], id: "c" + place,
  }));
  // From outside in; parents come first.
  for (const it of clusters) it.path = [...(it.parent < 0 ? [] : clusters[it.parent].path), it.place];
  const nodes = data.nodes.map(([kind, label, shape, dtype, name, detail, home, ports, lines, facts, asked, share, status, heat, heatSays], place) => ({
    place, id: "n" + place, home, path: home < 0 ? [] : clusters[home].path,
    kind: say(kind), label: say(label), shape: say(shape), dtype: say(dtype),
    name: say(name), detail: say(detail), ports: ports.map(say), lines: lines.map(say), facts: pairs(facts.map(say)),
    asked: !!asked, share, status: say(status), operands: [], users: [],
    heat: heat === undefined ? null : { cells: say(heat), says: say(heatSays) },
  }));
  const edges = data.edges.map(([tail, head, port, again, label, asked, status, saved]) => (
    { tail, head, port: say(port), again: !!again, label: say(label), asked: !!asked, status: say(status), saved: !!saved }));
  for (const node of nodes) for (const place of node.path) clusters[place].members.push(node.place);
  for (const edge of edges) {
    nodes[edge.tail].users.push(edge);
    nodes[edge.head].operands.push(edge);
  }
  return { note: data.note, fill: data.fill, legend: data.legend, sideways: data.rankdir === "LR", nodes, edges, clusters };
}

function pairs(words) {
  return words.flatMap((word, i) => (i % 2 ? [] : [[word, words[i + 1]]]));
}

// The id of the box that a node is seen as: its own, or that of the outermost folded layer around it.
function seenAs(node, open) {
  for (const place of node.path) if (!open.has(place)) return "c" + place;
  return node.id;
}

function membersOf(graph, id) {
  const place = Number(id.slice(1));
  return id[0] === "n" ? [place] : graph.clusters[place].members;
}

// All that the nodes at these places are computed from ("operands"), or go into ("users").
function reached(graph, places, direction) {
  const found = new Set(places);
  const waiting = [...places];
  while (waiting.length) {
    for (const edge of graph.nodes[waiting.pop()][direction]) {
      const other = direction === "operands" ? edge.tail : edge.head;
      if (!found.has(other)) {
        found.add(other);
        waiting.push(other);
      }
    }
  }
  return found;
}

function sizeOf(node) {
  if (node.dtype === "number") return node.dtype;
  return node.dtype.startsWith("float") ? node.shape : `${node.shape} ${node.dtype}`.trim();
}

function isNumber(node) {
  return node.kind === "constant" && node.shape === "scalar";
}

function layerNames(graph, node) {
  return node.path.map((place) => graph.clusters[place].label);
}

function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

// A layer folded into one box says what came out of it, and how much is in it.
function summary(graph, cluster) {
  const members = cluster.members.map((place) => graph.nodes[place]);
  const operations = members.filter((node) => BOXES.has(node.kind));
  const last = operations.at(-1) ?? members.at(-1);
  return { kind: "layer", label: cluster.label, name: subtitle(cluster), size: last ? sizeOf(last) : "",
    detail: counted(operations.length, "operation"), operations, failed: members.find(hasFailed) };
}

// What stands after the name of a layer: its class, and its sums.
function subtitle({ kind, sums }) {
  return [kind, sums].filter(Boolean).join(" · ");
}

// What raised the error of which this is the picture.
function hasFailed({ status }) {
  return status === "failed";
}

// What repeats and the phases of a program are not layers: folded, they would say little.
function isFrame({ kind }) {
  return kind === "repeated" || kind === "phase";
}
