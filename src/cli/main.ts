#!/usr/bin/env node
/** The `flexvar` binary. */
import { run, stopOnSignals } from "./run.ts";
import { endOnFaults, processTerminal } from "./streams.ts";

const terminal = processTerminal();
endOnFaults(terminal);
const stop = new AbortController();
stopOnSignals(stop);
process.exitCode = await run(process.argv.slice(2), terminal, stop.signal);
