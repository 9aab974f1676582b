import type { Prediction } from './bars.js';

/** A model that can be tried. */
export interface Model {
  readonly name: string;
  /** What it is asked with. */
  readonly input: 'picture' | 'pictures' | 'sample' | 'sound' | 'text' | 'prompt' | 'word';
  /** Whether it is for small grey pictures, such as digits, that can be drawn. */
  readonly drawable: boolean;
  /** Whether it hears sound while it is recorded. */
  readonly streams?: boolean;
  /** Classes that a generator of pictures may be asked for. */
  readonly classes?: readonly string[];
  /** The most pictures that it makes at once. */
  readonly mostPictures?: number;
}

/** Which pictures to make. */
export interface Wanted {
  /** Default: each class in turn. */
  readonly class?: string;
  readonly count: number;
  readonly seed: number;
  /** The seed at the end of the way, for pictures that lead from one to another. */
  readonly towards?: number;
}

/** An entity in a text: its type, and where it begins and ends. */
export interface Entity {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** An object on a picture: what it is, and its left, top, right and bottom in pixels. */
export interface Detection {
  readonly label: string;
  readonly score: number;
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
}

/** What models answer, each task in fields of its own. */
export interface Answer {
  readonly predictions?: readonly Prediction[];
  readonly entities?: readonly Entity[];
  readonly neighbours?: readonly { readonly word: string; readonly similarity: number }[];
  readonly similar?: readonly { readonly name: string; readonly similarity: number }[];
  readonly detections?: readonly Detection[];
  /** Of the picture, in pixels. */
  readonly width?: number;
  readonly height?: number;
  readonly translation?: string;
  /** What is said in a sound. */
  readonly text?: string;
  readonly milliseconds: number;
}

/** The models that are served for people. */
export async function servedModels(): Promise<readonly Model[]> {
  return (await (await fetch('/page/models.json')).json()) as Model[];
}

/** Asks a model about a file or a text. @throws Error with the server's reason */
export async function predict({ name }: Model, body: Blob | string): Promise<Answer> {
  const type = typeof body === 'string' ? 'text/plain' : body.type || 'application/octet-stream';
  const response = await fetch(`/models/${encodeURIComponent(name)}/predict?top=11`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': type },
  });
  const answer = (await response.json()) as Answer & { error?: string };
  if (!response.ok) throw new Error(answer.error ?? response.statusText);
  return answer;
}

/**
 * Has a model make pictures: one PNG with all of them side by side.
 * @throws Error with the server's reason; DOMException 'AbortError' when the signal ends it
 */
export async function makePictures(
  { name }: Model,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<{ readonly picture: Blob; readonly milliseconds: number }> {
  const response = await fetch(`/models/${encodeURIComponent(name)}/predict`, {
    method: 'POST',
    body: JSON.stringify(wanted),
    headers: { 'Content-Type': 'application/json' },
    signal,
  });
  if (!response.ok) throw new Error(((await response.json()) as { error: string }).error);
  const duration = /dur=([\d.]+)/.exec(response.headers.get('Server-Timing') ?? '')?.[1];
  return { picture: await response.blob(), milliseconds: Number(duration) };
}

/**
 * Has a model go on with a text.
 * @param onPiece given the pieces as they come
 * @throws Error with the server's reason; DOMException 'AbortError' when the signal ends it
 */
export async function goOn(
  { name }: Model,
  prompt: string,
  onPiece: (piece: string) => void,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await fetch(`/models/${encodeURIComponent(name)}/predict`, {
    method: 'POST',
    body: JSON.stringify({ prompt, stream: true, truncate: true, seed: Math.floor(Math.random() * 2 ** 32) }),
    headers: { 'Content-Type': 'application/json' },
    signal,
  });
  if (!response.ok) throw new Error(((await response.json()) as { error: string }).error);
  let last: Partial<Answer> & { piece?: string; error?: string } = {};
  for await (const event of eventsOf(response.body!)) {
    last = JSON.parse(event) as typeof last;
    if (last.piece !== undefined) onPiece(last.piece);
  }
  if (last.milliseconds === undefined) throw new Error(last.error ?? 'the answer was cut off');
  return { milliseconds: last.milliseconds };
}

/** The data of server-sent events, which are a line each. */
async function* eventsOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = `${waiting}${value}`.split('\n\n');
    waiting = events.pop()!;
    for (const event of events) yield event.slice('data: '.length);
  }
}
