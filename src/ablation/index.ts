/** The paper's design decisions compared by small runs: prediction of the latent itself or of remainders, learned or fixed positions. Runs in Node. */
export {
  ARMS,
  type Arm,
  type ArmResult,
  type Comparison,
  type ComparisonContext,
  type ComparisonPlan,
  openComparison,
  SMALL_PLAN,
} from "./comparison.ts";
export { type CodebookFit, fitResidualCodes } from "./residual-codes.ts";
export { groundTruthSpace, residualSpace, type TokenSpace } from "./spaces.ts";
