// Levels within levels: each open layer is laid out by itself, then stands as one box in the level
// around it. A value that goes into a layer, or out of it, crosses its border at one point.
//
// All of it goes from the top down. Where values flow to the right, boxes are laid out lying on their
// sides, and the result is turned: so across is down there, and down is to the right.

const PADDING = 12, TITLE = 30, MOST_BESIDE = 6, DETOUR = 12, LETTER = 6.2;

// Return the boxes to draw, with their places: nodes and folded layers, open layers, and lines.
function layOut(graph, open, measure) {
  const { sideways } = graph;
  const levels = new Map([[-1, newLevel(-1, measure)]]);
  for (const it of graph.clusters) {
    if (it.members.length && it.path.every((place) => open.has(place))) levels.set(it.place, newLevel(it.place, measure));
  }
  addUnits(graph, open, levels, measure);
  addSegments(graph, open, levels);
  // Inner levels come after outer ones, so they are laid out first.
  for (const level of [...levels.values()].reverse()) {
    putBeside(level, sideways);
    level.size = arrange([...level.units.values()], [...level.segments.values()], sideways ? roomFor(graph) : ROW_GAP);
    if (level.place >= 0) close(level, graph.clusters[level.place], levels, sideways);
  }
  return sideways ? turned(placed(levels, sideways)) : placed(levels, sideways);
}

// What is written along a line that leads to the right lies between the boxes.
function roomFor({ edges }) {
  return edges.reduce((room, { label }) => Math.max(room, 16 + LETTER * Math.min(label.length, 24)), ROW_GAP);
}

function onItsSide(look) {
  return { ...look, width: look.height, height: look.width };
}

function turned({ nodes, frames, lines, width, height }) {
  const turn = (box) => ({ ...box, x: box.y, y: box.x, width: box.height, height: box.width });
  return {
    nodes: new Map([...nodes].map(([id, box]) => [id, turn(box)])), frames: frames.map(turn),
    lines: lines.map((line) => ({ ...line, d: line.d.replace(/([-\d.e]+),([-\d.e]+)/g, "$2,$1") })),
    width: height, height: width,
  };
}

function newLevel(place, measure) {
  const title = measure.title(place);
  return { place, title, units: new Map(), segments: new Map(), x: 0, y: 0 };
}

function addUnits(graph, open, levels, measure) {
  for (const node of graph.nodes) {
    const id = seenAs(node, open);
    const outside = id[0] === "n" ? node.path : graph.clusters[Number(id.slice(1))].path.slice(0, -1);
    // A layer around it that is open is a unit too, in the level around that.
    outside.forEach((place, i) => {
      addUnit(levels.get(i ? outside[i - 1] : -1), "c" + place, node.place, { open: true });
    });
    const { units } = levels.get(outside.at(-1) ?? -1);
    if (units.has(id)) continue;
    const look = graph.sideways ? onItsSide(measure.box(id)) : measure.box(id);
    const side = look.width / 2;
    units.set(id, { id, order: node.place, left: side, right: side, height: look.height, look,
      spread: look.width - 8, ports: [], node: id[0] === "n" ? node : null });
  }
}

function addUnit(level, id, order, more) {
  if (!level.units.has(id)) level.units.set(id, { id, order, left: 0, right: 0, height: 0, ports: [], ...more });
  return level.units.get(id);
}

function addSegments(graph, open, levels) {
  for (const edge of graph.edges) {
    const [tail, head] = [graph.nodes[edge.tail], graph.nodes[edge.head]];
    const [from, to] = [seenAs(tail, open), seenAs(head, open)];
    if (from === to && (from[0] === "c" || !edge.again)) continue;
    const [up, down] = [around(graph, tail, from), around(graph, head, to)];
    let shared = 0;
    while (shared < up.length && shared < down.length && up[shared] === down[shared]) shared += 1;
    const inside = (path, i, id) => (i < path.length ? "c" + path[i] : id);
    const add = (place, start, end, more) => addSegment(levels.get(place), start, end, from, edge, more);
    for (let i = up.length - 1; i >= shared; i--) {
      const exit = addUnit(levels.get(up[i]), "exit " + from, Infinity, { isExit: true });
      add(up[i], inside(up, i + 1, from), exit.id, {});
    }
    const port = to[0] === "n" ? edge.port : "";
    const last = (i) => (i === down.length ? { port, arrow: true } : {});
    add(shared ? up[shared - 1] : -1, inside(up, shared, from), inside(down, shared, to), { again: edge.again, ...last(shared) });
    for (let i = shared; i < down.length; i++) {
      const entry = addUnit(levels.get(down[i]), "entry " + from, -1, { isEntry: true });
      add(down[i], entry.id, inside(down, i + 1, to), last(i + 1));
    }
  }
}

function around(graph, node, id) {
  return id[0] === "n" ? node.path : graph.clusters[Number(id.slice(1))].path.slice(0, -1);
}

