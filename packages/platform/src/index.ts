export { type ClientOptions, PlatformClient } from './client/client.js';
export { type RecordedRun, RunRecorder } from './client/recorder.js';
export { localRuns, type RunSink, remoteRuns } from './client/sink.js';
export { type AppOptions, createApp } from './server/app.js';
export { type RunningServer, type ServeOptions, serve } from './server/serve.js';
export { type ServedModel, type ServeModelOptions, serveModel } from './server/servedModel.js';
export { openService, type Service, type ServiceOptions } from './service.js';
