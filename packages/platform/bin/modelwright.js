#!/usr/bin/env node
// In its place before the build, so that npm can link it in a clone.
import '../dist/cli/main.js';