function addSegment(level, start, end, signal, edge, { port = "", arrow = false, again = false }) {
  const key = [start, end, signal, port, again].join("|");
  if (!level.segments.has(key)) {
    const [from, to] = [level.units.get(start), level.units.get(end)];
    level.segments.set(key, { from, to, signal, port, arrow, again, leaves: 0, enters: 0, edges: [] });
  }
  level.segments.get(key).edges.push(edge);
}

// Parameters and numbers stand left of their first user, so that the values that flow are one column.
function putBeside(level, sideways) {
  const segments = [...level.segments.values()];
  const guests = new Map();
  for (const it of segments) {
    const guest = it.from.node, host = it.to.node;
    const fits = guest && host && BOXES.has(host.kind) && !it.again;
    if (!fits || !(["parameter", "read"].includes(guest.kind) || guest.kind === "constant") || it.from.host) continue;
    const others = guests.get(it.to) ?? guests.set(it.to, []).get(it.to);
    // An array of data flows; it comes from above.
    if (others.length >= MOST_BESIDE || (guest.kind === "constant" && !isNumber(guest))) continue;
    others.push(it);
    it.from.host = it.to;
  }
  const onTop = new Map();
  for (const it of segments) if (it.port && it.from.host !== it.to) {
    const ports = onTop.get(it.to) ?? onTop.set(it.to, new Set()).get(it.to);
    ports.add(it.port);
  }
  for (const [host, uses] of guests) seat(level, host, uses, sideways);
  for (const [unit, ports] of onTop) unit.ports = unit.node.ports.filter((port) => ports.has(port));
  for (const it of level.segments.values()) {
    const unit = it.from;
    if (!unit.host) continue;
    // It leaves at the left, and passes by those below.
    Object.assign(it, { from: unit.host, guest: unit, leaves: unit.across - unit.right - DETOUR });
    unit.host.left = Math.max(unit.host.left, 4 - it.leaves);
  }
  for (const unit of [...level.units.values()]) {
    if (unit.ports.length && !unit.hasStrip) {
      unit.hasStrip = true;
      const longest = 12 + LETTER * Math.max(...unit.ports.map((it) => it.length));
      const [across, depth] = sideways ? [18, longest] : [longest, 16];
      const width = Math.max(unit.look.width, unit.ports.length * across);
      unit.look = { ...unit.look, width, height: unit.look.height + depth, strip: unit.ports, depth };
      unit.left += width / 2 - unit.right;
      unit.right = width / 2;
      unit.spread = width;
      unit.height = Math.max(unit.height, unit.look.height);
    }
  }
}

function seat(level, host, uses, sideways) {
  if (!uses.length) return;
  const gap = 7;
  const height = uses.reduce((sum, it) => sum + it.from.height + gap, -gap);
  let across = 0;
  let y = -height / 2;
  for (const it of uses) {
    const says = it.port && it.port !== it.from.node.label ? it.port : "";
    it.word = says;
    const distance = Math.max(24, sideways ? 0 : says.length * LETTER + 16);
    it.from.across = -(host.right + distance + it.from.right);
    it.from.up = y + it.from.height / 2;
    across = Math.max(across, distance + 2 * it.from.right);
    y += it.from.height + gap;
    level.segments.delete([it.from.id, it.to.id, it.signal, it.port, it.again].join("|"));
    level.units.delete(it.from.id);
  }
  host.guests = uses;
  host.left += across;
  host.height = Math.max(host.height, height);
}

// An open layer, laid out, as a unit of the level around it: its middle is where the flow enters.
function close(level, cluster, levels, sideways) {
  const unit = levels.get(cluster.parent).units.get(cluster.id);
  const entries = [...level.units.values()].filter((it) => it.isEntry);
  const exits = [...level.units.values()].filter((it) => it.isExit);
  const first = entries.length ? Math.min(...entries.map((it) => it.x)) : Infinity;
  // Lines from above pass the title by.
  const title = level.title.width + 16;
  const left = sideways ? TITLE : Math.max(PADDING, title - first);
  const width = Math.max(left + level.size.width + PADDING, sideways ? 0 : title);
  level.head = sideways ? PADDING : TITLE;
  if (sideways) level.size.height = Math.max(level.size.height, title - 2 * PADDING);
  const middle = left + ((exits[0] ?? entries[0])?.x ?? level.size.width / 2);
  Object.assign(unit, { left: middle, right: width - middle, inner: level });
  unit.height = level.head + level.size.height + PADDING;
  Object.assign(level, { dx: left - middle, entries: new Map(), exits: new Map() });
  for (const it of entries) level.entries.set(it.id.slice(6), left + it.x - middle);
  for (const it of exits) level.exits.set(it.id.slice(5), left + it.x - middle);
  for (const it of levels.get(cluster.parent).segments.values()) {
    if (it.to === unit) it.enters = level.entries.get(it.signal) ?? 0;
    if (it.from === unit) it.leaves = level.exits.get(it.signal) ?? 0;
  }
}

