// Where the units of one level go: in rows, each below what it is computed from.
//
// A unit has `left` and `right`, its extents on both sides of its middle line, `height`, and `order`,
// its place on the tape. A segment leads from one unit to another, and leaves and enters at offsets
// from their middle lines. A long segment passes through a bend in each row between; what leaves a
// unit as one value shares its bends. (After Sugiyama, Tagawa and Toda, 1981; the places within a row
// are least-squares under the gaps, by pooling neighbours that would overlap.)

const GAP = 26, ROW_GAP = 34, BORDER_GAP = 12, FARTHEST = 50, SWEEPS = 12, LANE = 9, MOST_LANES = 24;

function arrange(units, segments, rowGap) {
  rank(units, segments);
  const rows = intoRows(units, segments);
  order(rows);
  for (const unit of rows.flat()) enterInOrder(unit);
  place(rows);
  return withLanes(stack(rows, rowGap), segments);
}

// What leads back, or far down, runs right of all: each value in a lane of its own.
function withLanes(size, segments) {
  const lanes = new Map();
  for (const it of segments) {
    if (!it.back && !it.far) continue;
    const key = `${it.from.id}|${it.signal}|${it.back}`;
    if (!lanes.has(key)) lanes.set(key, size.width + LANE * (1 + (lanes.size % MOST_LANES)));
    it.lane = lanes.get(key);
  }
  return { ...size, width: Math.max(size.width, ...lanes.values()) };
}

// A unit's row is one below the last of its operands'; variables stand right above their first use.
function rank(units, segments) {
  const hasEntries = units.some((unit) => unit.isEntry);
  for (const unit of units) {
    const row = hasEntries && !unit.isEntry ? 1 : 0;
    Object.assign(unit, { row, above: [], below: [], waits: 0, ranked: false });
  }
  for (const it of segments) it.back = it.again || it.from === it.to;
  const outgoing = new Map(units.map((unit) => [unit, []]));
  for (const it of segments) if (!it.back) {
    outgoing.get(it.from).push(it);
    it.to.waits += 1;
  }
  const inOrder = [...units].sort((a, b) => a.order - b.order);
  const ready = inOrder.filter((unit) => !unit.waits);
  let next = 0;
  for (let done = 0; done < units.length; done++) {
    // In a circle of layers, the one that comes first on the tape goes first.
    if (!ready.length) {
      while (inOrder[next].ranked) next += 1;
      ready.push(inOrder[next]);
    }
    const unit = ready.pop();
    unit.ranked = true;
    for (const it of outgoing.get(unit)) {
      if (it.to.ranked) { it.back = true; continue; }
      it.to.row = Math.max(it.to.row, unit.row + 1);
      it.to.waits -= 1;
      if (!it.to.waits) ready.push(it.to);
    }
  }
  settle(units, segments, outgoing);
}

// What need not be early is not: variables, and what is computed from them alone (a step's input in
// a recurrent network), stand right above their first use.
function settle(units, segments, outgoing) {
  const last = units.reduce((most, unit) => (unit.isExit ? most : Math.max(most, unit.row)), 0);
  const forward = segments.filter((it) => !it.back);
  const entered = new Set(forward.map((it) => it.to));
  const isSource = (unit) => !entered.has(unit) && !unit.isEntry && !unit.guests;
  const late = new Set(forward.filter((it) => !isSource(it.from)).map((it) => it.to));
  const fromSources = units.filter((unit) => !isSource(unit) && !unit.isEntry && !unit.isExit && !late.has(unit));
  for (const unit of [...fromSources, ...units.filter(isSource)]) {
    const uses = outgoing.get(unit).filter((it) => !it.back && !it.to.isExit).map((it) => it.to.row);
    if (uses.length) unit.row = Math.max(unit.row, uses.reduce((a, b) => Math.min(a, b)) - 1);
  }
  for (const unit of units) if (unit.isExit) unit.row = last + 1;
  for (const it of segments) if (it.to.row <= it.from.row) it.back = true;
}

function intoRows(units, segments) {
  const rows = [];
  const add = (unit) => (rows[unit.row] ??= []).push(unit);
  [...units].sort((a, b) => a.order - b.order).forEach(add);
  const bends = new Map();
  for (const it of segments) {
    it.bends = [];
    it.far = !it.back && it.to.row - it.from.row > FARTHEST;
    if (it.back || it.far) continue;
    let before = it.from;
    for (let row = it.from.row + 1; row < it.to.row; row++) {
      const key = `${it.from.id}|${it.signal}|${row}`;
      if (!bends.has(key)) {
        const bend = { row, left: 3, right: 3, height: 0, order: it.from.order + 0.5, above: [], below: [], isBend: true };
        bends.set(key, bend);
        add(bend);
        join(before, bend, it, before.isBend ? 8 : pull(it));
      }
      before = bends.get(key);
      it.bends.push(before);
    }
    join(before, it.to, it, pull(it));
  }
  return Array.from(rows, (row) => row ?? []);
}

