// What clicks and keys do.

const MOST_AT_ONCE = 4000, FEW = 40;

class Page {
  constructor() {
    this.graph = readGraph();
    this.view = new View(this.graph);
    this.panel = new Panel(this.graph, (id) => this.choose(id));
    this.camera = new Camera(document.getElementById("picture"));
    this.status = document.getElementById("status");
    this.matches = [];
    const few = this.graph.nodes.length <= FEW;
    const failed = this.graph.nodes.find(hasFailed);
    const isOpen = (it) => few || isFrame(it) || failed?.path.includes(it.place);
    this.open = new Set(this.graph.clusters.filter(isOpen).map((it) => it.place));
    this.chosen = null;
    this.redraw();
    this.begin();
    if (failed) this.camera.reveal(this.boxAt(failed.id));
    this.listen();
    for (const id of ["fold", "unfold"]) document.getElementById(id).hidden = !this.graph.clusters.length;
  }

  begin() {
    this.camera.begin(this.graph.sideways);
  }

  redraw() {
    this.view.draw(this.open);
    this.camera.setBounds(this.view.laid);
    this.mark();
  }

  // The box that a node, or what is within a folded layer, is seen as.
  seen(id) {
    if (this.view.byId.has(id)) return id;
    const place = Number(id.slice(1));
    const node = id[0] === "n" ? this.graph.nodes[place] : this.graph.nodes[this.graph.clusters[place].members[0]];
    return seenAs(node, this.open);
  }

  // Of an open layer, where its title is.
  boxAt(id) {
    const box = this.view.laid.nodes.get(id);
    if (box) return box;
    const { x, y, title } = this.view.titles.get(id);
    return { x, y, width: title.width, height: TITLE };
  }

  // Fold or unfold layers, while the box `about` stays where it is in the window.
  change(open, about) {
    const before = about && this.boxAt(about);
    const focused = document.activeElement?.closest?.("#nodes > g")?.id;
    this.open = open;
    this.redraw();
    const after = about && this.boxAt(this.seen(about));
    if (before && after) this.camera.moveTo({ x: this.camera.x + after.x - before.x, y: this.camera.y + after.y - before.y }, false);
    const again = focused && this.view.byId.get(this.seen(focused));
    if (again && document.activeElement !== again) again.focus({ preventScroll: true });
  }

  toggle(id) {
    const place = Number(id.slice(1));
    const open = new Set(this.open);
    if (!open.delete(place)) open.add(place);
    this.change(open, id);
    const { label, members } = this.graph.clusters[place];
    this.say(open.has(place) ? `${label} unfolded: ${counted(members.length, "node")}` : `${label} folded`);
  }

  foldAll() {
    this.change(new Set(this.graph.clusters.filter(isFrame).map((it) => it.place)), null);
    this.begin();
    this.say("All layers folded");
  }

  unfoldAll() {
    if (this.graph.nodes.length > MOST_AT_ONCE) {
      this.say(`${counted(this.graph.nodes.length, "node")} are too many at once: click on single layers`);
      return;
    }
    this.change(new Set(this.graph.clusters.map((it) => it.place)), null);
    this.begin();
    this.say(`All layers unfolded: ${counted(this.graph.nodes.length, "node")}`);
  }

  // Show everything about a node or a layer, unfolding what is around it; null closes.
  choose(id) {
    const before = this.chosen;
    this.chosen = id;
    document.body.classList.toggle("chosen", id !== null);
    if (id === null) {
      this.panel.about();
      this.mark();
      if (before) this.view.byId.get(this.seen(before))?.focus({ preventScroll: true });
      return;
    }
    this.uncover(id);
    const place = Number(id.slice(1));
    if (id[0] === "n") this.panel.node(place);
    else this.panel.layer(place);
    this.mark();
    this.camera.measure(); // the panel may have grown over it
    this.camera.reveal(this.boxAt(id));
    this.view.byId.get(id).focus({ preventScroll: true });
    this.say(this.view.byId.get(id).getAttribute("aria-label"));
  }

  uncover(id) {
    const place = Number(id.slice(1));
    const path = id[0] === "n" ? this.graph.nodes[place].path : this.graph.clusters[place].path.slice(0, -1);
    if (path.every((it) => this.open.has(it))) return;
    this.change(new Set([...this.open, ...path]), null);
  }

  mark() {
    const found = new Set(this.matches.map((place) => seenAs(this.graph.nodes[place], this.open)));
    for (const it of this.view.byId.values()) {
      it.classList.toggle("chosen", it.id === this.chosen);
      it.classList.toggle("found", found.has(it.id));
    }
  }

  light(id) {
    const places = membersOf(this.graph, id);
    const before = reached(this.graph, places, "operands"), after = reached(this.graph, places, "users");
    this.view.light(id, before, after);
    const [up, down] = [before.size - places.length, after.size - places.length];
    this.say(`${this.view.byId.get(id).getAttribute("aria-label")}: computed from ${counted(up, "node")}, goes into ${counted(down, "node")}`, false);
  }

  // What a person sees below the picture; screen readers hear of what was asked for alone.
  say(text, aloud = true) {
    this.status.setAttribute("aria-live", aloud ? "polite" : "off");
    this.status.textContent = text;
  }

  search(text) {
    const wanted = text.trim().toLowerCase();
    const within = (node) => [node.label, node.name, node.detail, node.shape, node.kind, ...layerNames(this.graph, node)];
    this.matches = wanted ? this.graph.nodes.filter((node) => within(node).some((it) => it.toLowerCase().includes(wanted))).map((node) => node.place) : [];
    this.at = -1;
    this.mark();
    for (const id of ["previous", "next"]) document.getElementById(id).disabled = !this.matches.length;
    this.tell(wanted ? this.matches.length.toLocaleString("en") : "");
  }