// Everything in the coordinates of the picture, outer levels first.
function placed(levels, sideways) {
  const result = { nodes: new Map(), frames: [], lines: [] };
  for (const level of levels.values()) {
    const at = (unit) => ({ x: level.x + unit.x, y: level.y + unit.y });
    for (const unit of level.units.values()) {
      const { x, y } = at(unit);
      if (unit.inner) {
        Object.assign(unit.inner, { x: x + unit.inner.dx, y: y + unit.inner.head });
        const width = unit.left + unit.right;
        result.frames.push({ id: unit.id, x: x - unit.left, y, width, height: unit.height, title: unit.inner.title });
      } else if (unit.look) addBox(result, unit, x, y, sideways);
    }
    lay(level, result, sideways);
  }
  return { ...result, ...levels.get(-1).size };
}

function addBox(result, unit, x, y, sideways) {
  const middle = y + unit.height / 2;
  const { look } = unit;
  result.nodes.set(unit.id, { ...look, x: x - look.width / 2, y: middle - look.height / 2 });
  for (const it of unit.guests ?? []) {
    const guest = it.from;
    const center = { x: x + guest.across, y: middle + guest.up };
    const box = guest.look;
    result.nodes.set(guest.id, { ...box, x: center.x - box.width / 2, y: center.y - box.height / 2 });
    const start = center.x + box.width / 2, end = x - look.width / 2;
    // Several lines into one side come in below one another.
    const reach = Math.min(look.height / 2 - 8, Math.abs(guest.up));
    const into = middle + Math.sign(guest.up) * reach * 0.6;
    const bend = (end - start) / 2;
    const d = `M${start},${center.y} C${start + bend},${center.y} ${end - bend},${into} ${end - 1},${into}`;
    const [along, beside] = [(start + end) / 2, (center.y + into) / 2];
    const at = sideways ? [beside + 8 + (LETTER / 2) * it.word.length, along + 4] : [along - 2, beside - 4];
    result.lines.push({ d, edges: it.edges, arrow: true, word: it.word, at });
  }
}

function lay(level, result, sideways) {
  const shifted = (stops) => stops.map(([x, y]) => [level.x + x, level.y + y]);
  const aside = ([x, y]) => [x + (3 * LANE) / 2, y];
  for (const it of level.segments.values()) {
    const [first, last] = [start(it, level.head), end(it, level.size.height)];
    let d;
    if (it.lane) d = detour(shifted([aside(first.at(-1)), [it.lane, 0], aside(last.at(-1))]));
    else {
      const bends = it.bends.flatMap((bend) => [[bend.x, bend.rowTop], [bend.x, bend.rowEnd]]);
      d = path(shifted([...first, [it.from.x + it.leaves, it.from.rowEnd], ...bends, ...last]));
    }
    const [x, y] = shifted([last.at(-1)])[0];
    // What a box gives back along the line; of x × x, for each x.
    const back = it.arrow && it.to.node ? it.edges.map((edge) => edge.label).filter(Boolean).join(" + ") : "";
    const at = sideways ? [y - 9, x - 5] : [x + 6, y - 9];
    result.lines.push({ d, edges: it.edges, arrow: it.arrow, again: it.again, back, at, anchor: sideways ? "end" : "start" });
  }
}

// Down or up a lane beside it all.
function detour([[x, y], [lane], [toX, toY]]) {
  const swing = 30;
  const sign = Math.sign(toY - y) * Math.min(swing, Math.abs(toY - y) / 2);
  return `M${[x, y].map(round)} C${[x, y + swing, lane, y + swing - sign, lane, y + sign].map(round)}`
    + ` L${[lane, toY - sign].map(round)} C${[lane, toY - swing + sign, toX, toY - swing, toX, toY].map(round)}`;
}

// From the border of the layer, from the side of what stands beside, or from below a box.
function start({ from, guest, leaves }, head) {
  if (from.isEntry) return [[from.x, -head]];
  const x = from.x + leaves;
  if (!guest) return [[x, from.look ? from.y + (from.height + from.look.height) / 2 : from.y + from.height]];
  const y = from.y + from.height / 2 + guest.up;
  return [[x + DETOUR, y], [x, y + DETOUR]];
}

function end({ to, enters, arrow }, height) {
  const x = to.x + enters;
  if (to.isExit) return [[x, to.rowTop], [x, height + PADDING]];
  const top = to.look ? to.y + (to.height - to.look.height) / 2 : to.y;
  const y = top - (arrow ? 1 : 0);
  return to.rowTop < y - 1 ? [[x, to.rowTop], [x, y]] : [[x, y]];
}

// Straight on between stops above one another, else an S.
function path(stops) {
  let d = `M${stops[0].map(round)}`;
  for (let i = 1; i < stops.length; i++) {
    const [[x, y], [toX, toY]] = [stops[i - 1], stops[i]];
    const middle = (y + toY) / 2;
    d += Math.abs(x - toX) < 0.5 ? ` L${round(toX)},${round(toY)}` : ` C${[x, middle, toX, middle, toX, toY].map(round)}`;
  }
  return d;
}

function round(number) {
  return Math.round(number * 10) / 10;
}
