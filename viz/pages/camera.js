// Pan and zoom: which part of the picture the window shows, by wheel, fingers, mouse and buttons.

const CLOSEST = 4, EDGE = 28;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

class Camera {
  constructor(svg) {
    this.svg = svg;
    Object.assign(this, { x: 0, y: 0, scale: 1, width: 1, height: 1 });
    this.pointers = new Map();
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.press(event));
    svg.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, (event) => this.release(event));
    addEventListener("beforeprint", () => this.forPrint());
    addEventListener("afterprint", () => this.show());
    this.measure();
    new ResizeObserver(() => {
      this.measure();
      this.show();
    }).observe(svg);
  }

  // Asked for at each step, it would have the browser lay out everything each time.
  measure() {
    this.window = this.svg.getBoundingClientRect();
  }

  // What there is to be seen.
  setBounds({ width, height }) {
    Object.assign(this, { width, height });
  }

  least() {
    const { width, height } = this.window;
    return Math.min(1, (width - 2 * EDGE) / this.width, (height - 2 * EDGE) / this.height);
  }

  show() {
    const { width, height } = this.window;
    if (width) this.svg.setAttribute("viewBox", [this.x, this.y, width / this.scale, height / this.scale].join(" "));
  }

  moveTo({ x = this.x, y = this.y, scale = this.scale }, smoothly = true) {
    cancelAnimationFrame(this.frame);
    const start = { x: this.x, y: this.y, scale: this.scale };
    const begun = performance.now();
    const step = (now) => {
      const share = smoothly && !calm.matches ? Math.min(1, Math.max(0, now - begun) / 220) : 1;
      const eased = 1 - (1 - share) ** 3;
      for (const [key, end] of Object.entries({ x, y, scale })) this[key] = start[key] + eased * (end - start[key]);
      this.show();
      if (share < 1) this.frame = requestAnimationFrame(step);
    };
    step(begun);
  }

  pan(right, down, smoothly = true) {
    this.moveTo({ x: this.x + right / this.scale, y: this.y + down / this.scale }, smoothly);
  }

  // Zoom about a point of the window, its middle if none is given.
  zoom(factor, point, smoothly = true) {
    const { width, height } = this.window;
    const [left, top] = point ?? [width / 2, height / 2];
    const scale = Math.min(CLOSEST, Math.max(this.least() / 2, this.scale * factor));
    this.moveTo({
      scale, x: this.x + left / this.scale - left / scale, y: this.y + top / this.scale - top / scale,
    }, smoothly);
  }

  whole(smoothly = true) {
    const { width, height } = this.window;
    const scale = this.least();
    this.moveTo({ scale, x: (this.width - width / scale) / 2, y: (this.height - height / scale) / 2 }, smoothly);
  }

  // At first: all of it, unless that would be too small to read; then where its values come from.
  begin(sideways) {
    const { width, height } = this.window;
    const least = this.least();
    if (least >= 0.6) return this.whole(false);
    if (sideways) {
      const scale = Math.max(0.6, Math.min(1, (height - 2 * EDGE) / this.height));
      return this.moveTo({ scale, x: -EDGE / scale, y: (this.height - height / scale) / 2 }, false);
    }
    const scale = Math.max(0.6, Math.min(1, (width - 2 * EDGE) / this.width));
    this.moveTo({ scale, x: (this.width - width / scale) / 2, y: -EDGE / scale }, false);
  }

  // Bring a box into sight, without moving where it is in sight already.
  reveal(box) {
    const { width, height } = this.window;
    const scale = Math.max(this.scale, 0.7);
    const [seenX, seenY] = [width / scale, height / scale];
    const edge = EDGE / scale;
    const inside = scale === this.scale && box.x > this.x + edge && box.x + box.width < this.x + seenX - edge
      && box.y > this.y + edge && box.y + box.height < this.y + seenY - edge;
    if (!inside) this.moveTo({ scale, x: box.x + box.width / 2 - seenX / 2, y: box.y + box.height / 2 - seenY / 2 });
  }

  wheel(event) {
    event.preventDefault();
    if (event.shiftKey) return this.pan(event.deltaY || event.deltaX, 0, false);
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0015)), this.at(event), false);
  }

  at(event) {
    const { left, top } = this.svg.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  // A mouse that goes down on text selects it; a finger, or a mouse beside boxes, moves the picture.
  press(event) {
    if (event.pointerType === "mouse" && (event.button !== 0 || event.target.closest(".node"))) return;
    this.pointers.set(event.pointerId, this.at(event));
    this.moved = 0;
    cancelAnimationFrame(this.frame);
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const here = this.at(event);
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    this.pointers.set(event.pointerId, here);
    this.moved += Math.abs(here[0] - before[0]) + Math.abs(here[1] - before[1]);
    if (this.moved > 4 && !this.svg.hasPointerCapture(event.pointerId)) this.svg.setPointerCapture(event.pointerId);
    if (others.length) {
      const distance = (one) => Math.hypot(one[0] - others[0][0], one[1] - others[0][1]) || 1;
      const middle = [(here[0] + others[0][0]) / 2, (here[1] + others[0][1]) / 2];
      this.zoom(distance(here) / distance(before), middle, false);
    }
    const share = others.length ? 0.5 : 1;
    this.pan((before[0] - here[0]) * share, (before[1] - here[1]) * share, false);
  }

  release(event) {
    this.pointers.delete(event.pointerId);
  }

  // All of it, as large as the paper is wide at most; a long one goes on over the pages.
  forPrint() {
    const { width, height } = this;
    this.svg.setAttribute("viewBox", [-8, -8, width + 16, height + 16].join(" "));
    this.svg.style.setProperty("--width", `${width + 16}px`);
    this.svg.style.setProperty("--ratio", `${width + 16} / ${height + 16}`);
  }
}
