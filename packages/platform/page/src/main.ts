import { type Outcome, showOutcome } from './output.js';
import { isFileInput, PictureInput } from './pictureInput.js';
import { type Model, servedModels } from './server.js';
import { TextInput } from './textInput.js';
import { currentLanguage, switchLanguage, text } from './texts.js';

const find = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;
const select = find<HTMLSelectElement>('models');

let models: readonly Model[] = [];
let outcome: Outcome = {};
const pictures = new PictureInput(model, show);
const writing = new TextInput(model, show);

function model(): Model | undefined {
  return models[select.selectedIndex] ?? models[0];
}

function show(next: Outcome): void {
  outcome = next;
  render();
}

/** Writes every text anew: after a change of language, model or answer. */
function render(): void {
  const asked = model();
  document.documentElement.lang = currentLanguage() === 'zh' ? 'zh-CN' : 'en';
  document.title = asked ? `${asked.name} · Modelwright` : 'Modelwright';
  find('model-name').textContent = asked?.name ?? 'Modelwright';
  find('language').textContent = text('other');
  find('clear').textContent = text('clear');
  const takesFiles = asked !== undefined && isFileInput(asked);
  for (const part of document.querySelectorAll<HTMLElement>('[data-input]'))
    part.hidden = !asked || (part.dataset.input === 'picture') !== takesFiles;
  find('clear').hidden = !asked;
  if (!asked) find('hint').textContent = text('none');
  else if (takesFiles) pictures.render(asked, !outcome.answer && !outcome.fault && !pictures.isBusy);
  else writing.render(asked);
  for (const labelled of document.querySelectorAll<HTMLElement>('[data-label]'))
    labelled.ariaLabel = text(labelled.dataset.label as 'model' | 'input' | 'output');
  showOutcome(outcome, asked ? text('waiting') : '');
}

function clear(): void {
  pictures.clear();
  writing.clear();
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
