type Point = readonly [x: number, y: number];

/** A board to draw a digit on, white on black, with a mouse, a finger, a pen or the keyboard. */
export class Board {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #onChange: () => void;
  #last: Point | undefined;
  /** The pen of the keyboard, and whether it is down. */
  #pen: Point;
  #isPenDown = false;

  /** @param onChange called after each stroke of ink */
  constructor(canvas: HTMLCanvasElement, onChange: () => void) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!;
    this.#onChange = onChange;
    this.#pen = [canvas.width / 2, canvas.height / 4];
    this.#context.lineCap = 'round';
    this.#context.lineJoin = 'round';
    this.#context.lineWidth = canvas.width / 14;
    this.clear();
    canvas.addEventListener('pointerdown', (event) => this.#begin(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(end, () => {
        this.#last = undefined;
      });
    }
    canvas.addEventListener('keydown', (event) => this.#key(event));
  }

  /** Wipes the board. */
  clear(): void {
    this.#context.fillStyle = '#000000';
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#isPenDown = false;
  }

  /**
   * The drawing as the digits of MNIST are: scaled to fit 20 x 20 pixels, and put into 28 x 28 with its centre of mass in the
   * middle (http://yann.lecun.com/exdb/mnist). Undefined while the board is empty.
   */
  async digit(): Promise<Blob | undefined> {
    const { width, height } = this.#canvas;
    const ink = measure(this.#context.getImageData(0, 0, width, height));
    if (!ink) return undefined;
    const scale = 20 / Math.max(ink.right - ink.left, ink.bottom - ink.top);
    const small = document.createElement('canvas');
    small.width = 28;
    small.height = 28;
    const context = small.getContext('2d')!;
    context.fillStyle = '#000000';
    context.fillRect(0, 0, 28, 28);
    context.imageSmoothingQuality = 'high';
    const [x, y] = [
      clampShift(ink.centreX, ink.left, ink.right, scale),
      clampShift(ink.centreY, ink.top, ink.bottom, scale),
    ];
    context.drawImage(this.#canvas, x, y, width * scale, height * scale);
    return new Promise((resolve) => small.toBlob((blob) => resolve(blob ?? undefined), 'image/png'));
  }

  #begin(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#last = this.#place(event);
    this.#line(this.#last, this.#last);
  }

  #move(event: PointerEvent): void {
    if (!this.#last) return;
    for (const step of event.getCoalescedEvents?.() ?? [event]) {
      const point = this.#place(step);
      this.#line(this.#last, point);
      this.#last = point;
    }
  }

  #key(event: KeyboardEvent): void {
    const step = this.#canvas.width / 28;
    const moves: Record<string, Point> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
      ' ': [0, 0],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    if (event.key === ' ') this.#isPenDown = !this.#isPenDown;
    const from = this.#pen;
    const within = (value: number): number => Math.min(this.#canvas.width - step, Math.max(step, value));
    this.#pen = [within(from[0] + move[0]), within(from[1] + move[1])];
    if (this.#isPenDown) this.#line(from, this.#pen);
  }

  #line(from: Point, to: Point): void {
    this.#context.strokeStyle = '#ffffff';
    this.#context.beginPath();
    this.#context.moveTo(...from);
    this.#context.lineTo(to[0] + 0.01, to[1]); // A line of no length, a tap, would not be drawn.
    this.#context.stroke();
    this.#onChange();
  }

  #place({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return [
      ((clientX - left) / width) * this.#canvas.width,
      ((clientY - top) / height) * this.#canvas.height,
    ];
  }
}

/** The bounds and the centre of mass of the ink; undefined where there is none. */
function measure({ data, width, height }: ImageData) {
  let [left, right, top, bottom] = [width, 0, height, 0];
  let [mass, sumX, sumY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const ink = data[4 * (y * width + x)]!;
      if (ink < 32) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
      mass += ink;
      sumX += ink * (x + 0.5);
      sumY += ink * (y + 0.5);
    }
  }
  return mass === 0 ? undefined : { left, right, top, bottom, centreX: sumX / mass, centreY: sumY / mass };
}

/** The shift that brings a centre to the middle of 28 pixels, the ink staying inside. */
function clampShift(centre: number, from: number, to: number, scale: number): number {
  return Math.min(28 - to * scale, Math.max(-from * scale, 14 - centre * scale));
}
