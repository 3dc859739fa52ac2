// From looks at the node, whose counts only grow, to what happened between them.

export const WINDOW_MS = 5 * 60_000;
const LATENCY_OVER_MS = 10_000;
const RECENT_MS = 60_000;

/** The looks of the last minutes. A node that was started anew begins a new history. */
export class History {
  points = []; // { at, look, …figures }, oldest first
  restartedAt = null;

  add(look, at) {
    const last = this.points.at(-1);
    if (last && last.look.started !== look.started) {
      this.points = [];
      this.restartedAt = look.started;
    }
    this.points.push(point(look, at, this.points));
    while (this.points[0].at < at - WINDOW_MS - 2_000) this.points.shift();
  }

  clear() {
    this.points = [];
    this.restartedAt = null;
  }

  get latest() {
    return this.points.at(-1);
  }

  /** What is shown for a moment: the point nearest to it, or the latest. */
  at(moment) {
    if (moment === null) return this.latest;
    return this.points.reduce((best, next) => (Math.abs(next.at - moment) < Math.abs(best.at - moment) ? next : best), this.latest);
  }

  /** How much every count of a table grew lately: [name, lately, in all], the most recent trouble first. */
  growth(table) {
    const now = this.latest;
    const then = this.points.find(({ at }) => at >= now.at - RECENT_MS) ?? now;
    const rows = Object.entries(now.look[table]).map(([name, count]) => [name, count - (then.look[table][name] ?? 0), count]);
    return rows.filter(([, , count]) => count > 0).sort((one, other) => other[1] - one[1] || other[2] - one[2]);
  }
}

function point(look, at, earlier) {
  const before = earlier.at(-1);
  const then = earlier.findLast((point) => point.at <= at - LATENCY_OVER_MS) ?? earlier[0];
  const rate = (count) => (before ? Math.max(0, count(look) - count(before.look)) / ((at - before.at) / 1000) : null);
  const cpu = rate((seen) => seen.process.cpuSeconds ?? 0);
  return {
    at,
    look,
    clients: look.connections.clients,
    accepted: rate((seen) => seen.accepted),
    delivered: rate((seen) => seen.delivered),
    ack: quantiles(look.ack, then?.look.ack),
    delivery: quantiles(look.delivery, then?.look.delivery),
    queued: look.queued.bytes,
    slow: look.queued.slow,
    cpu: cpu === null ? null : cpu * 100,
    memory: look.process.memory,
  };
}

/** Half and 99 of 100 came within so many milliseconds; none where nothing came. */
function quantiles(now, then) {
  const counts = now.counts.map((count, index) => count - (then?.counts[index] ?? count));
  return { half: quantile(now.bounds, counts, 0.5), most: quantile(now.bounds, counts, 0.99) };
}

/** Straight between the bounds of a bucket; what is beyond the last bound counts as that bound. */
export function quantile(bounds, counts, share) {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  const wanted = all * share;
  let below = 0;
  for (const [index, bound] of bounds.entries()) {
    const count = counts[index];
    if (count > 0 && below + count >= wanted) {
      const floor = index === 0 ? 0 : bounds[index - 1];
      return (floor + ((bound - floor) * (wanted - below)) / count) / 1e6;
    }
    below += count;
  }
  return bounds.at(-1) / 1e6;
}
