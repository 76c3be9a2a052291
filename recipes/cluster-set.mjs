// node recipes/cluster-set.mjs [--model fashion] [--total 10000] [--workers 3] [--kill-every 60] [--asker-kills 1] [--seed 1]: a set drawn by the
// workers of a cluster while one of them is killed with SIGKILL every so many seconds and started again, and who asks for it a few times. The
// file must be the one that a single process writes, byte for byte. Ends with 1 where it is not.
import { runSet } from "./lib/cluster-set.mjs";
import { readFlags } from "./lib/flags.mjs";

const { values: flags } = readFlags({
  model: "fashion",
  total: "10000",
  workers: "3",
  "kill-every": "60",
  "asker-kills": "1",
  seed: "1",
});
const number = (name) => Number(flags[name]);
const { total, seconds, alone, workerKills, askerKills, isEqual, isClean, machines, left } = await runSet(
  {
    model: flags.model,
    total: number("total"),
    workers: number("workers"),
    killEverySeconds: number("kill-every"),
    askerKills: number("asker-kills"),
    seed: number("seed"),
  },
  console.error,
);
console.log(
  `${total} pictures in ${seconds.toFixed(0)} s, by one process in ${alone.toFixed(0)} s; killed: ${workerKills} workers, ${askerKills} times who asked`,
);
console.log(`machines ${machines.join(", ")}; left in the store: ${JSON.stringify(left)}`);
console.log(isEqual ? "the files are equal" : "the files DIFFER");
process.exit(isEqual && isClean ? 0 : 1);
