#!/usr/bin/env node
/** The `flexvar` binary. */
import { processTerminal, run, stopOnSignals } from "./run.ts";

const stop = new AbortController();
stopOnSignals(stop);
process.exitCode = await run(process.argv.slice(2), processTerminal(), stop.signal);