  tell(text) {
    document.getElementById("found").textContent = text;
  }

  step(by) {
    const { length } = this.matches;
    if (!length) return;
    this.at = this.at < 0 && by < 0 ? length - 1 : (this.at + by + length) % length;
    const kept = document.activeElement;
    this.choose("n" + this.matches[this.at]);
    if (kept.closest("#search")) kept.focus();
    this.tell(`${(this.at + 1).toLocaleString("en")} of ${length.toLocaleString("en")}`);
  }

  listen() {
    const on = (id, event, act) => document.getElementById(id).addEventListener(event, act);
    on("closer", "click", () => this.camera.zoom(1.4));
    on("farther", "click", () => this.camera.zoom(1 / 1.4));
    on("whole", "click", () => this.camera.whole());
    on("fold", "click", () => this.foldAll());
    on("unfold", "click", () => this.unfoldAll());
    on("query", "input", (event) => this.search(event.target.value));
    on("search", "submit", (event) => { event.preventDefault(); this.step(1); });
    on("previous", "click", () => this.step(-1));
    // Listening for it at a group of SVG would have Chromium give that group the focus.
    on("picture", "click", (event) => this.click(event));
    for (const begin of ["pointerover", "focusin"]) on("picture", begin, (event) => this.enter(event));
    for (const end of ["pointerout", "focusout"]) on("picture", end, (event) => this.leave(event));
    addEventListener("keydown", (event) => this.key(event));
  }

  // A box that moves to where the pointer rests was not pointed at.
  rests({ type, clientX, clientY }) {
    const at = `${clientX},${clientY}`;
    const same = type.startsWith("pointer") && at === this.pointedAt;
    if (type.startsWith("pointer")) this.pointedAt = at;
    return same;
  }

  enter(event) {
    const it = event.target.closest("#nodes > g");
    if (this.rests(event) || !it) return;
    this.light(it.id);
    if (event.type === "focusin" && it.matches(":focus-visible")) this.camera.reveal(this.boxAt(it.id));
  }

  leave(event) {
    if (event.relatedTarget?.closest?.("#nodes > g") || this.rests(event)) return;
    this.view.unlight();
    if (event.type === "pointerout") this.say("", false);
  }

  click(event) {
    const it = event.target.closest("#nodes > g");
    // A text that was just selected is meant to be copied, a drag to move the picture.
    if (!it || String(getSelection()) || this.camera.moved > 4) return;
    this.activate(it.id);
  }

  // A layer unfolds or folds; both it and a node show what they hold.
  activate(id) {
    if (id[0] === "c") this.toggle(id);
    this.choose(this.seen(id));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key, target } = event;
    if (target.id === "query") return this.searchKey(event);
    const box = target.closest("#nodes > g");
    const acts = {
      "/": () => document.getElementById("query").select(),
      "+": () => this.camera.zoom(1.4), "=": () => this.camera.zoom(1.4), "-": () => this.camera.zoom(1 / 1.4),
      0: () => this.camera.whole(), f: () => this.foldAll(), u: () => this.unfoldAll(), Escape: () => this.choose(null),
    };
    // Up and down are where operands and users are.
    const [up, down, back, on] = arrowKeys(this.graph.sideways);
    const free = target === document.body || target.closest("main");
    const arrows = box ? {
      [up]: () => this.go(box.id, "operands"), [down]: () => this.go(box.id, "users"),
      [back]: () => this.along(box, "previousSibling"), [on]: () => this.along(box, "nextSibling"),
      Enter: () => this.activate(box.id), " ": () => this.activate(box.id),
    } : {
      ArrowUp: () => this.camera.pan(0, -80), ArrowDown: () => this.camera.pan(0, 80),
      ArrowLeft: () => this.camera.pan(-80, 0), ArrowRight: () => this.camera.pan(80, 0),
    };
    const act = acts[key.length === 1 ? key.toLowerCase() : key] ?? (free && arrows[key]);
    if (!act) return;
    event.preventDefault();
    act();
  }

  searchKey(event) {
    if (event.key === "Escape") {
      event.target.value = "";
      this.search("");
      event.target.blur();
    } else if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      this.step(-1);
    }
  }

  // To the box of the first operand, or of the first user, that is another box.
  go(id, direction) {
    const end = direction === "operands" ? "tail" : "head";
    const members = membersOf(this.graph, id);
    const ids = members.flatMap((place) => this.graph.nodes[place][direction].map((edge) => this.seen("n" + edge[end])));
    // The flow before what stands beside it.
    const others = ids.filter((it) => it !== id);
    const next = others.find((it) => it[0] === "c" || BOXES.has(this.graph.nodes[Number(it.slice(1))].kind)) ?? others[0];
    if (next) this.focus(this.view.byId.get(next));
    else this.say(direction === "operands" ? "Nothing comes before it" : "Nothing uses it");
  }

  along(box, direction) {
    if (box[direction]) this.focus(box[direction]);
  }

  focus(box) {
    box.focus({ preventScroll: true });
    this.camera.reveal(this.boxAt(box.id));
  }
}

function arrowKeys(sideways) {
  const [vertical, horizontal] = [["ArrowUp", "ArrowDown"], ["ArrowLeft", "ArrowRight"]];
  return sideways ? [...horizontal, ...vertical] : [...vertical, ...horizontal];
}

new Page();
