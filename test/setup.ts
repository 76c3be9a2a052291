// Property tests draw the same cases in every run, so that a failure belongs to the change it appears with;
// FLEXVAR_FUZZ=SEED draws others, FLEXVAR_FUZZ_RUNS=N that many of each.
import fc from "fast-check";

const { FLEXVAR_FUZZ, FLEXVAR_FUZZ_RUNS } = process.env;
fc.configureGlobal({
  seed: FLEXVAR_FUZZ === undefined ? 20250313 : Number(FLEXVAR_FUZZ),
  ...(FLEXVAR_FUZZ_RUNS !== undefined && { numRuns: Number(FLEXVAR_FUZZ_RUNS) }),
});
