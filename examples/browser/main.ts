// The page: buttons, the curve, the pad. The work is done in worker.ts.
import { drawCurve } from './curve.js';
import type { Report, Request } from './messages.js';
import { drawingPad } from './pad.js';
import { type Language, texts } from './texts.js';

const element = <E extends Element>(id: string): E => document.querySelector<E>(`#${id}`)!;
const [trainButton, stopButton] = [element<HTMLButtonElement>('train'), element<HTMLButtonElement>('stop')];
const [device, language] = [element<HTMLSelectElement>('device'), element<HTMLSelectElement>('language')];
const [status, curve, bars] = [
  element<HTMLElement>('status'),
  element<SVGSVGElement>('curve'),
  element<HTMLElement>('bars'),
];

const worker = new Worker('/worker.js', { type: 'module' });
const ask = (request: Request): void => worker.postMessage(request);
const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

let losses: number[] = [];
let say = (text: (typeof texts)[Language]): string => text.ready;

function show(): void {
  const text = texts[language.value as Language];
  document.documentElement.lang = language.value === 'zh' ? 'zh-Hans' : 'en';
  for (const place of document.querySelectorAll<HTMLElement>('[data-text]')) {
    place.textContent = text[place.dataset.text as 'title'];
  }
  status.textContent = say(text);
}

function tell(message: typeof say): void {
  say = message;
  show();
}

function setTraining(running: boolean): void {
  trainButton.disabled = device.disabled = running;
  stopButton.disabled = !running;
}

function showProbabilities(probabilities: readonly number[]): void {
  const best = Math.max(...probabilities);
  const row = (share: number, digit: number): string => {
    const kind = share === best ? ' class="best"' : '';
    return `<span${kind}>${digit}</span><i style="width:${percent(share)}"></i><span${kind}>${percent(share)}</span>`;
  };
  bars.innerHTML = best > 0 ? probabilities.map(row).join('') : '';
}

worker.addEventListener('message', ({ data }: MessageEvent<Report>) => {
  if (data.kind === 'step') {
    losses.push(data.loss);
    drawCurve(curve, losses, data.steps);
    tell((text) => text.step(data.step, data.steps, data.loss.toFixed(3), percent(data.accuracy)));
  } else if (data.kind === 'classified') showProbabilities(data.probabilities);
  else {
    setTraining(false);
    if (data.kind === 'failed') tell((text) => text.failed(data.message));
    else tell((text) => text.trained(percent(data.accuracy), data.seconds.toFixed(1)));
  }
});

trainButton.addEventListener('click', () => {
  losses = [];
  drawCurve(curve, losses, 0);
  setTraining(true);
  tell((text) => text.starting);
  ask({ kind: 'train', device: device.value === 'webgpu' ? 'webgpu' : 'cpu' });
});
stopButton.addEventListener('click', () => ask({ kind: 'stop' }));
language.addEventListener('change', show);

const wipe = drawingPad(element<HTMLCanvasElement>('pad'), (pixels) => ask({ kind: 'classify', pixels }));
element<HTMLButtonElement>('clear').addEventListener('click', () => {
  wipe();
  showProbabilities([0]);
});

if (navigator.language.startsWith('zh')) language.value = 'zh';
if (!('gpu' in navigator))
  element<HTMLOptionElement>('device').querySelector<HTMLOptionElement>('[value=webgpu]')!.disabled = true;
drawCurve(curve, losses, 0);
show();
