export { type AppOptions, createApp } from './server/app.js';
export { type RunningServer, type ServeOptions, serve } from './server/serve.js';
export { type ServedModel, type ServeModelOptions, serveModel } from './server/servedModel.js';