// Values that flow on pull more than parameters that are used elsewhere too: so the flow is a column.
function pull(segment) {
  return segment.guest ? 0.2 : 4;
}

function join(upper, lower, segment, weight) {
  const link = { upper, lower, segment, weight };
  upper.below.push(link);
  lower.above.push(link);
}

// Fewer crossings: each unit goes to the mean place of its neighbours, down the rows and up again.
function order(rows) {
  const number = (row) => row.forEach((unit, i) => (unit.index = i));
  rows.forEach(number);
  for (let sweep = 0; sweep < 8; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      for (const unit of row) {
        const links = down ? unit.above : unit.below;
        // Of two lines out of one box, the one that leaves further left is further left.
        const places = links.map((it) => (down ? it.upper.index + leaves(it) / 1e4 : it.lower.index + enters(it) / 1e4));
        unit.mean = places.length ? places.reduce((a, b) => a + b) / places.length : unit.index;
      }
      row.sort((a, b) => a.mean - b.mean || a.index - b.index);
      number(row);
    }
  }
}

// What enters a box from above does so side by side: by port, or as it comes from left to right.
function enterInOrder(unit) {
  if (!unit.spread || !unit.above.length) return;
  const by = (it) => (unit.ports.length ? unit.ports.indexOf(it.segment.port) : it.upper.index);
  const links = [...unit.above].sort((a, b) => by(a) - by(b));
  const cells = unit.ports.length;
  const width = cells ? unit.spread / cells : Math.min(20, unit.spread / (links.length + 1));
  links.forEach((it, i) => {
    const cell = cells ? unit.ports.indexOf(it.segment.port) : i;
    it.segment.enters = (cell - ((cells || links.length) - 1) / 2) * width;
  });
}

function leaves(link) {
  return link.upper.isBend ? 0 : link.segment.leaves;
}

function enters(link) {
  return link.lower.isBend ? 0 : link.segment.enters;
}

function place(rows) {
  for (const row of rows) {
    let x = 0;
    for (const unit of row) {
      unit.x = x + unit.left;
      x += unit.left + unit.right + GAP;
    }
    for (const unit of row) unit.x -= x / 2;
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      // At the end, both sides count, so that nothing is pulled far off.
      const links = (unit) => (sweep > SWEEPS - 4 ? [...unit.above, ...unit.below] : down ? unit.above : unit.below);
      for (const unit of row) wish(unit, links(unit));
      spaced(row);
    }
  }
}

// Boxes stand right below what goes into them; how it spreads over their tops does not count.
function pulledAt(link) {
  return link.lower.look && !link.lower.ports.length ? 0 : enters(link);
}

function wish(unit, links) {
  let sum = 0;
  unit.weight = 0;
  for (const it of links) {
    const wanted = it.lower === unit ? it.upper.x + leaves(it) - pulledAt(it) : it.lower.x + pulledAt(it) - leaves(it);
    sum += it.weight * wanted;
    unit.weight += it.weight;
  }
  unit.wish = unit.weight ? sum / unit.weight : unit.x;
  unit.weight ||= 0.1;
}

function gap(one, other) {
  return one.right + other.left + (one.isBend && other.isBend ? 6 : one.isBend || other.isBend ? 14 : GAP);
}

function spaced(row) {
  const pools = [];
  let shift = 0;
  row.forEach((unit, i) => {
    if (i) shift += gap(row[i - 1], unit);
    unit.shift = shift;
    let pool = { sum: unit.weight * (unit.wish - shift), weight: unit.weight, units: [unit] };
    while (pools.length && pools.at(-1).sum / pools.at(-1).weight > pool.sum / pool.weight) {
      const one = pools.pop();
      pool = { sum: one.sum + pool.sum, weight: one.weight + pool.weight, units: one.units.concat(pool.units) };
    }
    pools.push(pool);
  });
  for (const pool of pools) for (const unit of pool.units) unit.x = pool.sum / pool.weight + unit.shift;
}

// Give each row its height; return how much room all need. Everything lies right of and below 0, 0.
function stack(rows, rowGap) {
  const all = rows.flat();
  const left = all.reduce((least, unit) => Math.min(least, unit.x - unit.left), Infinity);
  let y = 0;
  let rowEnd = 0;
  for (const row of rows) {
    if (row.some((unit) => unit.isExit)) y -= rowGap - BORDER_GAP;
    const height = row.reduce((most, unit) => Math.max(most, unit.height), 0);
    for (const unit of row) {
      Object.assign(unit, { x: unit.x - left, y: y + (height - unit.height) / 2, rowTop: y, rowEnd: y + height });
    }
    rowEnd = y + height;
    y = rowEnd + (row.some((unit) => unit.isEntry) ? BORDER_GAP : rowGap);
  }
  return { width: all.reduce((most, unit) => Math.max(most, unit.x + unit.right), 0), height: rowEnd };
}
