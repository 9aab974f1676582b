import { Board } from './board.js';
import type { Outcome } from './output.js';
import { type Model, predict } from './server.js';
import { text } from './texts.js';

const find = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;

/** Whether a model is asked with files: pictures or sounds. */
export const isFileInput = ({ input }: Model): boolean => ['picture', 'pictures', 'sound'].includes(input);

/** Asks a model about a picture that is drawn, or about a picture or sound that is chosen or dropped. */
export class FileInput {
  readonly #canvas = find<HTMLCanvasElement>('board');
  readonly #picture = find<HTMLImageElement>('picture');
  readonly #sound = document.createElement('audio');
  readonly #upload = find<HTMLInputElement>('upload');
  readonly #board: Board;
  readonly #model: () => Model | undefined;
  readonly #onOutcome: (outcome?: Outcome) => void;
  /** The file that was chosen, unless something was drawn since. */
  #file: File | undefined;
  /** The address of that file, for this page. */
  #shown: string | undefined;
  /** What waits to be sent; the newest replaces an older one. */
  #pending: (() => Promise<Blob | undefined>) | undefined;
  #isAsking = false;
  /** How often it was cleared, as it also is when another model is chosen: what was asked before that is not to be answered. */
  #cleared = 0;

  /**
   * @param onOutcome called when there is something new to show; without one when the page is to be written anew
   * @param onChoice called when a person has chosen a file, before it is asked about
   */
  constructor(model: () => Model | undefined, onOutcome: (outcome?: Outcome) => void, onChoice: () => void) {
    this.#model = model;
    this.#onOutcome = onOutcome;
    this.#board = new Board(this.#canvas, () => {
      this.#picture.hidden = true;
      this.#file = undefined;
      this.#ask(() => this.#board.digit());
    });
    // A picture of a kind that the model's server reads, and the browser does not.
    this.#picture.addEventListener('error', () => {
      this.#picture.hidden = true;
      find('invitation').hidden = false;
    });
    this.#sound.controls = true;
    this.#canvas.parentElement!.after(this.#sound);
    const choose = (file: File | undefined): void => {
      if (!file) return;
      onChoice();
      this.#choose(file);
    };
    this.#upload.addEventListener('change', () => choose(this.#upload.files?.[0]));
    document.addEventListener('dragover', (event) => {
      event.preventDefault();
      document.body.classList.add('dropping');
    });
    document.addEventListener('dragleave', () => document.body.classList.remove('dropping'));
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      document.body.classList.remove('dropping');
      const asked = model();
      if (asked && isFileInput(asked)) choose(event.dataTransfer?.files[0]);
    });
  }

  /** Whether a picture waits for its answer. */
  get isBusy(): boolean {
    return this.#isAsking || this.#pending !== undefined;
  }

  clear(): void {
    this.#board.clear();
    this.#picture.hidden = true;
    this.#sound.removeAttribute('src');
    this.#upload.value = '';
    this.#file = undefined;
    this.#pending = undefined;
    this.#cleared++;
  }

  /** Writes its texts. @param isEmpty whether it should invite to draw or drop something */
  render({ input, drawable }: Model, isEmpty: boolean): void {
    const isSound = input === 'sound';
    find('hint').textContent = text(isSound ? 'listen' : drawable ? 'draw' : 'show');
    const invitation = text(isSound ? 'dropSound' : drawable ? 'invitation' : 'drop');
    find('invitation').textContent = this.#file?.name ?? invitation;
    find('invitation').hidden = !isEmpty && !isSound && (drawable || !this.#picture.hidden);
    find('invitation').parentElement!.classList.toggle('of-sound', isSound);
    this.#sound.hidden = !isSound || !this.#file;
    find('upload-text').textContent = text(isSound ? 'uploadSound' : 'upload');
    this.#upload.accept = isSound ? 'audio/*' : 'image/*';
    this.#upload.parentElement!.classList.toggle('primary', !drawable);
    find('keys').textContent = text('keys');
    find('keys').hidden = !drawable;
    this.#canvas.hidden = !drawable;
    this.#canvas.ariaLabel = text('board');
  }

  /** Shows or plays a file, and asks about it. */
  show(file: File): void {
    this.keep(file);
    this.#ask(() => Promise.resolve(file));
  }

  /** Shows or plays a file. */
  keep(file: File): void {
    const isSound = this.#model()?.input === 'sound';
    this.#board.clear();
    if (this.#shown) URL.revokeObjectURL(this.#shown);
    this.#shown = URL.createObjectURL(file);
    (isSound ? this.#sound : this.#picture).src = this.#shown;
    this.#picture.hidden = isSound;
    this.#file = file;
  }

  #choose(file: File): void {
    const isSound = this.#model()?.input === 'sound';
    if (file.type === '' || file.type.startsWith(isSound ? 'audio/' : 'image/')) {
      this.show(file);
      return;
    }
    this.clear();
    this.#onOutcome({ fault: text(isSound ? 'notSound' : 'notPicture', { name: file.name }) });
  }

  /** Asks about a picture; while the model answers, only the newest picture waits. */
  async #ask(image: () => Promise<Blob | undefined>): Promise<void> {
    this.#pending = image;
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#onOutcome({});
    let outcome: Outcome | undefined = {};
    while (this.#pending) {
      const next = this.#pending;
      this.#pending = undefined;
      const cleared = this.#cleared;
      const [asked, blob] = [this.#model(), await next()];
      if (!asked || !blob) continue;
      const found = await predict(asked, blob).then(
        (answer) => ({ answer, ...(answer.text !== undefined && { text: answer.text }) }),
        (error: Error) => ({ fault: error.message }),
      );
      if (cleared !== this.#cleared) {
        outcome = undefined; // something else may be shown by now
        continue;
      }
      outcome = found;
      this.#onOutcome(outcome);
    }
    this.#isAsking = false;
    this.#onOutcome(outcome);
  }
}
