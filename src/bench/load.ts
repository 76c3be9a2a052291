import { cpus } from "node:os";

/** Busy processor time of the whole machine and of this process, in milliseconds. */
interface CpuTimes {
  readonly machine: number;
  readonly own: number;
  readonly wall: number;
}

function cpuTimes(): CpuTimes {
  const machine = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  const { user, system } = process.cpuUsage();
  return { machine, own: (user + system) / 1000, wall: performance.now() };
}

/** Share of the machine's processor time that other processes took while `action` ran: 0 calm, 1 all of it. */
export async function othersShare<T>(action: () => Promise<T>): Promise<{ result: T; share: number }> {
  const before = cpuTimes();
  const result = await action();
  const after = cpuTimes();
  const capacity = (after.wall - before.wall) * cpus().length;
  const others = after.machine - before.machine - (after.own - before.own);
  return { result, share: Math.max(0, others / capacity) };
}
