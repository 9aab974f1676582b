import { FileInput, isFileInput } from './fileInput.js';
import { type Outcome, showOutcome } from './output.js';
import { Recorder } from './recorder.js';
import { SampleInput } from './sampleInput.js';
import { type Model, servedModels } from './server.js';
import { TextInput } from './textInput.js';
import { currentLanguage, switchLanguage, type TextName, text } from './texts.js';

const find = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;
const select = find<HTMLSelectElement>('models');

let models: readonly Model[] = [];
let outcome: Outcome = {};
const files = new FileInput(model, show, () => recorder.clear());
const recorder = new Recorder(model, files, show);
const writing = new TextInput(model, show);
const samples = new SampleInput(model, show);

function model(): Model | undefined {
  return models[select.selectedIndex] ?? models[0];
}

/** @param next default: what is shown already */
function show(next: Outcome = outcome): void {
  outcome = next;
  render();
}

/** Which parts of the page a model is asked with. */
function inputKind(asked: Model): 'picture' | 'sample' | 'text' {
  if (isFileInput(asked)) return 'picture';
  return asked.input === 'sample' ? 'sample' : 'text';
}

/** Writes every text anew: after a change of language, model or answer. */
function render(): void {
  const asked = model();
  document.documentElement.lang = currentLanguage() === 'zh' ? 'zh-CN' : 'en';
  document.title = asked ? `${asked.name} · Modelwright` : 'Modelwright';
  find('model-name').textContent = asked?.name ?? 'Modelwright';
  find('language').textContent = text('other');
  const kind = asked && inputKind(asked);
  for (const part of document.querySelectorAll<HTMLElement>('[data-input]'))
    part.hidden = part.dataset.input !== kind;
  for (const part of document.querySelectorAll<HTMLElement>('[data-text]'))
    part.textContent = text(part.dataset.text as TextName);
  for (const labelled of document.querySelectorAll<HTMLElement>('[data-label]'))
    labelled.ariaLabel = text(labelled.dataset.label as TextName);
  find('clear').hidden = !asked;
  if (!asked) find('hint').textContent = text('none');
  else if (kind === 'picture') {
    files.render(asked, !outcome.answer && !outcome.fault && !files.isBusy);
    recorder.render(asked);
  } else if (kind === 'sample') samples.render(asked);
  else writing.render(asked);
  showOutcome(outcome, asked ? text(recorder.state ?? 'waiting') : '');
}

function clear(): void {
  recorder.clear();
  files.clear();
  writing.clear();
  samples.clear();
  show({});
}

find('clear').addEventListener('click', clear);
find('language').addEventListener('click', () => {
  switchLanguage();
  render();
});
select.addEventListener('change', clear);

models = await servedModels();
for (const { name } of models) select.add(new Option(name));
select.hidden = models.length < 2;
find('model-name').hidden = models.length > 1;
render();
