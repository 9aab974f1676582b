import { type Prediction, percent, showBars } from './bars.js';
import { Board } from './board.js';
import { currentLanguage, switchLanguage, text } from './texts.js';

interface Model {
  readonly name: string;
  readonly input: string;
  /** Whether it is for small grey pictures, such as digits, that can be drawn. */
  readonly drawable: boolean;
}

interface Answer {
  readonly predictions: readonly Prediction[];
  readonly milliseconds: number;
}

/** The most characters of a class that is written large. */
const longLabel = 10;

const find = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;
const picture = find<HTMLImageElement>('picture');
const canvas = find<HTMLCanvasElement>('board');
const upload = find<HTMLInputElement>('upload');
const select = find<HTMLSelectElement>('models');
const board = new Board(canvas, drawn);

let models: readonly Model[] = [];
let answer: Answer | undefined;
let fault: string | undefined;
/** The picture that waits to be sent; the newest replaces an older one. */
let pending: (() => Promise<Blob | undefined>) | undefined;
let isAsking = false;

function model(): Model | undefined {
  return models[select.selectedIndex] ?? models[0];
}

/** Writes every text anew: after a change of language, model or answer. */
function render(): void {
  const isDrawable = model()?.drawable ?? false;
  const isEmpty = !answer && !fault && !pending && !isAsking;
  document.documentElement.lang = currentLanguage() === 'zh' ? 'zh-CN' : 'en';
  document.title = model() ? `${model()!.name} · Modelwright` : 'Modelwright';
  find('model-name').textContent = model()?.name ?? 'Modelwright';
  find('hint').textContent = models.length === 0 ? text('none') : text(isDrawable ? 'draw' : 'show');
  find('invitation').textContent = text(isDrawable ? 'invitation' : 'drop');
  find('invitation').hidden = !isEmpty;
  find('clear').textContent = text('clear');
  find('upload-text').textContent = text('upload');
  upload.parentElement!.classList.toggle('primary', !isDrawable);
  find('keys').textContent = text('keys');
  find('keys').hidden = !isDrawable;
  canvas.hidden = !isDrawable;
  canvas.ariaLabel = text('board');
  find('language').textContent = text('other');
  for (const labelled of document.querySelectorAll<HTMLElement>('[data-label]')) {
    labelled.ariaLabel = text(labelled.dataset.label as 'model' | 'input' | 'output');
  }
  renderAnswer();
}

function renderAnswer(): void {
  const [best] = answer?.predictions ?? [];
  find('answer').textContent = best?.label ?? '';
  find('answer').classList.toggle('long', (best?.label.length ?? 0) > longLabel);
  find('certainty').textContent = best ? percent(best.probability) : '';
  showBars(find('bars'), answer?.predictions ?? []);
  find('status').classList.toggle('fault', fault !== undefined);
  find('status').textContent = statusText();
}

function statusText(): string {
  if (fault !== undefined) return text('failed', { reason: fault });
  if (answer) return text('time', { milliseconds: answer.milliseconds.toFixed(1) });
  return models.length > 0 ? text('waiting') : '';
}

function drawn(): void {
  picture.hidden = true;
  ask(() => board.digit());
}

function show(file: File): void {
  board.clear();
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(file);
  picture.hidden = false;
  ask(() => Promise.resolve(file));
}

function clear(): void {
  board.clear();
  picture.hidden = true;
  upload.value = '';
  answer = undefined;
  fault = undefined;
  pending = undefined;
  render();
}

/** Asks the model about a picture; while it answers, only the newest picture waits. */
async function ask(image: () => Promise<Blob | undefined>): Promise<void> {
  pending = image;
  if (isAsking) return;
  isAsking = true;
  render();
  while (pending) {
    const next = pending;
    pending = undefined;
    const blob = await next();
    if (!blob) continue;
    const result = await predict(blob).catch((error: Error) => error);
    if (picture.hidden && !(await board.digit())) continue; // It was cleared meanwhile.
    fault = result instanceof Error ? result.message : undefined;
    answer = result instanceof Error ? undefined : result;
    renderAnswer();
  }
  isAsking = false;
  render();
}

async function predict(image: Blob): Promise<Answer> {
  const path = `/models/${encodeURIComponent(model()!.name)}/predict?top=11`;
  const response = await fetch(path, {
    method: 'POST',
    body: image,
    headers: { 'Content-Type': image.type || 'application/octet-stream' },
  });
  const body = (await response.json()) as Answer & { error?: string };
  if (!response.ok) throw new Error(body.error ?? response.statusText);
  return body;
}

find('clear').addEventListener('click', clear);
find('language').addEventListener('click', () => {
  switchLanguage();
  render();
});
select.addEventListener('change', clear);
upload.addEventListener('change', () => {
  const file = upload.files?.[0];
  if (file) show(file);
});
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.add('dropping');
});
document.addEventListener('dragleave', () => document.body.classList.remove('dropping'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('dropping');
  const file = event.dataTransfer?.files[0];
  if (file && model()) show(file);
});

const served = (await (await fetch('/page/models.json')).json()) as Model[];
models = served.filter(({ input }) => input === 'picture');
for (const { name } of models) select.add(new Option(name));
select.hidden = models.length < 2;
find('model-name').hidden = models.length > 1;
render();
