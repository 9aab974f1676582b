import { Board } from './board.js';
import type { Outcome } from './output.js';
import { type Model, predict } from './server.js';
import { text } from './texts.js';

const find = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;

/** Asks a model about a picture that is drawn, chosen or dropped. */
export class PictureInput {
  readonly #canvas = find<HTMLCanvasElement>('board');
  readonly #picture = find<HTMLImageElement>('picture');
  readonly #upload = find<HTMLInputElement>('upload');
  readonly #board: Board;
  readonly #model: () => Model | undefined;
  readonly #onOutcome: (outcome: Outcome) => void;
  /** The picture that waits to be sent; the newest replaces an older one. */
  #pending: (() => Promise<Blob | undefined>) | undefined;
  #isAsking = false;

  /** @param onOutcome called when there is something new to show */
  constructor(model: () => Model | undefined, onOutcome: (outcome: Outcome) => void) {
    this.#model = model;
    this.#onOutcome = onOutcome;
    this.#board = new Board(this.#canvas, () => {
      this.#picture.hidden = true;
      this.#ask(() => this.#board.digit());
    });
    this.#upload.addEventListener('change', () => this.#show(this.#upload.files?.[0]));
    document.addEventListener('dragover', (event) => {
      event.preventDefault();
      document.body.classList.add('dropping');
    });
    document.addEventListener('dragleave', () => document.body.classList.remove('dropping'));
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      document.body.classList.remove('dropping');
      if (model()?.input === 'picture') this.#show(event.dataTransfer?.files[0]);
    });
  }

  /** Whether a picture waits for its answer. */
  get isBusy(): boolean {
    return this.#isAsking || this.#pending !== undefined;
  }

  clear(): void {
    this.#board.clear();
    this.#picture.hidden = true;
    this.#upload.value = '';
    this.#pending = undefined;
  }

  /** Writes its texts. @param isEmpty whether it should invite to draw or drop something */
  render({ drawable }: Model, isEmpty: boolean): void {
    find('hint').textContent = text(drawable ? 'draw' : 'show');
    find('invitation').textContent = text(drawable ? 'invitation' : 'drop');
    find('invitation').hidden = !isEmpty;
    find('upload-text').textContent = text('upload');
    this.#upload.parentElement!.classList.toggle('primary', !drawable);
    find('keys').textContent = text('keys');
    find('keys').hidden = !drawable;
    this.#canvas.hidden = !drawable;
    this.#canvas.ariaLabel = text('board');
  }

  #show(file: File | undefined): void {
    if (!file) return;
    this.#board.clear();
    URL.revokeObjectURL(this.#picture.src);
    this.#picture.src = URL.createObjectURL(file);
    this.#picture.hidden = false;
    this.#ask(() => Promise.resolve(file));
  }

  /** Asks about a picture; while the model answers, only the newest picture waits. */
  async #ask(image: () => Promise<Blob | undefined>): Promise<void> {
    this.#pending = image;
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#onOutcome({});
    let outcome: Outcome = {};
    while (this.#pending) {
      const next = this.#pending;
      this.#pending = undefined;
      const [asked, blob] = [this.#model(), await next()];
      if (!asked || !blob) continue;
      const found = await predict(asked, blob).then(
        (answer) => ({ answer }),
        (error: Error) => ({ fault: error.message }),
      );
      // It was cleared meanwhile, or another model was chosen.
      if (asked !== this.#model() || (this.#picture.hidden && !(await this.#board.digit()))) {
        outcome = {};
        continue;
      }
      outcome = found;
      this.#onOutcome(outcome);
    }
    this.#isAsking = false;
    this.#onOutcome(outcome);
  }
}
