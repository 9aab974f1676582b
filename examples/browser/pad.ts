/** The side of the images the network reads, and of the square inside it that a digit fills. */
const [side, inner] = [28, 20];

/**
 * Lets one draw on a canvas, white on black.
 * @param onChange called with the drawing as the network reads it: 28 x 28 grey values, the digit in the middle, as in MNIST
 * @returns a function that wipes the canvas
 */
export function drawingPad(
  canvas: HTMLCanvasElement,
  onChange: (pixels: Uint8Array<ArrayBuffer>) => void,
): () => void {
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  Object.assign(context, {
    lineWidth: canvas.width / 13,
    lineCap: 'round',
    lineJoin: 'round',
    strokeStyle: 'white',
  });
  const at = (event: PointerEvent): [number, number] => {
    const scale = canvas.width / canvas.getBoundingClientRect().width;
    return [event.offsetX * scale, event.offsetY * scale];
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    context.beginPath();
    context.moveTo(...at(event));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.buttons === 0) return;
    context.lineTo(...at(event));
    context.stroke();
  });
  canvas.addEventListener('pointerup', () => {
    const pixels = centred(canvas, context);
    if (pixels) onChange(pixels);
  });
  return () => context.clearRect(0, 0, canvas.width, canvas.height);
}

/** What is drawn, scaled to the inner square of a small image. */
function centred(
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D,
): Uint8Array<ArrayBuffer> | undefined {
  const { width, height } = canvas;
  const { data } = context.getImageData(0, 0, width, height);
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[(y * width + x) * 4 + 3] === 0) continue;
      [left, right, top, bottom] = [
        Math.min(left, x),
        Math.max(right, x),
        Math.min(top, y),
        Math.max(bottom, y),
      ];
    }
  }
  if (right < left) return undefined;
  const [drawnWidth, drawnHeight] = [right - left + 1, bottom - top + 1];
  const scale = inner / Math.max(drawnWidth, drawnHeight);
  const small = new OffscreenCanvas(side, side).getContext('2d')!;
  small.imageSmoothingQuality = 'high';
  const [w, h] = [drawnWidth * scale, drawnHeight * scale];
  small.drawImage(canvas, left, top, drawnWidth, drawnHeight, (side - w) / 2, (side - h) / 2, w, h);
  const image = small.getImageData(0, 0, side, side).data;
  return Uint8Array.from({ length: side * side }, (_, pixel) => image[pixel * 4 + 3]!);
}
