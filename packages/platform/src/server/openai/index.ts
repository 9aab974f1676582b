import type { ModelApp, ServerContext } from '../routes.js';
import { addEmbeddings } from './embeddings.js';
import { addModels } from './models.js';
import { addModerations } from './moderations.js';
import { addTranscriptions } from './transcriptions.js';
import { addWriting } from './writing.js';

/**
 * OpenAI's API (https://platform.openai.com/docs/api-reference), so that its clients work as they are: models, embeddings, completions,
 * chat, transcriptions, moderations. What a task's models can do of it says its record in `tasks`.
 */
export function addOpenAi(app: ModelApp, server: ServerContext): void {
  addModels(app);
  addEmbeddings(app, server);
  addWriting(app, server);
  addTranscriptions(app, server);
  addModerations(app, server);
}
