import type { MadePictures } from './made.js';
import type { Outcome } from './output.js';
import { type Model, makePictures, type Wanted } from './server.js';
import { text } from './texts.js';

const find = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;

/** How many pictures are asked for at first, and how many of each of a few classes. */
const firstCount = 16;
const firstRounds = 4;
const fewClasses = 12;
/** Below this are the seeds that a person is given: short ones can be kept in mind. */
const shortSeeds = 10_000;

/** Has a model make pictures: of a class, from a seed, or on the way from one seed to another. */
export class SampleInput {
  readonly #form = find<HTMLFormElement>('sample');
  readonly #class = find<HTMLSelectElement>('class');
  readonly #count = find<HTMLInputElement>('count');
  readonly #seed = find<HTMLInputElement>('seed');
  readonly #towards = find<HTMLInputElement>('towards');
  readonly #onOutcome: (outcome: Outcome) => void;
  /** The model whose classes and numbers the form shows. */
  #shown: Model | undefined;
  /** Ends the question that is under way. */
  #asking: AbortController | undefined;
  #made: MadePictures | undefined;

  /** @param onOutcome called when there is something new to show */
  constructor(model: () => Model | undefined, onOutcome: (outcome: Outcome) => void) {
    this.#onOutcome = onOutcome;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const asked = model();
      if (this.#asking) this.#asking.abort();
      else if (asked) this.#ask(asked);
    });
    find('another').addEventListener('click', () => {
      this.#asking?.abort();
      this.#asking = undefined;
      this.#seed.value = String(Math.floor(Math.random() * shortSeeds));
      this.#form.requestSubmit();
    });
  }

  clear(): void {
    this.#asking?.abort();
    this.#asking = undefined;
    this.#forget();
  }

  /** Writes its texts. */
  render(model: Model): void {
    const { classes = [], mostPictures = firstCount } = model;
    if (this.#shown !== model) {
      const turns = new Option('', '');
      this.#class.replaceChildren(turns, ...classes.map((name) => new Option(name, `=${name}`)));
      this.#count.max = String(mostPictures);
      const rounds = classes.length > fewClasses ? 1 : firstRounds;
      this.#count.value = String(Math.min(mostPictures, rounds * classes.length || firstCount));
      this.#shown = model;
    }
    find('hint').textContent = text('make');
    this.#class.parentElement!.hidden = classes.length === 0;
    if (classes.length > 0) this.#class.options[0]!.text = text('eachClass');
    this.#towards.placeholder = text('noWalk');
    find('create').textContent = text(this.#asking ? 'stop' : 'create');
  }

  async #ask(model: Model): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    const before: Outcome = this.#made ? { made: this.#made } : {};
    this.#onOutcome(before);
    const wanted = this.#wanted();
    const outcome = await makePictures(model, wanted, asking.signal).then(
      ({ picture, milliseconds }): Outcome => {
        this.#forget();
        const url = URL.createObjectURL(picture);
        this.#made = { ...wanted, url, model };
        return { made: this.#made, answer: { milliseconds } };
      },
      (error: Error): Outcome => (asking.signal.aborted ? before : { fault: error.message }),
    );
    if (this.#asking !== asking) return;
    this.#asking = undefined;
    this.#onOutcome(outcome);
  }

  #wanted(): Wanted {
    const towards = this.#towards.value;
    return {
      ...(this.#class.value !== '' && { class: this.#class.value.slice(1) }),
      count: this.#count.valueAsNumber,
      seed: this.#seed.valueAsNumber,
      ...(towards !== '' && { towards: Number(towards) }),
    };
  }

  #forget(): void {
    if (this.#made) URL.revokeObjectURL(this.#made.url);
    this.#made = undefined;
  }
}
